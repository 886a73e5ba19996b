//! `lic activate` and `lic deactivate`: a machine takes a seat of a license, and gives it back, with a network and without.

#![cfg(unix)]

use insta::assert_snapshot;

use crate::support::{Desk, Run, authority, line, search, with_customer};

/// A desk with a license for two machines, `basic.lic`, and the vendor's keys. It stands on a Raspberry Pi.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "basic.lic", "-q"]).done();
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk
}

/// The ID of this system of `tests/machines/`; the desk stands on it afterwards.
fn id(desk: &Desk, machine: &str) -> String {
    desk.set_machine(machine);
    desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned()
}

fn activate(desk: &Desk, machine: &str, more: &[&str]) -> Run {
    let id = id(desk, machine);
    desk.lic(&[&["activate", "basic.lic", "--machine", &id, "--out", "-"], more].concat())
}

/// How many seats are held.
fn held(desk: &Desk) -> usize {
    let run = desk.lic(&["machine", "list", "basic.lic", "--json"]).done();
    run.json()["machines"].as_array().unwrap().len()
}

#[test]
fn a_machine_takes_a_seat_until_none_is_left() {
    let desk = desk();
    let pi = id(&desk, "raspberry-pi");
    let first = ["activate", "basic.lic", "--machine", &pi, "--label", "build server", "--out", "pi.lic"];
    assert_snapshot!("first", desk.lic_on_terminal(&first, []).done());
    desk.lic(&["verify", "pi.lic", "--keys", "vendor.pem", "--machine", "this"]).done();
    assert_snapshot!("second_rehearsed", activate(&desk, "laptop", &["--dry-run"]).done());
    assert_eq!(held(&desk), 1);
    activate(&desk, "laptop", &[]).done();
    let events = desk.events();
    assert_snapshot!("no_seat_left", activate(&desk, "bare-metal", &[]).code(1));
    // The log keeps that it was refused.
    assert_eq!((held(&desk), desk.events()), (2, events + 1));
    assert_snapshot!("history", desk.lic_on_terminal(&["show", "basic.lic", "--history"], []).done());
}

#[test]
fn the_same_machine_takes_no_new_seat() {
    let desk = desk();
    let key = activate(&desk, "raspberry-pi", &[]).done().stdout;
    let events = desk.events();
    let again = activate(&desk, "raspberry-pi", &[]).done();
    assert_eq!((again.stdout.as_str(), desk.events()), (key.as_str(), events));
    assert_snapshot!("again", again);
    // With a new disk it is the same machine, and is known by its new ID from now on.
    desk.set_machine_changed("raspberry-pi", |text| text.replace("0x1a2b3c4d", "0x99999999"));
    let swapped = desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned();
    let run = desk.lic(&["activate", "basic.lic", "--machine", &swapped, "--out", "swapped.lic"]).done();
    assert_snapshot!("with_another_disk", run);
    assert_eq!(held(&desk), 1);
    desk.lic(&["verify", "swapped.lic", "--keys", "vendor.pem", "--machine", "this"]).done();
    let list = desk.lic(&["machine", "list", "basic.lic", "-o", "name"]).done();
    assert_eq!(list.stdout.trim_end(), swapped);
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = desk();
    let pi = id(&desk, "raspberry-pi");
    let run = desk.lic_on_terminal(&["activate", "--out", "pi.lic"], [search("Acme"), line(&pi.to_lowercase())]);
    assert_snapshot!("asked", run.done());
    assert_snapshot!("nobody_to_ask", desk.lic(&["activate", "basic.lic"]).code(2));
}

#[test]
fn a_seat_passes_on_only_so_often_in_a_year() {
    let desk = desk();
    desk.lic(&["tier", "edit", "basic", "--transfers", "2"]).done();
    desk.lic(&["change", "basic.lic", "--max-machines", "1", "--out", "-"]).done();
    let machines = ["raspberry-pi", "laptop", "bare-metal", "cloud-vm"];
    for machine in &machines[..3] {
        activate(&desk, machine, &[]).done();
        desk.lic(&["machine", "deactivate", "basic.lic", &id(&desk, machine)]).done();
    }
    let events = desk.events();
    assert_snapshot!("too_many_transfers", activate(&desk, "cloud-vm", &[]).code(1));
    // The log keeps that it was refused.
    assert_eq!(desk.events(), events + 1);
    desk.set_time("2027-11-22T10:00:00Z");
    desk.lic(&["renew", "basic.lic", "--for", "1y", "--out", "-"]).done();
    desk.set_time("2027-11-24T10:00:00Z");
    activate(&desk, "cloud-vm", &[]).done();
}

#[test]
fn another_customers_machine_or_license_is_refused_by_name() {
    let desk = desk();
    activate(&desk, "raspberry-pi", &[]).done();
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    desk.lic(&["issue", "globex", "--tier", "basic", "--out", "globex.lic", "-q"]).done();
    let pi = id(&desk, "raspberry-pi");
    let theirs = ["activate", "globex.lic", "--machine", &pi, "--out", "-"];
    assert_snapshot!("another_customers_machine", desk.lic(&theirs).code(1));
    assert_snapshot!("another_customers_license", desk.lic(&[&theirs[..], &["--customer", "acme"]].concat()).code(1));
    assert_snapshot!("cloned_image", desk.lic_on_terminal(&[&theirs[..], &["--shared"]].concat(), []).done());
    assert_snapshot!("clones", desk.lic_on_terminal(&["machine", "list", "--clones"], []).done());
    let laptop = id(&desk, "laptop");
    desk.lic(&["activate", "globex.lic", "--machine", &laptop, "--out", "-"]).done();
    assert_snapshot!("machine_of_another", desk.lic(&["machine", "deactivate", "basic.lic", &laptop]).code(5));
}

#[test]
fn a_machine_id_that_does_not_fit_burns_no_seat() {
    let desk = desk();
    let good = id(&desk, "laptop");
    let radar = desk.lic(&["fingerprint", "--product", "radar", "-q"]).done().stdout;
    desk.lic(&["tier", "edit", "basic", "--machine-kinds", "physical"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "hardware.lic", "-q"]).done();
    let container = id(&desk, "docker");
    let events = desk.events();
    for (name, license, machine, code) in [
        ("mistyped", "basic.lic", good.replacen("BNJ", "BJN", 1), 2),
        ("cut", "basic.lic", good[..22].to_owned(), 2),
        ("a_name", "basic.lic", "build-server".to_owned(), 2),
        ("of_another_product", "basic.lic", radar.trim_end().to_owned(), 1),
        ("of_a_container", "hardware.lic", container, 1),
    ] {
        let run = desk.lic(&["activate", license, "--machine", &machine, "--out", "-"]);
        assert_snapshot!(format!("refused_{name}"), run.code(code));
    }
    desk.lic(&["revoke", "hardware.lic", "--reason", "refund"]).done();
    assert_snapshot!("refused_revoked", desk.lic(&["activate", "hardware.lic", "--machine", &good, "--out", "-"]).code(1));
    desk.lic(&["issue", "acme", "--tier", "enterprise", "--out", "any.lic", "-q"]).done();
    assert_snapshot!("refused_unbound", desk.lic(&["activate", "any.lic", "--machine", &good, "--out", "-"]).code(1));
    // The revocation, what was refused for it, and the license that was issued.
    assert_eq!(desk.events(), events + 3);
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    assert_snapshot!("refused_viewer", desk.lic(&["activate", "basic.lic", "--machine", &good, "--as", "eve"]).code(4));
    assert_eq!(held(&desk), 0);
}

/// A customer's machine without a network: an empty desk with what the vendor sent.
fn customer(vendor: &Desk) -> Desk {
    let desk = crate::support::empty();
    desk.write("basic.lic", vendor.read("basic.lic"));
    desk.write("vendor.pem", vendor.read("vendor.pem"));
    desk.set_machine("laptop");
    desk
}

const ASK: [&str; 6] = ["activate", "basic.lic", "--request", "request.txt", "--label", "lab 3"];
const CHECK: [&str; 7] = ["verify", "bound.lic", "--keys", "vendor.pem", "--state", "LIC-2P29-6X5F.state", "--explain"];

#[test]
fn a_whole_exchange_without_a_network() {
    let vendor = desk();
    let lab = customer(&vendor);
    let mut transcript = vec![lab.lic_on_terminal(&ASK, []).done()];
    vendor.write("request.txt", lab.read("request.txt"));
    transcript.push(vendor.lic_on_terminal(&["activate", "--from", "request.txt", "--out", "bound.lic"], []).done());
    transcript.push(vendor.lic_on_terminal(&["machine", "list", "basic.lic"], []).done());
    lab.write("bound.lic", vendor.read("bound.lic"));
    transcript.push(lab.lic_on_terminal(&CHECK, []).done());
    transcript.push(lab.lic(&["deactivate", "bound.lic", "--receipt", "receipt.txt"]).done());
    transcript.push(lab.lic_on_terminal(&CHECK, []).code(3));
    vendor.write("receipt.txt", lab.read("receipt.txt"));
    transcript.push(vendor.lic(&["machine", "deactivate", "--receipt", "receipt.txt"]).done());
    transcript.push(vendor.lic(&["machine", "list", "basic.lic", "-o", "table"]).done());
    transcript.push(vendor.lic_on_terminal(&["verify", "bound.lic"], []).done());
    let text: Vec<String> = transcript.iter().map(ToString::to_string).collect();
    assert_snapshot!("exchange", text.join("\n"));
    assert_snapshot!("request", lab.read("request.txt"));
    assert_snapshot!("receipt", lab.read("receipt.txt"));
}

#[test]
fn a_request_is_good_once() {
    let vendor = desk();
    let lab = customer(&vendor);
    lab.lic(&ASK).done();
    vendor.write("request.txt", lab.read("request.txt"));
    let answer = ["activate", "--from", "request.txt", "--out", "-"];
    let key = vendor.lic(&answer).done().stdout;
    let events = vendor.events();
    // As long as the machine holds its seat, the same request has the same answer.
    let again = vendor.lic(&answer).done();
    assert_eq!((again.stdout.as_str(), vendor.events()), (key.as_str(), events));
    assert_snapshot!("request_answered_before", again);
    vendor.lic(&["machine", "deactivate", "basic.lic", "lab 3"]).done();
    let events = vendor.events();
    assert_snapshot!("request_replayed", vendor.lic(&answer).code(1));
    assert_eq!(vendor.events(), events);
}

#[test]
fn an_edited_request_is_refused_and_burns_no_seat() {
    let vendor = desk();
    let lab = customer(&vendor);
    lab.lic(&ASK).done();
    let request = lab.read("request.txt");
    let events = vendor.events();
    for (name, text) in [
        ("edited", request.replace("lab 3", "lab 4")),
        ("of_another_machine", request.replace("MID-10", "MID-11")),
        ("cut", request[..request.len() / 2].to_owned()),
        ("empty", String::new()),
        ("a_key", vendor.read("basic.lic")),
    ] {
        vendor.write("request.txt", text);
        assert_snapshot!(format!("request_{name}"), vendor.lic(&["activate", "--from", "request.txt", "--out", "-"]).code(1));
    }
    assert_eq!((vendor.events(), held(&vendor)), (events, 0));
    let other = authority();
    other.write("request.txt", &request);
    assert_snapshot!("request_of_another_vendor", other.lic(&["activate", "--from", "request.txt"]).code(5));
}

#[test]
fn a_receipt_gives_one_seat_back_once() {
    let vendor = desk();
    let lab = customer(&vendor);
    lab.lic(&ASK).done();
    vendor.write("request.txt", lab.read("request.txt"));
    vendor.lic(&["activate", "--from", "request.txt", "--out", "bound.lic"]).done();
    lab.write("bound.lic", vendor.read("bound.lic"));
    lab.lic(&CHECK).done();
    let receipt = lab.lic(&["deactivate", "bound.lic"]).done().stdout;
    let take = ["machine", "deactivate", "--receipt", "receipt.txt"];
    vendor.write("receipt.txt", receipt.replace("MID-10", "MID-11"));
    assert_snapshot!("receipt_edited", vendor.lic(&take).code(1));
    vendor.write("receipt.txt", "nothing of the kind");
    assert_snapshot!("receipt_none", vendor.lic(&take).code(1));
    vendor.write("receipt.txt", &receipt);
    vendor.lic(&take).done();
    assert_snapshot!("receipt_replayed", vendor.lic(&take).code(1));
    // The customer may send the same receipt once more, and stays without the license.
    let again = lab.lic(&["deactivate", "bound.lic"]).done();
    assert!(again.stderr.contains("was given back before"), "{again}");
    // Asked for anew, the license comes back with a new revision.
    let anew = ["activate", "bound.lic", "--request", "anew.txt", "--state", "LIC-2P29-6X5F.state"];
    lab.lic(&anew).done();
    vendor.write("anew.txt", lab.read("anew.txt"));
    vendor.lic(&["activate", "--from", "anew.txt", "--out", "anew.lic"]).done();
    lab.write("bound.lic", vendor.read("anew.lic"));
    lab.lic(&CHECK).done();
}

#[test]
fn the_customers_side_needs_its_state_and_no_home() {
    let vendor = desk();
    let lab = customer(&vendor);
    assert_snapshot!("deactivate_without_state", lab.lic(&["deactivate", "basic.lic"]).code(1));
    assert_snapshot!("id_without_product", lab.lic(&["activate", "LIC-2P29-6X5F", "--request", "-"]).code(2));
    assert_snapshot!("no_license", lab.lic(&["activate", "--request", "-"]).code(2));
    lab.lic(&["activate", "LIC-2P29-6X5F", "--product", "cockpit", "--request", "-", "--state", "other.state"]).done();
    lab.lic(&ASK).done();
    assert_snapshot!("request_is_there", lab.lic(&ASK).code(1));
    assert!(!lab.home().exists());
    let unseen = ["deactivate", "LIC-2P29-6X5F", "--product", "cockpit"];
    assert_snapshot!("deactivate_without_a_key", lab.lic(&unseen).code(1));
    // On another machine the state is of no use.
    lab.set_machine("bare-metal");
    assert_snapshot!("state_of_another_machine", lab.lic(&["deactivate", "basic.lic", "--receipt", "r.txt"]).code(1));
    assert!(!lab.path("r.txt").exists());
    lab.set_machine("laptop");
    lab.write("LIC-2P29-6X5F.state", lab.read("LIC-2P29-6X5F.state").replace("\"rev\": 0", "\"rev\": 9"));
    assert_snapshot!("state_edited", lab.lic(&["deactivate", "basic.lic"]).code(1));
    // Where the state cannot be kept, no request leaves.
    let run = lab.lic(&["activate", "basic.lic", "--request", "lost.txt", "--state", "no/such/folder/x.state"]).code(1);
    assert_snapshot!("state_unwritable", run);
    assert!(!lab.path("lost.txt").exists());
}

#[test]
fn a_key_that_was_never_used_is_given_back_too() {
    let vendor = desk();
    let lab = customer(&vendor);
    lab.lic(&ASK).done();
    vendor.write("request.txt", lab.read("request.txt"));
    vendor.lic(&["activate", "--from", "request.txt", "--out", "bound.lic"]).done();
    lab.write("bound.lic", vendor.read("bound.lic"));
    lab.lic(&["deactivate", "bound.lic", "--receipt", "receipt.txt"]).done();
    lab.lic(&CHECK).code(3);
}

#[test]
fn a_receipt_that_could_not_be_written_is_given_once_more() {
    let vendor = desk();
    let lab = customer(&vendor);
    lab.lic(&ASK).done();
    lab.lic(&["deactivate", "basic.lic", "--receipt", "no/such/folder/receipt.txt"]).code(1);
    // The license is given back all the same: no receipt leaves while it works.
    let receipt = lab.lic(&["deactivate", "basic.lic"]).done();
    assert!(receipt.stdout.starts_with("-----BEGIN DEACTIVATION RECEIPT-----"), "{receipt}");
    assert!(receipt.stderr.contains("was given back before"), "{receipt}");
}

#[test]
fn a_request_fits_into_a_qr_code() {
    let vendor = desk();
    let lab = customer(&vendor);
    let run = lab.lic_on_terminal(&[&ASK[..], &["--qr"]].concat(), []).done();
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{run}");
    assert!(run.stdout.lines().count() > 20 && run.stdout.contains('█'), "{run}");
}
