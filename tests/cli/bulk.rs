//! `lic issue --from` and `lic renew --from`: the licenses of a file.

mod bad_input;
mod ends;
mod lists;
mod same;

use insta::assert_snapshot;

use crate::support::lifecycle::house;
use crate::support::{Desk, No, Yes};

const ORDERS: &str = "\
customer,tier,seats,term,until,from,type,internal,max machines,grace,features,limits,note,meta.contract,Phone
acme,basic,5,1y,,,,,,,,,PO 1,K-17,030
Globex Ltd,pro,,,2027-12-31,2027-01-01,trial,,3,0,sso;reports,users=500 projects=unlimited,,,
acme,basic,5,1y,,,,,,,,,PO 1,K-17,030
globex,cockpit/enterprise,unlimited,perpetual,,,,yes,,,,,,,
";

/// Some rows that differ.
fn rows(count: u32) -> String {
    let rows: String = (1..=count).map(|seats| format!("acme,basic,{seats}\n")).collect();
    format!("customer,tier,seats\n{rows}")
}

fn licenses(desk: &Desk) -> usize {
    desk.lic(&["list", "-o", "name"]).done().stdout.lines().count()
}

#[test]
fn the_licenses_of_a_file_are_issued_in_its_order() {
    let desk = house();
    desk.write("orders.csv", ORDERS);
    assert_snapshot!("dry_run", desk.lic(&["issue", "--from", "orders.csv", "--dry-run"]));
    assert_eq!(licenses(&desk), 0);
    let run = desk.lic(&["issue", "--from", "orders.csv", "--out", "keys/", "-o", "name"]);
    assert_snapshot!("issued", run);
    let ids: Vec<&str> = run.stdout.lines().collect();
    let claims = |id: &str| desk.lic(&["show", id, "--json"]).done().json()["license"].clone();
    assert_snapshot!("first_license", format!("{:#}", claims(ids[0])));
    assert_snapshot!("second_license", format!("{:#}", claims(ids[1])));
    assert_eq!(claims(ids[3])["internal"], true);
    desk.lic(&["audit", "verify"]).done();
}

#[test]
fn a_template_is_a_file_without_orders() {
    let desk = house();
    let template = desk.lic(&["issue", "--from", "--template"]);
    assert_snapshot!("template_of_orders", template);
    desk.write("orders.csv", template.done().stdout + "acme,basic,,,,,,,,,,,,,,,,\n");
    assert_snapshot!("template_filled_in", desk.lic(&["issue", "--from", "orders.csv", "--dry-run"]));
    let template = desk.lic(&["renew", "--from", "--template"]);
    assert_snapshot!("template_of_renewals", template);
    desk.write("renewals.csv", template.done().stdout);
    assert_snapshot!("template_without_rows", desk.lic(&["renew", "--from", "renewals.csv"]));
}

#[test]
fn the_same_rows_in_any_file_give_nothing_twice() {
    let desk = house();
    desk.write("orders.csv", rows(5));
    let first = desk.lic(&["issue", "--from", "orders.csv", "-o", "csv"]).done();
    let again = desk.lic(&["issue", "--from", "orders.csv", "-o", "csv"]);
    assert_snapshot!("again", desk.lic(&["issue", "--from", "orders.csv", "-o", "name"]));
    assert_eq!(first.stdout, again.stdout, "the same keys, byte for byte");
    let changed = [
        ("another name and spelling", "\u{feff}Plan;Seat Count;Account\r\n\"basic\";1;Acme GmbH\r\ncockpit/basic;2;ACME\r\n", 5),
        ("sorted the other way", "customer,tier,seats\nacme,basic,3\nacme,basic,2\nacme,basic,1\n", 5),
        ("a row added", "customer,tier,seats\nacme,basic,1\nacme,basic,2\nacme,basic,9\n", 6),
        ("a row corrected", "customer,tier,seats\nacme,basic,1\nacme,basic,20\n", 7),
        ("a row doubled", "customer,tier,seats\nacme,basic,1\nacme,basic,1\n", 8),
        ("a row doubled, again", "customer,tier,seats\nacme,basic,1\nacme,basic,1\n", 8),
    ];
    for (what, text, all) in changed {
        desk.write("changed.csv", text);
        desk.lic(&["issue", "--from", "changed.csv", "-q"]).done();
        assert_eq!(licenses(&desk), all, "{what}");
    }
    // Another name for the file issues it once more; and that name is known again as well.
    for _ in 0..2 {
        desk.lic(&["issue", "--from", "orders.csv", "--request-id", "december", "-q"]).done();
        assert_eq!(licenses(&desk), 13);
    }
}

#[test]
fn a_row_with_a_request_id_is_the_order_of_that_id() {
    let desk = house();
    let single = desk.lic(&["issue", "acme", "--tier", "basic", "--seats", "7", "--request-id", "PO-1", "-o", "name"]).done();
    desk.write("orders.csv", "customer,tier,seats,request\nacme,basic,7,PO-1\nacme,basic,7,PO-2\n");
    let bulk = desk.lic(&["issue", "--from", "orders.csv", "-o", "name"]).done();
    assert_eq!(bulk.stdout.lines().next(), single.stdout.lines().next());
    assert_eq!(licenses(&desk), 2);
    desk.write("other.csv", "customer,tier,seats,request\nacme,basic,8,PO-1\n");
    assert_snapshot!("request_of_another_order", desk.lic(&["issue", "--from", "other.csv"]));
}

#[test]
fn what_a_row_leaves_out_is_as_the_flags_say() {
    let desk = house();
    desk.write("machines.csv", "note,term\nfirst,\nsecond,90d\n");
    let args = ["issue", "acme", "--tier", "basic", "--seats", "3", "--for", "2y", "--from", "machines.csv"];
    assert_snapshot!("flags_and_rows", desk.lic(&[&args[..], &["-o", "name"]].concat()));
}

#[test]
fn rows_that_cannot_be_done_are_left_out_and_come_back_to_be_mended() {
    let desk = house();
    desk.write(
        "orders.csv",
        "customer,tier,seats,note\nacme,basic,1,\nacne,basic,0,=1+1\nglobex,basic\n#old,pro,1,\nacme,basic,2,\n",
    );
    let before = desk.files();
    assert_snapshot!("refused_whole", desk.lic(&["issue", "--from", "orders.csv"]));
    assert!(desk.files() == before);
    assert_snapshot!(
        "kept_going",
        desk.lic(&["issue", "--from", "orders.csv", "--keep-going", "--failed", "bad.csv", "-o", "name"])
    );
    assert_snapshot!("failed_rows", desk.read("bad.csv"));
    assert_snapshot!("failed_file_is_there", desk.lic(&["issue", "--from", "orders.csv", "--keep-going", "--failed", "bad.csv"]));
    let mended = desk
        .read("bad.csv")
        .replace("acne", "acme")
        .replace("\"0\"", "\"9\"")
        .replace("\"globex\",\"basic\"", "\"globex\",\"pro\"");
    desk.write("mended.csv", mended);
    desk.lic(&["issue", "--from", "mended.csv", "-q"]).done();
    assert_eq!(licenses(&desk), 4);
    let notes = desk.lic(&["list", "-o", "csv"]).done().stdout;
    assert!(notes.contains(",'=1+1,"), "{notes}");
}

#[test]
fn roles_and_limits_reach_every_row_and_unusual_ones_are_told() {
    let desk = house();
    desk.write(
        "orders.csv",
        "customer,tier,term,type,seats\nacme,basic,1y,,\nacme,basic,2y,,\nacme,basic,,trial,\nold,basic,,,\n",
    );
    assert_snapshot!("viewer", desk.lic(&["issue", "--from", "orders.csv", "--as", "eve"]));
    desk.lic(&["customer", "archive", "old"]).done();
    assert_snapshot!("limits", desk.lic(&["issue", "--from", "orders.csv", "--as", "ivan"]));
    desk.write("odd.csv", "customer,tier,term,seats\nacme,basic,1y,5\nacme,basic,9y,5\nacme,basic,1y,500\n");
    assert_snapshot!("unusual", desk.lic(&["issue", "--from", "odd.csv", "-o", "name"]));
}

#[test]
fn a_person_is_asked_before_anything_is_issued() {
    let desk = house();
    desk.write("orders.csv", rows(3));
    assert_snapshot!("asked_and_declined", desk.lic_on_terminal(&["issue", "--from", "orders.csv"], [No]));
    assert_eq!(licenses(&desk), 0);
    assert_snapshot!("asked", desk.lic_on_terminal(&["issue", "--from", "orders.csv"], [Yes]));
    desk.write("many.csv", rows(200));
    assert_snapshot!("many_keys_and_no_place", desk.lic_on_terminal(&["issue", "--from", "many.csv"], []));
}

#[test]
fn standard_input_is_a_file_as_well() {
    let desk = house();
    let run = desk.command(&["issue", "--from", "-", "-o", "name"]).input(rows(2)).run();
    assert_eq!(run.done().stdout.lines().count(), 2);
}

#[test]
fn the_first_day_and_the_day_a_renewal_counts_from_are_still_said_with_from() {
    let desk = house();
    desk.lic(&["issue", "acme", "--tier", "basic", "--from", "2027-01-01"]).done();
    assert_snapshot!("from_without_a_file", desk.lic(&["issue", "acme", "--from"]));
    assert_snapshot!("from_with_a_day_that_is_none", desk.lic(&["issue", "acme", "--tier", "basic", "--from", "2027-13-01"]));
    assert_snapshot!("map_without_a_file", desk.lic(&["issue", "acme", "--from", "2027-01-01", "--map", "seats=x"]));
    assert_snapshot!("renew_from_with_until", desk.lic(&["renew", "LIC-7QK3-M2ZD", "--from", "today", "--until", "2030-01-01"]));
    assert_snapshot!("renew_from_a_file_and_a_name", desk.lic(&["renew", "LIC-7QK3-M2ZD", "--from", "x.csv"]));
}
