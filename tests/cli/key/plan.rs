//! `lic key plan`.

use insta::assert_snapshot;

use super::kid;
use crate::support::{Desk, with_customer};

/// Licenses of two customers and three tiers, one revoked, one suspended, one perpetual.
pub fn filled() -> (Desk, String) {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "globex", "--name", "Globex\u{202e} AG", "-q"]).done();
    let issue = |args: &[&str]| desk.lic(&[&["issue", "-o", "name", "--out", "keys/"], args].concat()).done().stdout;
    issue(&["acme", "--tier", "basic", "--until", "2027-03-31", "--count", "3"]);
    issue(&["acme", "--tier", "enterprise", "--perpetual"]);
    issue(&["globex", "--tier", "professional", "--until", "2026-12-31"]);
    issue(&["globex", "--tier", "basic", "--type", "test"]);
    let kid = kid(&desk, "license");
    (desk, kid)
}

#[test]
fn what_depends_on_a_key_is_told_in_every_format() {
    let (desk, license) = filled();
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        assert_snapshot!(format!("plan_as_{format}"), desk.lic(&["key", "plan", &license, "-o", format]));
    }
    for width in [60, 80, 200] {
        assert_snapshot!(format!("plan_at_{width}"), desk.command(&["key", "plan", &license]).terminal(width).run());
        assert_snapshot!(format!("plan_of_all_at_{width}"), desk.command(&["key", "plan"]).terminal(width).run());
    }
    for by in ["customer", "tier", "license"] {
        let list = ["key", "plan", &license, "--by", by];
        assert_snapshot!(format!("plan_by_{by}"), desk.lic_on_terminal(&list, []));
        assert_snapshot!(format!("plan_by_{by}_as_csv"), desk.lic(&[&list[..], &["-o", "csv"]].concat()));
    }
}

#[test]
fn a_license_leaves_the_plan_when_its_grace_is_over() {
    let (desk, license) = filled();
    let live = |at: &str| desk.lic(&["key", "plan", &license, "--at", at, "--json"]).done().json()["plan"]["licenses"].clone();
    assert_eq!(live("2026-11-22"), 5);
    assert_eq!(live("2026-12-31"), 5);
    assert_eq!(live("2027-02-01"), 4);
    assert_eq!(live("2030-01-01"), 1);
}

#[test]
fn a_key_on_which_nothing_depends_says_so() {
    let desk = with_customer("acme");
    let license = kid(&desk, "license");
    assert_snapshot!("plan_of_nothing", desk.lic_on_terminal(&["key", "plan", &license], []));
    let none = desk.lic_on_terminal(&["key", "plan", &license, "--by", "license"], []).done();
    none.says("no live license depends on it");
    assert_eq!(
        desk.lic(&["key", "plan", &license, "--by", "customer", "--json"]).done().json()["customers"],
        serde_json::json!([])
    );
    desk.lic(&["key", "plan", "--by", "license"]).code(2);
    desk.lic(&["key", "plan", &license, "--by", "operator"]).code(2);
    desk.lic(&["key", "plan", &license, "--at", "yesterday"]).code(2);
}
