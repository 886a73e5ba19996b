//! `lic issue --request-id`: the same request twice is one license.

use insta::assert_snapshot;

use super::desk;
use crate::support::Desk;

const REQUEST: [&str; 6] = ["issue", "acme", "--tier", "basic", "--request-id", "order-4711"];

fn request<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&REQUEST, more].concat()
}

fn licenses(desk: &Desk) -> usize {
    desk.lic(&["list", "-o", "name"]).done().stdout.lines().count()
}

#[test]
fn the_same_request_twice_gives_the_same_key_byte_for_byte() {
    let desk = desk();
    desk.lic(&request(&["--out", "first.lic"])).done();
    desk.set_time("2027-01-15");
    assert_snapshot!(desk.lic_on_terminal(&request(&["--out", "second.lic"]), []));
    assert_eq!(desk.read("first.lic"), desk.read("second.lic"));
    assert_eq!(licenses(&desk), 1);
}

#[test]
fn a_repeated_request_says_so_in_json() {
    let desk = desk();
    let repeated = |out| desk.lic(&request(&["--json", "--out", out])).done().json()["licenses"][0].clone();
    let (first, second) = (repeated("a.lic"), repeated("b.lic"));
    assert_eq!((&first["repeated"], &second["repeated"]), (&false.into(), &true.into()));
    assert_eq!((&first["id"], &first["key"]), (&second["id"], &second["key"]));
}

#[test]
fn a_repeated_request_leaves_the_file_that_it_saved_before() {
    let desk = desk();
    for out in [&["--out", "acme.lic"][..], &["--out", "keys/"], &[]] {
        desk.lic(&request(out)).done();
        let before = desk.files();
        desk.lic(&request(out)).done();
        assert!(desk.files() == before, "{out:?}");
    }
}

#[test]
fn a_repeated_request_saves_where_it_could_not_before() {
    let desk = desk();
    desk.lic(&request(&["--out", "-"])).done();
    desk.lic(&request(&["--out", "new/folder/"])).done();
    desk.lic(&["verify", "new/folder/acme-basic.lic"]).done();
}

#[test]
fn a_repeated_request_overwrites_no_other_file() {
    let desk = desk();
    desk.lic(&request(&["--out", "acme.lic"])).done();
    desk.write("acme.lic", "minutes of the meeting\n");
    assert_snapshot!(desk.lic(&request(&["--out", "acme.lic"])));
    assert_eq!(desk.read("acme.lic"), "minutes of the meeting\n");
}

#[test]
fn a_dry_run_of_a_repeated_request_saves_nothing() {
    let desk = desk();
    desk.lic(&request(&["--out", "acme.lic"])).done();
    let before = desk.files();
    assert_snapshot!(desk.lic(&request(&["--out", "again.lic", "--dry-run"])));
    assert!(desk.files() == before);
}

#[test]
fn a_request_stands_for_one_order() {
    let desk = desk();
    desk.lic(&["customer", "add", "globex", "--name", "Globex"]).done();
    desk.lic(&request(&["--out", "acme.lic"])).done();
    let before = desk.files();
    assert_snapshot!("another_order", desk.lic(&request(&["--seats", "6"])));
    for more in [&["--for", "2y"][..], &["--count", "2"], &["--feature", "sso"], &["--note", "x"], &["--type", "trial"]] {
        desk.lic(&request(more)).code(1);
    }
    desk.lic(&["issue", "globex", "--tier", "basic", "--request-id", "order-4711"]).code(1);
    assert!(desk.files() == before);
}

#[test]
fn a_request_is_the_same_however_its_order_is_spelt() {
    let desk = desk();
    desk.lic(&REQUEST).done();
    for (customer, tier) in [("ACME", "basic"), ("acme", "Basic"), ("Acme GmbH", "ba"), ("acme", "cockpit/basic")] {
        desk.lic(&["issue", customer, "--tier", tier, "--request-id", "order-4711"]).done();
    }
    assert_eq!(licenses(&desk), 1);
}

#[test]
fn a_request_of_several_licenses_gives_the_same_ones_again() {
    let desk = desk();
    let several = request(&["--count", "3", "--out", "keys/", "-o", "name"]);
    let first = desk.lic(&several).done().stdout;
    let before = desk.files();
    assert_eq!((first.lines().count(), desk.lic(&several).done().stdout), (3, first));
    assert!(desk.files() == before);
    assert_eq!(licenses(&desk), 3);
}

#[test]
fn a_request_is_answered_as_before_though_the_world_has_moved_on() {
    let desk = desk();
    let key = desk.lic(&request(&["--out", "-"])).done().stdout;
    desk.lic(&["tier", "edit", "basic", "--seats", "7"]).done();
    assert_eq!(desk.lic(&request(&["--out", "-"])).done().stdout, key, "after the tier was edited");
    desk.lic(&["tier", "retire", "basic"]).done();
    assert_eq!(desk.lic(&request(&["--out", "-"])).done().stdout, key, "after the tier was retired");
    desk.lic(&["customer", "archive", "acme"]).done();
    assert_eq!(desk.lic(&request(&["--out", "-"])).done().stdout, key, "after the customer was archived");
    assert_eq!(licenses(&desk), 1);
}

#[test]
fn what_was_refused_can_be_requested_again() {
    let desk = desk();
    desk.lic(&request(&["--until", "2020-01-01"])).code(1);
    desk.lic(&REQUEST).done();
    assert_eq!(licenses(&desk), 1);
}
