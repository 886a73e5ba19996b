//! The permanent address of a physical network card.
//!
//! A card has a device behind it; a bridge, a VPN, a bond or Docker's own have none. Of several cards, those that are built in come
//! before those of a dock, and then the lowest address counts, whatever the cards are called and in which order they came up.

use super::Files;
use crate::license::Factor;
use crate::machine::{Missing, Reading, reading};

const CARDS: &str = "/sys/class/net";
/// `ARPHRD_ETHER`: Ethernet and WLAN.
const ETHERNET: &str = "1";
/// `NET_ADDR_PERM`: the address came with the card.
const PERMANENT: &str = "0";

pub(super) fn read(files: &Files<'_>) -> Reading {
    let names = files.list(CARDS);
    let mut cards: Vec<_> = names.iter().filter_map(|name| card(files, name)).collect();
    cards.sort();
    match cards.first() {
        Some(Card { name, address, .. }) => {
            let address = address.map(|byte| format!("{byte:02x}")).join(":");
            reading(Factor::Network, format!("{CARDS}/{name}"), Ok(address))
        }
        None if names.iter().any(|name| files.exists(&format!("{CARDS}/{name}/device"))) => {
            reading(Factor::Network, CARDS, Err(Missing::Unstable))
        }
        None => reading(Factor::Network, CARDS, Err(Missing::Absent)),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Card {
    removable: bool,
    address: [u8; 6],
    name: String,
}

fn card(files: &Files<'_>, name: &str) -> Option<Card> {
    let file = |file: &str| files.text(&format!("{CARDS}/{name}/{file}")).trim().to_owned();
    if !files.exists(&format!("{CARDS}/{name}/device")) || file("type") != ETHERNET {
        return None;
    }
    // A card in a bond wears the bond's address; its own stands beside it.
    let own = file("bonding_slave/perm_hwaddr");
    let address = match own.as_str() {
        "" if file("addr_assign_type") == PERMANENT => file("address"),
        "" => return None,
        own => own.to_owned(),
    };
    let address = parse(&address).filter(|address| is_permanent(*address))?;
    let place = files.real(&format!("{CARDS}/{name}")).unwrap_or_default();
    let removable = place.contains("/usb") || file("device/removable") == "removable";
    Some(Card { removable, address, name: name.to_owned() })
}

fn parse(text: &str) -> Option<[u8; 6]> {
    let bytes: Option<Vec<u8>> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// Whether a maker gave this address to a card: neither locally administered nor for many, nor all alike.
pub(in crate::machine) fn is_permanent(address: [u8; 6]) -> bool {
    const LOCAL_OR_MANY: u8 = 0b11;
    address[0] & LOCAL_OR_MANY == 0 && address[1..].iter().any(|byte| *byte != address[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_a_device_and_is_for_ethernet() {
        for (device, kind, found) in [(true, "1", true), (true, "32", false), (false, "1", false)] {
            let root = tempfile::tempdir().unwrap();
            let card = root.path().join("sys/class/net/card0");
            std::fs::create_dir_all(if device { card.join("device") } else { card.clone() }).unwrap();
            for (file, content) in [("type", kind), ("addr_assign_type", "0"), ("address", "48:2a:e3:5b:90:12")] {
                std::fs::write(card.join(file), content).unwrap();
            }
            let reading = read(&Files { root: root.path() });
            assert_eq!(reading.secret(), found.then_some("48:2a:e3:5b:90:12"), "{device} {kind}");
        }
    }

    #[test]
    fn a_card_that_is_built_in_comes_before_one_that_may_be_taken_out() {
        let root = tempfile::tempdir().unwrap();
        for (name, address, removable) in [("card0", "48:2a:e3:5b:90:12", "removable"), ("card1", "48:2a:e3:5b:90:99", "fixed")] {
            let card = root.path().join("sys/class/net").join(name);
            std::fs::create_dir_all(card.join("device")).unwrap();
            let files = [("type", "1"), ("addr_assign_type", "0"), ("address", address), ("device/removable", removable)];
            files.iter().for_each(|(file, content)| std::fs::write(card.join(file), content).unwrap());
        }
        assert_eq!(read(&Files { root: root.path() }).secret(), Some("48:2a:e3:5b:90:99"));
    }

    #[test]
    fn only_what_a_maker_gave_is_permanent() {
        assert!(is_permanent([0x48, 0x2a, 0xe3, 0x5b, 0x90, 0x12]));
        for address in ["52:54:00:12:34:56", "02:42:ac:11:00:02", "01:00:5e:00:00:01", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"] {
            assert!(!is_permanent(parse(address).unwrap()), "{address}");
        }
        assert_eq!((parse("48:2a"), parse("nonsense"), parse("")), (None, None, None));
    }
}
