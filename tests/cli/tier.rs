//! `lic tier` and `lic tier apply`.

use insta::assert_snapshot;

use crate::support::{Desk, No, Yes, authority, with_customer};

const TIERS: &str = "\
product = 'cockpit'

[[tier]]
slug = 'basic'
name = 'Basic'
rank = 20
term = '1y'
seats = 5
features = ['core']

[[tier]]
slug = 'team'
name = 'Team'
rank = 25
term = '3mo'
seats = 10
grace_days = 7
features = ['core', 'reports']
limits = { users = 10 }
monthly = '12.50 EUR'
";

fn names(desk: &Desk, args: &[&str]) -> String {
    desk.lic(&[&["tier", "list", "-o", "name"], args].concat()).done().stdout
}

#[test]
fn tiers_are_listed() {
    let desk = authority();
    assert_snapshot!("list_on_a_terminal", desk.lic_on_terminal(&["tier", "list"], []));
    assert_snapshot!("list_on_a_narrow_terminal", desk.command(&["tier", "list"]).terminal(50).run());
    assert_snapshot!("list_in_a_pipe", desk.lic(&["tier", "list"]));
    assert_snapshot!("list_as_markdown", desk.lic(&["tier", "list", "-o", "md"]));
}

#[test]
fn a_tier_is_shown_at_length() {
    let desk = authority();
    assert_snapshot!("show_on_a_terminal", desk.lic_on_terminal(&["tier", "show", "professional"], []));
    assert_snapshot!("show_unlimited_on_a_terminal", desk.lic_on_terminal(&["tier", "show", "enterprise"], []));
    assert_snapshot!("show_as_json", desk.lic(&["tier", "show", "professional", "--json"]));
}

#[test]
fn a_tier_is_added() {
    let desk = authority();
    let add = [
        "tier",
        "add",
        "cockpit/team",
        "--name",
        "Team",
        "--rank",
        "25",
        "--seats",
        "10",
        "--term",
        "6mo",
        "--machines",
        "2",
        "--grace",
        "7",
        "--warn",
        "14",
        "--offline",
        "30",
        "--feature",
        "reports",
        "--feature",
        "core",
        "--limit",
        "users=10",
        "--limit",
        "api-requests-per-hour=1000",
        "--monthly",
        "12.50 EUR",
        "--yearly",
        "125 EUR",
    ];
    assert_snapshot!("added", desk.lic(&add));
    assert_snapshot!("added_is_shown", desk.lic_on_terminal(&["tier", "show", "team"], []));
    assert_snapshot!("added_twice", desk.lic(&add));
}

#[test]
fn the_default_product_is_meant_where_none_is_named() {
    let desk = authority();
    assert_snapshot!(desk.lic(&["tier", "add", "site", "--term", "perpetual"]));
    desk.lic(&["tier", "add", "radar/site"]).done();
    assert_eq!(names(&desk, &["--product", "radar"]), "radar/site\n");
    assert_snapshot!("the_same_name_in_two_products", desk.lic(&["tier", "show", "site"]));
    desk.lic(&["tier", "show", "radar/site"]).done();
}

#[test]
fn what_cannot_be_a_tier_is_refused() {
    let desk = authority();
    let events = desk.events();
    let add = |args: &[&str]| desk.lic(&[&["tier", "add", "cockpit/team"], args].concat());
    assert_snapshot!("no_seats", add(&["--seats", "0"]));
    assert_snapshot!("negative_seats", add(&["--seats", "-3"]));
    assert_snapshot!("ambiguous_term", add(&["--term", "1m"]));
    assert_snapshot!("no_term", add(&["--term", "0d"]));
    assert_snapshot!("price_without_currency", add(&["--monthly", "12.50"]));
    assert_snapshot!("prices_in_two_currencies", add(&["--monthly", "12 EUR", "--yearly", "120 USD"]));
    assert_snapshot!("feature_with_spaces", add(&["--feature", "single sign-on"]));
    assert_snapshot!("limit_without_a_number", add(&["--limit", "users"]));
    assert_snapshot!("limit_that_is_no_number", add(&["--limit", "users=many"]));
    assert_snapshot!("grace_too_long", add(&["--grace", "4000"]));
    assert_snapshot!("offline_without_end", add(&["--offline", "0", "--dry-run"]));
    assert_snapshot!("name_is_empty", add(&["--name", ""]));
    assert_snapshot!("tier_is_no_slug", desk.lic(&["tier", "add", "cockpit/Team Plan"]));
    assert_snapshot!("product_is_empty", desk.lic(&["tier", "add", "/team"]));
    assert_snapshot!("two_slashes", desk.lic(&["tier", "add", "a/b/c"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn an_unknown_tier_brings_the_closest_names() {
    let desk = authority();
    assert_snapshot!("one_close_name", desk.lic(&["tier", "show", "profesional"]));
    assert_snapshot!("no_close_name", desk.lic(&["tier", "show", "zebra"]));
    for command in ["show", "edit", "retire"] {
        desk.lic(&["tier", command, "zebra"]).code(5);
    }
}

#[test]
fn a_beginning_that_only_one_tier_has_will_do() {
    let desk = authority();
    desk.lic(&["tier", "show", "pro"]).done();
    desk.lic(&["tier", "add", "prometheus"]).done();
    assert_snapshot!(desk.lic(&["tier", "show", "pro"]));
}

#[test]
fn an_edit_shows_what_was_and_what_is() {
    let desk = authority();
    assert_snapshot!(
        "edited",
        desk.lic(&[
            "tier",
            "edit",
            "basic",
            "--seats",
            "25",
            "--monthly",
            "59 EUR",
            "--remove-feature",
            "core",
            "--feature",
            "sso",
            "--limit",
            "users=unlimited",
            "--limit",
            "employees=7",
        ])
    );
    let events = desk.events();
    assert_snapshot!("edited_to_the_same", desk.lic(&["tier", "edit", "basic", "--seats", "25"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn a_field_is_lifted_with_unlimited() {
    let desk = authority();
    assert_snapshot!(desk.lic(&[
        "tier",
        "edit",
        "pro",
        "--seats",
        "unlimited",
        "--machines",
        "unlimited",
        "--offline",
        "unlimited"
    ]));
}

#[test]
fn taking_away_a_feature_that_a_tier_lacks_is_no_silent_success() {
    let desk = authority();
    desk.lic(&["tier", "edit", "basic", "--remove-feature", "ssso"]).says("ssso");
}

#[test]
fn editing_a_tier_changes_no_key_already_issued() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "key.lic"]).done();
    let before = (desk.lic(&["verify", "key.lic", "--json"]).done().json(), desk.read("key.lic"));
    desk.lic(&["tier", "edit", "basic", "--seats", "99", "--name", "Base", "--remove-feature", "core"]).done();
    let seats = |verdict: &serde_json::Value| verdict["verdict"]["claims"]["seats"].clone();
    let after = (desk.lic(&["verify", "key.lic", "--json"]).done().json(), desk.read("key.lic"));
    assert_eq!((seats(&before.0), &before.1), (seats(&after.0), &after.1));
}

#[test]
fn a_retired_tier_gives_no_new_licenses_and_can_be_offered_again() {
    let desk = with_customer("acme");
    assert_snapshot!("retired", desk.lic(&["tier", "retire", "basic"]));
    assert_snapshot!("no_license_of_a_retired_tier", desk.lic(&["issue", "acme", "--tier", "basic"]));
    assert!(!names(&desk, &[]).contains("basic"));
    assert!(names(&desk, &["--all"]).contains("basic"));
    assert_snapshot!("offered_again", desk.lic(&["tier", "retire", "basic", "--undo"]));
    desk.lic(&["issue", "acme", "--tier", "basic"]).done();
}

#[test]
fn a_file_declares_what_the_tiers_are_to_be() {
    let desk = authority();
    desk.write("tiers.toml", TIERS);
    assert_snapshot!("apply", desk.lic(&["tier", "apply", "tiers.toml"]));
    assert_snapshot!("applied", desk.lic(&["tier", "list"]));
    let events = desk.events();
    assert_snapshot!("applied_again", desk.lic(&["tier", "apply", "tiers.toml"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn a_person_sees_the_difference_before_it_is_written() {
    let desk = authority();
    let events = desk.events();
    desk.write("tiers.toml", TIERS);
    assert_snapshot!("apply_declined", desk.lic_on_terminal(&["tier", "apply", "tiers.toml"], [No]));
    assert_snapshot!("apply_rehearsed", desk.lic_on_terminal(&["tier", "apply", "tiers.toml", "--dry-run"], []));
    assert_eq!(desk.events(), events);
    assert_snapshot!("apply_confirmed", desk.lic_on_terminal(&["tier", "apply", "tiers.toml"], [Yes]));
    assert_eq!(desk.lic_on_terminal(&["tier", "apply", "tiers.toml", "--yes"], []).done().questions, [""; 0]);
}

#[test]
fn what_the_list_prints_as_toml_can_be_applied() {
    let desk = authority();
    desk.lic(&["tier", "retire", "free"]).done();
    let file = desk.lic(&["tier", "list", "--all", "--toml"]).done().stdout;
    desk.write("tiers.toml", &file);
    desk.lic(&["tier", "apply", "tiers.toml"]).done().says("nothing to change");
    let desk = authority();
    desk.lic(&["tier", "edit", "pro", "--seats", "7"]).done();
    desk.command(&["tier", "apply", "-"]).input(file).run().done().says("seats: 7 → 100");
}

#[test]
fn a_mistake_in_a_tiers_file_is_shown_in_its_line_and_changes_nothing() {
    let desk = authority();
    let events = desk.events();
    let apply = |content: &str| {
        desk.write("tiers.toml", content);
        desk.lic(&["tier", "apply", "tiers.toml"])
    };
    assert_snapshot!("file_with_a_typo", apply(&TIERS.replace("limits", "limit")));
    assert_snapshot!("file_with_no_seats", apply(&TIERS.replace("seats = 10", "seats = 0")));
    assert_snapshot!("file_with_an_ambiguous_term", apply(&TIERS.replace("3mo", "3m")));
    assert_snapshot!("file_with_a_tier_twice", apply(&TIERS.replace("'team'", "'basic'")));
    assert_snapshot!("file_without_a_name", apply(&TIERS.replace("name = 'Team'\n", "")));
    assert_snapshot!("file_that_is_no_toml", apply("tier = [\n"));
    assert_snapshot!("file_that_does_not_fit", apply(&TIERS.replace("grace_days = 7", "grace_days = 7\nyearly = '100 USD'")));
    assert_snapshot!("file_missing", desk.lic(&["tier", "apply", "missing.toml"]));
    desk.write("latin1.toml", b"# M\xfcller\n");
    assert_snapshot!("file_not_utf8", desk.lic(&["tier", "apply", "latin1.toml"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn applying_an_empty_file_changes_nothing() {
    let desk = authority();
    desk.write("tiers.toml", "");
    assert_snapshot!(desk.lic(&["tier", "apply", "tiers.toml"]));
}
