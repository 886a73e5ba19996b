//! What `lic issue` refuses: one clear error, the right exit code, nothing half-written.

use insta::assert_snapshot;

use super::desk;
use crate::support::{Desk, set_mode, with_customer};

/// Issues, sees it refused with nothing changed, and keeps what was said.
#[track_caller]
fn refused(desk: &Desk, name: &str, args: &[&str]) {
    let before = desk.files();
    let run = desk.lic(&[&["issue"], args].concat()).tame();
    assert_ne!(run.code, 0, "\n{run}");
    assert_eq!(run.stdout, "", "\n{run}");
    assert_snapshot!(name, run);
    assert!(desk.files() == before, "something was written\n{run}");
}

#[test]
fn customers_that_get_no_license() {
    let desk = desk();
    desk.lic(&["customer", "add", "acme-tools", "--name", "Acme Tools"]).done();
    desk.lic(&["customer", "add", "zed", "--name", "Zed"]).done();
    desk.lic(&["customer", "archive", "zed"]).done();
    refused(&desk, "customer_misspelt", &["acmee", "--tier", "basic"]);
    refused(&desk, "customer_unknown", &["initech", "--tier", "basic"]);
    refused(&desk, "customer_archived", &["zed", "--tier", "basic"]);
    refused(&desk, "customer_of_escape_codes", &["ac\u{1b}[31mme\u{202e}", "--tier", "basic"]);
    refused(&desk, "customer_empty", &["", "--tier", "basic"]);
    refused(&desk, "customer_missing", &["--tier", "basic"]);
    refused(&desk, "customer_missing_and_no_input", &["--tier", "basic", "--no-input"]);
}

#[test]
fn tiers_that_are_not_on_offer() {
    let desk = desk();
    desk.lic(&["tier", "add", "radar/basic", "--name", "Basic"]).done();
    desk.lic(&["tier", "retire", "standard"]).done();
    refused(&desk, "tier_misspelt", &["acme", "--tier", "profesional"]);
    refused(&desk, "tier_unknown", &["acme", "--tier", "gold"]);
    refused(&desk, "tier_retired", &["acme", "--tier", "standard"]);
    refused(&desk, "tier_retired_and_only_begun", &["acme", "--tier", "stand"]);
    refused(&desk, "tier_of_another_product", &["acme", "--tier", "professional", "--product", "radar"]);
    refused(&desk, "tier_of_escape_codes", &["acme", "--tier", "ba\u{1b}[2Jsic"]);
    refused(&desk, "tier_missing", &["acme"]);
}

#[test]
fn a_tier_that_several_products_have_is_named_in_full() {
    let desk = with_customer("acme");
    desk.lic(&["tier", "add", "radar/basic", "--name", "Basic"]).done();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("product = \"cockpit\"\n", "")).unwrap();
    refused(&desk, "tier_of_two_products", &["acme", "--tier", "basic"]);
    desk.lic(&["issue", "acme", "--tier", "radar/basic", "--out", "-"]).done();
}

#[test]
fn seats_that_are_no_count() {
    let desk = desk();
    for (name, seats) in [("zero", "0"), ("negative", "-3"), ("half", "1.5"), ("huge", "4294967296"), ("words", "many")] {
        refused(&desk, &format!("seats_{name}"), &["acme", "--tier", "basic", "--seats", seats]);
    }
    for flag in ["--count", "--max-machines", "--grace"] {
        refused(&desk, &format!("negative{flag}"), &["acme", "--tier", "basic", flag, "-1"]);
    }
    refused(&desk, "count_zero", &["acme", "--tier", "basic", "--count", "0"]);
    refused(&desk, "count_too_large", &["acme", "--tier", "basic", "--count", "10001"]);
}

#[test]
fn terms_that_are_no_time() {
    let desk = desk();
    let term = |name: &str, args: &[&str]| refused(&desk, name, &[&["acme", "--tier", "basic"], args].concat());
    term("period_ambiguous", &["--for", "1m"]);
    term("period_zero", &["--for", "0d"]);
    term("period_negative", &["--for", "-1d"]);
    term("period_bare", &["--for", "12"]);
    term("period_huge", &["--for", "9000y"]);
    term("date_not_in_the_calendar", &["--until", "2027-02-30"]);
    term("date_with_a_short_year", &["--until", "27-02-03"]);
    term("date_before_the_common_era", &["--until", "0027-02-03"]);
    term("date_without_zeros", &["--until", "2027-2-3"]);
    term("date_of_another_country", &["--until", "03.02.2027"]);
    term("end_before_the_start", &["--from", "2027-05-01", "--until", "2027-04-30"]);
    term("end_in_the_past", &["--until", "2026-11-21"]);
    term("end_twice", &["--for", "1y", "--until", "2027-01-31"]);
    term("end_beyond_the_calendar", &["--from", "9999-12-31", "--for", "1d"]);
}

#[test]
fn features_limits_and_machines_that_make_no_sense() {
    let desk = desk();
    let order = |name: &str, args: &[&str]| refused(&desk, name, &[&["acme", "--tier", "basic"], args].concat());
    order("feature_with_blanks", &["--feature", "single sign on"]);
    order("feature_of_escape_codes", &["--feature", "sso\u{1b}[2J"]);
    order("feature_in_capitals", &["--feature", "SSO"]);
    order("feature_empty", &["--feature", ""]);
    order("feature_the_tier_has_not", &["--no-feature", "sso"]);
    order("feature_both_ways", &["--feature", "core", "--no-feature", "core"]);
    order("limit_without_a_number", &["--limit", "users"]);
    order("limit_negative", &["--limit", "users=-1"]);
    order("limit_beyond_json", &["--limit", "users=9007199254740992"]);
    order("limit_with_a_blank_name", &["--limit", "api requests=1"]);
    order("machine_with_blanks", &["--machine", "my laptop"]);
    order("machine_too_short", &["--machine", "abc"]);
    order("machine_twice", &["--machine", "M1-AAAA", "--machine", "M1-AAAA"]);
    order("machines_beyond_the_most", &["--max-machines", "1", "--machine", "M1-AAAA", "--machine", "M1-BBBB"]);
    order("type_unknown", &["--type", "rental"]);
    order("internal_trial", &["--internal", "--type", "trial"]);
}

#[test]
fn meta_data_that_does_not_fit() {
    let desk = desk();
    let text = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - r#"{"a":""}"#.len()));
    desk.write("large.json", text(65 * 1024));
    desk.write("a-byte-too-large.json", text(64 * 1024 + 1));
    desk.write("fits.json", text(64 * 1024));
    desk.write("huge.json", text(2 * 1024 * 1024));
    desk.write("not.json", "{order: 4711}\n");
    desk.write("empty.json", "");
    desk.write("binary.json", [0xff, 0xfe, 0]);
    desk.write("null.json", "null");
    desk.write("twice.json", r#"{"a": 1, "a": 2}"#);
    desk.write("large-number.json", r#"{"a": 12345678901234567890123}"#);
    desk.write("deep.json", "[".repeat(10_000));
    std::fs::create_dir(desk.path("folder.json")).unwrap();
    desk.write("private.json", "{}");
    for name in [
        "large",
        "a-byte-too-large",
        "huge",
        "not",
        "empty",
        "binary",
        "null",
        "twice",
        "large-number",
        "deep",
        "folder",
        "missing",
    ] {
        let file = format!("{name}.json");
        refused(&desk, &format!("meta_{}", name.replace('-', "_")), &["acme", "--tier", "basic", "--meta", &file]);
    }
    refused(&desk, "meta_from_nothing", &["acme", "--tier", "basic", "--meta", "-"]);
    let key = desk.lic(&["issue", "acme", "--tier", "basic", "--meta", "fits.json", "--out", "fits.lic"]).done();
    desk.lic(&["verify", "fits.lic"]).done();
    assert!(key.stderr.contains("saved fits.lic"), "{key}");
}

#[test]
fn request_ids_that_are_none() {
    let desk = desk();
    refused(&desk, "request_with_blanks", &["acme", "--tier", "basic", "--request-id", "order 4711"]);
    refused(&desk, "request_empty", &["acme", "--tier", "basic", "--request-id", ""]);
    refused(&desk, "request_with_a_number_sign", &["acme", "--tier", "basic", "--request-id", "order#2"]);
    refused(&desk, "request_too_long", &["acme", "--tier", "basic", "--request-id", &"x".repeat(129)]);
}

#[test]
fn who_may_not_issue() {
    let desk = desk();
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    desk.lic(&["operator", "add", "ivan", "--role", "issuer", "--no-passphrase", "--longest", "3mo", "--type", "trial", "-q"])
        .done();
    refused(&desk, "operator_unknown", &["acme", "--tier", "basic", "--as", "mallory"]);
    refused(&desk, "operator_is_a_viewer", &["acme", "--tier", "basic", "--as", "eve"]);
    refused(&desk, "operator_limited_to_types", &["acme", "--tier", "basic", "--as", "ivan"]);
    refused(&desk, "operator_limited_in_time", &["acme", "--tier", "basic", "--type", "trial", "--as", "ivan"]);
    desk.lic(&["issue", "acme", "--tier", "basic", "--type", "trial", "--for", "3mo", "--as", "ivan", "--out", "-"]).done();
    // Refused for the role before anything else that is wrong.
    refused(&desk, "operator_is_a_viewer_dry", &["acme", "--tier", "basic", "--as", "eve", "--dry-run"]);
}

#[test]
fn a_locked_signing_key_stays_locked() {
    let desk = crate::support::empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH", "-q"]).done();
    desk.write_private("wrong", "battery staple");
    desk.write_private("open", "correct horse");
    set_mode(&desk.path("open"), 0o640);
    let basic = ["acme", "--tier", "basic"];
    refused(&desk, "passphrase_missing", &basic);
    refused(&desk, "passphrase_wrong", &[&basic[..], &["--passphrase-file", "wrong"]].concat());
    refused(&desk, "passphrase_file_open", &[&basic[..], &["--passphrase-file", "open"]].concat());
    refused(&desk, "passphrase_file_missing", &[&basic[..], &["--passphrase-file", "nowhere"]].concat());
    refused(&desk, "passphrase_file_is_a_folder", &[&basic[..], &["--passphrase-file", "."]].concat());
    // Nothing is signed in these, so that nothing has to be unlocked.
    desk.lic(&[&["issue"], &basic[..], &["--dry-run"]].concat()).done();
    desk.lic(&[&["issue"], &basic[..], &["--type", "test", "--out", "-"]].concat()).done();
    let run = desk.lic(&[&["issue"], &basic[..], &["--passphrase-file", "pass", "--out", "-"]].concat()).done();
    assert!(!run.stderr.contains("correct horse") && !run.stdout.contains("correct horse"));
}

#[test]
fn homes_that_cannot_be_used() {
    let desk = crate::support::empty();
    refused(&desk, "home_without_an_authority", &["acme", "--tier", "basic"]);
    refused(&desk, "home_elsewhere", &["acme", "--tier", "basic", "--home", "elsewhere"]);

    let desk = with_customer("acme");
    std::fs::remove_dir_all(desk.home().join("keys")).unwrap();
    refused(&desk, "home_without_keys", &["acme", "--tier", "basic"]);

    let desk = with_customer("acme");
    std::fs::remove_file(desk.home().join("ledger.db")).unwrap();
    refused(&desk, "home_without_a_ledger", &["acme", "--tier", "basic"]);

    let desk = with_customer("acme");
    std::fs::write(desk.home().join("ledger.db"), "no ledger at all, but long enough to have a header of its own. ".repeat(20))
        .unwrap();
    refused(&desk, "home_with_another_ledger", &["acme", "--tier", "basic"]);

    let desk = with_customer("acme");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("product =", "prodct =")).unwrap();
    refused(&desk, "home_with_a_typo_in_its_settings", &["acme", "--tier", "basic"]);
}
