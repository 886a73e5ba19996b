//! `lic migrate-from csv`: the licenses of an older system.

use insta::assert_snapshot;

use crate::support::{Desk, with_customer};

const MAP: &str = r#"
system = "keybox"
[columns]
reference = "No"
key = "Key"
customer = "Account"
customer_name = "Company"
mail = "Mail"
tier = "Edition"
type = "Kind"
seats = "Users"
starts = "From"
until = "Until"
note = "Remarks"
[dates]
format = "%d.%m.%Y"
perpetual = ["never", ""]
[tiers]
"Pro" = "professional"
[types]
"Eval" = "trial"
[customers]
by = "reference"
create = true
"#;

const CSV: &str = "\
No;Key;Account;Company;Mail;Edition;Kind;Users;From;Until;Remarks
A-1;AAAA-1111;C-7;Acme GmbH;;Pro;;12;01.02.2026;31.01.2027;PO 7
A-2;BBBB-2222;C-8;Bolt Ltd;jo@bolt.example;basic;Eval;;01.01.2026;31.12.2026;
A-3;;C-8;Bolt Ltd;;Pro;;unlimited;01.01.2020;;
A-4;DDDD-4444;C-7;;;basic;;3;01.01.2020;31.12.2020;long over
";

fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["customer", "edit", "acme", "--reference", "C-7"]).done();
    desk.write("old.csv", CSV);
    desk.write("map.toml", MAP);
    desk
}

fn migrate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["migrate-from", "csv", "old.csv", "--map", "map.toml"], more].concat()
}

#[test]
fn licenses_are_taken_over_and_marked_as_foreign() {
    let desk = desk();
    assert_snapshot!("dry", desk.lic_on_terminal(&migrate(&["--dry-run"]), []));
    assert_snapshot!("taken_over", desk.lic_on_terminal(&migrate(&[]), []));
    assert_snapshot!("listed", desk.lic_on_terminal(&["list"], []));
    let shown = desk.lic(&["list", "--sort", "issued", "-o", "name"]).done().stdout;
    let first = shown.lines().next().unwrap().to_owned();
    assert_snapshot!("shown", desk.lic_on_terminal(&["show", &first, "--history"], []));
    let json = desk.lic(&["show", &first, "--json"]).done().json();
    assert_eq!(json["license"]["foreign"], "keybox");
    assert_eq!(json["license"]["older_system"]["key"], "AAAA-1111");
    assert_snapshot!("no_key", desk.lic(&["show", &first, "--key"]));
    assert_snapshot!("customers", desk.lic(&["customer", "list"]));
    desk.lic(&["doctor"]).done();
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let desk = desk();
    desk.lic(&migrate(&[])).done();
    let events = desk.events();
    assert_snapshot!("again", desk.lic_on_terminal(&migrate(&[]), []));
    assert_eq!(desk.events(), events);
    // What is new in a later file is added.
    desk.write("old.csv", format!("{CSV}A-5;;C-7;;;Pro;;1;01.02.2026;31.01.2027;\n"));
    desk.lic(&migrate(&[])).done().says("took over 1 license; 4 known from before");
}

#[test]
fn new_keys_are_signed_for_those_that_run_and_only_once() {
    let desk = desk();
    desk.lic(&migrate(&[])).done();
    assert_snapshot!("new_keys", desk.lic_on_terminal(&migrate(&["--issue-new-keys", "--out", "keys/"]), []));
    let mut saved: Vec<_> =
        std::fs::read_dir(desk.path("keys")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    saved.sort();
    assert_eq!(saved, ["acme-professional.lic", "bolt-ltd-basic.lic", "bolt-ltd-professional.lic"]);
    desk.lic(&["verify", "keys/acme-professional.lic", "--explain"]).done();
    let claims = desk.lic(&["inspect", "keys/acme-professional.lic", "--json"]).done().json();
    assert_eq!(claims["unverified_key"]["claims"]["rev"], 2);
    assert_eq!(claims["unverified_key"]["claims"]["seats"], 12);
    let shown = desk.lic(&["show", "keys/acme-professional.lic", "--json", "--history"]).done().json();
    assert_eq!((&shown["license"]["revision"], shown["license"].get("foreign")), (&serde_json::json!(2), None));
    assert_eq!(shown["license"]["older_system"]["reference"], "A-1");
    assert_snapshot!("history", serde_json::to_string_pretty(&shown["license"]["history"]).unwrap());
    let events = desk.events();
    desk.lic(&migrate(&["--issue-new-keys"])).done();
    assert_eq!(desk.events(), events);
    desk.lic(&["doctor"]).done();
    // Taking over and signing in one go.
    let other = self::desk();
    let run = other.lic(&migrate(&["--issue-new-keys", "--json"])).done();
    let json = run.json();
    let licenses = json["licenses"].as_array().unwrap();
    assert_eq!((licenses.len(), licenses.iter().filter(|one| one["key"].is_string()).count()), (4, 3));
}

#[test]
fn the_key_of_an_older_system_is_told_for_what_it_is() {
    let desk = desk();
    desk.lic(&migrate(&[])).done();
    desk.write("key.txt", "\u{20}AAAA-\n 1111\n");
    assert_snapshot!("old_key", desk.lic_on_terminal(&["verify", "key.txt"], []));
    let json = desk.lic(&["verify", "key.txt", "--json"]).code(3).json();
    assert_eq!((&json["verdict"]["valid"], &json["verdict"]["reason"]), (&false.into(), &"older-system".into()));
    desk.write("key.txt", "CCCC-3333");
    let json = desk.lic(&["verify", "key.txt", "--json"]).code(3).json();
    assert_eq!(json["verdict"]["reason"], "no-key");
}

#[test]
fn every_bad_row_is_told_with_its_place_and_nothing_is_taken_over() {
    let desk = desk();
    let events = desk.events();
    let bad = CSV.to_owned()
        + "\
A-1;;C-7;;;Pro;;1;01.02.2026;31.01.2027;twice
;;C-7;;;Pro;;1;01.02.2026;31.01.2027;no number
B-1;;;;;Pro;;1;01.02.2026;31.01.2027;no customer
B-2;;C-7;;;;;1;01.02.2026;31.01.2027;no tier
B-3;;C-7;;;Pro;Full;1;01.02.2026;31.01.2027;type
B-4;;C-7;;;Pro;;0;01.02.2026;31.01.2027;seats
B-5;;C-7;;;Pro;;1;2026-02-01;31.01.2027;first day
B-6;;C-7;;;Pro;;1;01.02.2026;31.02.2027;last day
B-7;;C-7;;;Pro;;1;01.02.2026;31.01.2026;order
B-8;;C-9;New;nobody;Pro;;1;01.02.2026;31.01.2027;mail
B-9;;C-7
";
    desk.write("old.csv", bad);
    assert_snapshot!("bad_rows", desk.lic(&migrate(&[])));
    desk.write("old.csv", CSV.replace("Pro", "Gold").replace("basic", "e"));
    assert_snapshot!("unknown_tiers", desk.lic(&migrate(&[])));
    desk.write("old.csv", CSV);
    desk.write("map.toml", MAP.replace("create = true", ""));
    assert_snapshot!("unknown_customers", desk.lic(&migrate(&[])));
    desk.write("map.toml", MAP.replace("perpetual = [\"never\", \"\"]", ""));
    assert_snapshot!("no_end", desk.lic(&migrate(&[])));
    desk.write("map.toml", MAP.replace("\"professional\"", "\"premium\""));
    assert_snapshot!("mapped_to_no_tier", desk.lic(&migrate(&[])));
    desk.write("map.toml", MAP.replace("\"Users\"", "\"Seats\""));
    assert_snapshot!("no_such_column", desk.lic(&migrate(&[])));
    desk.write("map.toml", MAP.replace("[dates]", "[date]"));
    assert_snapshot!("map_with_a_typo", desk.lic(&migrate(&[])));
    desk.write("map.toml", MAP);
    desk.write("old.csv", "");
    assert_snapshot!("empty", desk.lic(&migrate(&[])));
    assert_eq!(desk.events(), events);
}

#[test]
fn customers_are_known_by_what_the_mapping_says() {
    for (by, account) in [("slug", "acme"), ("name", "acme GMBH"), ("reference", "C-7")] {
        let desk = desk();
        desk.write("old.csv", format!("No,Account,Edition\nA-1,{account},basic\n"));
        let map = format!("system='x'\n[columns]\nreference='No'\ncustomer='Account'\ntier='Edition'\n[customers]\nby='{by}'\n");
        desk.write("map.toml", map);
        desk.lic(&migrate(&[])).done();
        assert_eq!(desk.lic(&["list", "acme", "-o", "name"]).done().stdout.lines().count(), 1, "{by}");
    }
}

#[test]
fn who_may_not_and_what_is_missing_is_told() {
    let desk = desk();
    desk.lic(&["operator", "add", "eve", "--role", "issuer", "--no-passphrase", "-q"]).done();
    assert_snapshot!("issuer", desk.lic(&migrate(&["--as", "eve"])));
    assert_snapshot!("no_map", desk.lic(&["migrate-from", "csv", "old.csv"]));
    assert_snapshot!("map_missing", desk.lic(&["migrate-from", "csv", "old.csv", "--map", "gone.toml"]));
    desk.lic(&["migrate-from"]).code(2);
    let template = desk.lic(&["migrate-from", "csv", "--template"]).done().stdout;
    desk.write("map.toml", template);
    desk.write("old.csv", "License No,Customer,Edition\n7,acme,professional\n");
    desk.lic(&migrate(&[])).done();
}

#[test]
fn a_thousand_licenses_are_taken_over_in_one_go() {
    let desk = desk();
    let mut csv = "No;Key;Account;Company;Mail;Edition;Kind;Users;From;Until;Remarks\n".to_owned();
    for number in 0..1_000 {
        csv += &format!("N-{number};K-{number};C-{};Company {};;Pro;;1;01.02.2026;31.01.2027;\n", number % 300, number % 300);
    }
    desk.write("old.csv", csv);
    desk.lic(&migrate(&[])).done().says("took over 1000 licenses, with 299 new customers");
    assert_eq!(desk.lic(&["list", "-o", "name"]).done().stdout.lines().count(), 1_000);
    desk.lic(&["doctor"]).done();
}
