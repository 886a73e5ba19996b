//! Machine IDs of real-looking systems: which factors are chosen on each, where they come from, and what survives a change.
//!
//! Nothing here reads the machine that the tests run on, but for the last test, which only looks at what must hold of any.

#![cfg(all(unix, feature = "machine"))]

mod gated_tool;
mod guard;
mod layout;
mod namespaces;

use std::fmt::Write;

use insta::assert_snapshot;
use layout::Layout;
use lic::license::fingerprint::Change;
use lic::license::{Environment, Factor, Fingerprint, Slug};
use lic::machine::{Machine, System};

fn product() -> Slug {
    "cockpit".parse().unwrap()
}

fn read(layout: &Layout) -> Machine {
    Machine::read(&product(), &layout.system())
}

fn of(name: &str) -> Fingerprint {
    read(&Layout::of(name)).fingerprint()
}

/// The system with one thing in its description put in place of another.
fn changed(name: &str, what: &str, with: &str) -> Fingerprint {
    let layout = Layout::changed(name, |text| {
        assert!(text.contains(what), "{name} has no {what}");
        text.replace(what, with)
    });
    read(&layout).fingerprint()
}

#[test]
fn the_factors_chosen_on_each_system() {
    for name in layout::names() {
        let layout = Layout::of(&name);
        let machine = read(&layout);
        let mut shown = format!("{}: {}\n", machine.environment(), machine.id());
        for reading in machine.readings() {
            let value = match (reading.secret(), reading.missing()) {
                (Some(value), _) => format!("= {value}"),
                (None, Some(missing)) => format!("- {}", missing.described()),
                (None, None) => unreachable!(),
            };
            let _ = writeln!(shown, "{:<8} {:<46} {value}", reading.factor(), reading.source());
        }
        assert_snapshot!(format!("factors_of_{name}"), shown);
    }
}

#[test]
fn no_two_systems_pass_for_each_other() {
    let all: Vec<(String, Fingerprint)> = layout::names().into_iter().map(|name| (name.clone(), of(&name))).collect();
    for (one, bound) in &all {
        for (other, now) in &all {
            assert_eq!(bound.compare(now).passes(None), one == other, "{one} {other}");
        }
    }
}

#[test]
fn a_laptop_is_the_same_with_and_without_its_dock_and_its_vpn() {
    let docked = of("laptop");
    let away = Layout::changed("laptop", |text| {
        text.lines()
            .filter(|line| !line.contains("enp0s13f0u1u1") && !line.contains("tun0") && !line.contains("wg0"))
            .map(|line| format!("{line}\n"))
            .collect()
    });
    assert_eq!(read(&away).fingerprint(), docked);
    // An address that the network manager makes up is not the card's own.
    let private = changed("laptop", "48:2a:e3:5b:90:12", "5a:11:22:33:44:55");
    assert_eq!(docked.compare(&private).all(Change::Changed).collect::<Vec<_>>(), [Factor::Network]);
    assert!(docked.compare(&private).passes(None));
}

#[test]
fn one_part_may_be_swapped_and_a_new_machine_is_another() {
    let bound = of("laptop");
    let disk = changed("laptop", "S64DNF0RA12345", "S64DNF0RB99999");
    assert_eq!(bound.compare(&disk).all(Change::Changed).collect::<Vec<_>>(), [Factor::Disk]);
    assert!(bound.compare(&disk).passes(None));
    let moved = Layout::changed("laptop", |text| {
        text.replace("48:2a:e3:5b:90:12", "48:2a:e3:00:00:01").replace("S64DNF0RA12345", "OTHER-DISK-1")
    });
    // Two of four are left.
    assert!(!bound.compare(&read(&moved).fingerprint()).passes(None));
}

#[test]
fn a_bond_and_the_order_of_its_cards_change_nothing() {
    let bound = of("bare-metal");
    let renamed = Layout::changed("bare-metal", |text| text.replace("enp65s0f0", "eth1").replace("enp65s0f1", "eth0"));
    assert_eq!(read(&renamed).fingerprint(), bound);
    let swapped =
        Layout::changed("bare-metal", |text| text.replace("/address: 3c:ec:ef:7a:10:44", "/address: 3c:ec:ef:7a:10:45"));
    assert_eq!(read(&swapped).fingerprint(), bound);
}

#[test]
fn what_root_reads_and_what_a_user_reads_match() {
    let root = changed("google-vm", "product_uuid!", "product_uuid: 5f6e7d8c-9b0a-1122-3344-556677889900");
    let user = of("google-vm");
    assert_eq!(root.compare(&user).all(Change::Gone).collect::<Vec<_>>(), [Factor::Board]);
    assert_eq!(user.compare(&root).all(Change::New).collect::<Vec<_>>(), [Factor::Board]);
    assert!(user.compare(&root).passes(None));
    // Three are known to root, and one of them a user cannot show.
    assert!(!root.compare(&user).passes(None) && root.compare(&user).passes(Some(2)));
}

#[test]
fn a_container_is_another_one_each_time() {
    let bound = of("docker");
    assert_eq!(bound.environment(), Environment::Docker);
    let anew = Layout::changed("docker", |text| text.replace("3f9c2a1b7d60", "a1b2c3d4e5f6"));
    assert!(!bound.compare(&read(&anew).fingerprint()).passes(None));
    // The machine id of the image, which every container of it has, counts for nothing.
    assert_eq!(changed("docker", "1f2e3d4c5b6a79880f1e2d3c4b5a6978", "ffeeddccbbaa99887766554433221100"), bound);
}

#[test]
fn files_of_nonsense_are_no_factors() {
    let odd = Layout::changed("bare-metal", |text| {
        text.replace("6f1d2c3b4a5968778695a4b3c2d1e0f1", "\u{fffd}\u{0}")
            .replace("27 1 253:0 / / rw", "27 1 / rw")
            .replace("3c:ec:ef:7a:10:4", "3c-ec-")
    });
    let machine = read(&odd);
    assert!(machine.readings()[..4].iter().all(|reading| reading.missing().is_some()), "{machine:?}");
    assert!(!machine.fingerprint().identifies());
    // A link that leads in a circle or out of the folder is followed nowhere.
    let circle = Layout::changed("laptop", |text| {
        text.replace(
            "slaves/nvme0n1p3 -> ../../../../pci0000:00/0000:00:06.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p3",
            "slaves/dm-0 -> ../../dm-0",
        )
    });
    assert!(read(&circle).readings()[Factor::Disk as usize].missing().is_some());
}

#[test]
fn this_machine_is_read_without_complaint_and_the_same_way_twice() {
    let (once, twice) = (Machine::read(&product(), &System::this()), Machine::read(&product(), &System::this()));
    assert_eq!(once.readings(), twice.readings());
    assert_eq!(once.id(), twice.id());
    assert_eq!(once.readings().len(), Factor::ALL.len());
}
