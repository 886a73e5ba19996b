//! `lic fingerprint`: the machine ID to send to the vendor.

#![cfg(unix)]

use insta::assert_snapshot;

use crate::support::{Desk, empty, line, with_customer};

const ASK: [&str; 3] = ["fingerprint", "--product", "cockpit"];

fn on(machine: &str) -> Desk {
    let desk = empty();
    desk.set_machine(machine);
    desk
}

/// The ID of the machine that the desk stands on.
fn id(desk: &Desk) -> String {
    let run = desk.lic(&[&ASK[..], &["-q"]].concat()).done();
    run.stdout.trim_end().to_owned()
}

fn compare(desk: &Desk, id: &str) -> crate::support::Run {
    desk.lic(&[&ASK[..], &["--compare", id]].concat())
}

#[test]
fn an_id_comes_with_what_it_was_made_from() {
    let desk = on("laptop");
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&ASK, []));
    assert_snapshot!("at_60_columns", desk.command(&ASK).terminal(60).run());
    for format in ["json", "tsv", "md", "name"] {
        assert_snapshot!(format!("as_{format}"), desk.lic(&[&ASK[..], &["-o", format]].concat()));
    }
    assert_eq!(desk.lic(&[&ASK[..], &["-q"]].concat()).stdout, desk.lic(&[&ASK[..], &["-o", "name"]].concat()).stdout);
}

#[test]
fn no_value_of_the_machine_is_printed() {
    for machine in ["laptop", "cloud-vm", "raspberry-pi", "docker"] {
        let desk = on(machine);
        for format in ["table", "json", "csv"] {
            let run = desk.lic(&[&ASK[..], &["-o", format, "-v"]].concat()).done();
            let printed = run.to_string().to_lowercase();
            for secret in ["b08dfa60", "s64dnf0", "48:2a:e3", "ec2a1b2c", "vol0a1b2c", "b8:27:eb", "a3b1c2d4", "3f9c2a1b7d60"] {
                assert!(!printed.contains(secret), "{machine}: {printed}");
            }
        }
    }
}

#[test]
fn the_product_is_named_read_from_a_key_or_asked_for() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "acme.lic"]).done();
    desk.set_machine("laptop");
    let named = id(&desk);
    assert_eq!(desk.lic(&["fingerprint", "acme.lic", "-q"]).done().stdout.trim_end(), named);
    assert_eq!(desk.lic_on_terminal(&["fingerprint", "-q"], [line("cockpit")]).done().stdout.trim_end(), named);
    assert_snapshot!("no_product", desk.lic(&["fingerprint"]).code(2));
    assert_snapshot!("product_is_no_name", desk.lic(&["fingerprint", "--product", "Cockpit 2"]).code(2));
    let other = desk.lic(&["fingerprint", "--product", "radar", "-q"]).done().stdout;
    // Nothing of the one ID stands in the other but the version and what the machine is.
    let groups = |id: &str| id.trim_end().split('-').skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert!(groups(&other).iter().zip(groups(&named)).all(|(one, other)| *one != other || one.starts_with("0000")));
}

#[test]
fn no_home_is_needed_and_none_is_made() {
    let desk = on("laptop");
    let before = desk.files();
    desk.lic(&ASK).done();
    desk.lic(&["fingerprint", "--product", "cockpit", "--home", "/nowhere/at/all"]).done();
    assert_eq!(desk.files(), before);
    assert!(!desk.home().exists());
}

#[test]
fn a_container_says_that_its_id_goes_with_it() {
    for machine in ["docker", "podman", "lxc"] {
        assert_snapshot!(format!("in_{machine}"), on(machine).lic_on_terminal(&ASK, []).done());
    }
}

#[test]
fn what_only_root_can_read_is_told() {
    let desk = empty();
    desk.set_machine_changed("google-vm", |text| {
        text.replace("product_uuid!", "product_uuid: 5f6e7d8c-9b0a-1122-3344-556677889900")
    });
    desk.close_to_others("/sys/class/dmi/id/product_uuid");
    assert_snapshot!("as_root", desk.lic_on_terminal(&ASK, []).done());
}

#[test]
fn a_machine_that_cannot_be_told_from_the_next_gets_no_id() {
    let desk = empty();
    desk.set_machine_changed("docker", |_| "# a system that tells nothing\n".into());
    assert_snapshot!("unidentified", desk.lic(&ASK).code(1));
}

#[test]
fn a_qr_code_is_drawn() {
    let desk = on("laptop");
    let run = desk.lic_on_terminal(&[&ASK[..], &["--qr", "-q"]].concat(), []).done();
    assert!(run.stdout.lines().skip(1).all(|line| line.chars().all(|sign| " ▀▄█".contains(sign))), "{run}");
    assert_snapshot!("qr", run);
}

#[test]
fn a_swap_is_judged_before_anybody_is_locked_out() {
    let desk = on("laptop");
    let bound = id(&desk);
    assert_snapshot!("compared_with_itself", desk.lic_on_terminal(&[&ASK[..], &["--compare", &bound]].concat(), []).done());
    desk.set_machine_changed("laptop", |text| text.replace("S64DNF0RA12345", "S64DNF0RB99999"));
    assert_snapshot!("another_disk", desk.lic_on_terminal(&[&ASK[..], &["--compare", &bound]].concat(), []).done());
    desk.lic(&[&ASK[..], &["--compare", &bound, "--factors", "4"]].concat()).code(3);
    desk.lic(&[&ASK[..], &["--compare", &bound, "--factors", "6"]].concat()).code(2);
    desk.set_machine("bare-metal");
    assert_snapshot!("another_machine", desk.lic_on_terminal(&[&ASK[..], &["--compare", &bound]].concat(), []).code(3));
    assert_snapshot!("another_machine_as_json", desk.lic(&[&ASK[..], &["--compare", &bound, "--json"]].concat()).code(3));
}

#[test]
fn a_mistyped_id_is_caught_and_the_place_named() {
    let desk = on("laptop");
    let good = id(&desk);
    let groups: Vec<&str> = good.split('-').collect();
    let with = |place: usize, group: &str| {
        let mut groups = groups.clone();
        groups[place] = group;
        groups.join("-")
    };
    let turned: String = [&groups[2][1..2], &groups[2][..1], &groups[2][2..]].concat();
    for (name, typed) in [
        ("cut", good[..30].to_owned()),
        ("one_group_short", with(3, &groups[3][..4])),
        ("wrong_character", with(2, &format!("{}Z", &groups[2][..4]))),
        ("turned_round", with(2, &turned)),
        ("no_such_character", with(2, "ABUCD")),
        ("a_name", "host-7f3a9c".to_owned()),
        ("empty", String::new()),
        ("escape_codes", "MID-\u{1b}[31m".to_owned()),
    ] {
        assert_snapshot!(format!("typed_{name}"), compare(&desk, &typed).code(2).tame());
    }
    // What looks alike is read as meant.
    let alike = good.replace('0', "O").replace('1', "l").to_lowercase().replace("mid", "MID");
    compare(&desk, &alike).done();
    compare(&desk, &good.replace('-', " ")).done();
    let other = desk.lic(&["fingerprint", "--product", "radar", "-q"]).done().stdout;
    assert_snapshot!("of_another_product", compare(&desk, other.trim_end()).code(1));
}
