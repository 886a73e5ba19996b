//! macOS, Windows and other systems without `/sys`: what `sysinfo` and `machine-uid` tell.
//!
//! Neither tells the serial number of a disk, so that an ID from here has four factors at most.

use sysinfo::{Motherboard, Networks, Product};

use super::firmware::Firmware;
use super::linux::network::is_permanent;
use super::{Missing, Reading, filled, processor, reading};
use crate::license::{Environment, Factor};

/// The first bytes of addresses that virtual switches give to the host's own end.
const OF_SWITCHES: [[u8; 3]; 5] =
    [[0x00, 0x15, 0x5d], [0x00, 0x50, 0x56], [0x00, 0x05, 0x69], [0x0a, 0x00, 0x27], [0x00, 0x1c, 0x42]];
/// Words in the names of cards that are none.
const VIRTUAL: [&str; 9] = ["vethernet", "virtual", "vpn", "tap", "tun", "bridge", "docker", "bluetooth", "loopback"];

pub(super) fn read() -> (Environment, Vec<Reading>) {
    let board = Motherboard::new().ok();
    let firmware = Firmware {
        vendor: Product::vendor_name().unwrap_or_default(),
        product: Product::name().unwrap_or_default(),
        board: board.as_ref().and_then(Motherboard::name).unwrap_or_default(),
        ..Firmware::default()
    };
    let os = machine_uid::get().map_err(|_| Missing::Absent).and_then(|id| filled(&id));
    let uuid = Product::uuid().ok().filter(|uuid| filled(uuid).is_ok());
    let serial = || board.as_ref().and_then(Motherboard::serial_number);
    let board = uuid.or_else(serial).or_else(|| Product::serial_number().ok()).ok_or(Missing::Absent).and_then(|id| filled(&id));
    let readings = vec![
        reading(Factor::Os, "the system's machine id", os),
        reading(Factor::Board, "the firmware", board),
        reading(Factor::Disk, "the system's disks", Err(Missing::Absent)),
        reading(Factor::Network, "the system's network cards", network()),
        reading(Factor::Cpu, "the processor", processor().ok_or(Missing::Absent).and_then(|cpu| filled(&cpu))),
    ];
    (firmware.environment().unwrap_or(Environment::Physical), readings)
}

fn network() -> Result<String, Missing> {
    let networks = Networks::new_with_refreshed_list().map_err(|_| Missing::Absent)?;
    let is_card = |name: &str| !VIRTUAL.iter().any(|word| name.to_lowercase().contains(word));
    let cards = networks.iter().filter(|(name, _)| is_card(name));
    let addresses = cards
        .map(|(_, card)| card.mac_address().0)
        .filter(|address| is_permanent(*address) && !OF_SWITCHES.contains(&[address[0], address[1], address[2]]));
    let first = addresses.min().ok_or(Missing::Unstable)?;
    Ok(first.map(|byte| format!("{byte:02x}")).join(":"))
}
