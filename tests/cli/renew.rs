//! `lic renew`: a later end under the same id.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, shown, unchanged};
use crate::support::{Cancel, Desk, Enter, No, Yes, line, search, secret};

fn until(desk: &Desk, id: &str) -> String {
    shown(desk, id)["until"].as_str().unwrap_or("never").to_owned()
}

#[test]
fn a_license_is_renewed_for_as_long_as_the_last_time() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "6mo"]);
    assert_eq!(until(&desk, &id), "2027-05-22");
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&["renew", &id, "--note", "PO 4711"], []));
    assert_eq!(until(&desk, &id), "2027-11-22");
    desk.set_time("2027-10-01T08:00:00Z");
    desk.lic(&["renew", &id, "--for", "2y"]).done();
    desk.set_time("2029-10-01T08:00:00Z");
    desk.lic(&["renew", &id]).done();
    assert_eq!(until(&desk, &id), "2031-11-22");
    assert_snapshot!("the_license_afterwards", desk.lic_on_terminal(&["show", &id, "--history"], []));
}

#[test]
fn a_calendar_year_is_renewed_for_a_year() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--from", "2027-01-01", "--until", "2027-12-31"]);
    desk.lic(&["renew", &id]).done();
    assert_eq!(until(&desk, &id), "2028-12-31");
}

#[test]
fn each_format_holds_the_new_key() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    assert_snapshot!("as_json", desk.lic(&["renew", &id, "--json"]));
    let bare = desk.lic(&["renew", &id, "--for", "1y", "--out", "-", "-q"]).done();
    assert!(bare.stdout.starts_with("-----BEGIN LICENSE-----"), "{bare}");
    desk.write("new.lic", &bare.stdout);
    assert_snapshot!("the_new_key_verifies", desk.lic(&["verify", "new.lic", "--explain", "-o", "table"]));
    assert_snapshot!(
        "the_old_key_is_not_the_newest",
        desk.lic(&["verify", "keys/acme-standard.lic", "--explain", "-o", "table"])
    );
    desk.lic(&["show", "keys/acme-standard.lic"]).done().says("this key is revision 1, not the newest: that is 3");
}

#[test]
fn it_counts_from_the_end_or_from_today_where_that_is_past() {
    let desk = house();
    let running = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let ended = license(&desk, &["globex", "--tier", "standard", "--for", "1mo"]);
    let ended_too = license(&desk, &["globex", "--tier", "standard", "--for", "1mo"]);
    desk.set_time("2027-03-01T08:00:00Z");
    desk.lic(&["renew", &running, &ended, "--for", "1y"]).done();
    assert_eq!((until(&desk, &running), until(&desk, &ended)), ("2028-11-22".into(), "2028-03-01".into()));
    desk.lic(&["renew", &ended_too, "--for", "1y", "--from", "end"]).done();
    assert_eq!(until(&desk, &ended_too), "2027-12-22");
    desk.lic(&["renew", &ended_too, "--for", "3y", "--from", "today"]).done();
    assert_eq!(until(&desk, &ended_too), "2030-03-01");
    desk.lic(&["renew", &running, "--until", "2029-06-30"]).done();
    assert_eq!(until(&desk, &running), "2029-06-30");
    desk.lic(&["renew", &running, "--perpetual"]).done();
    assert_eq!(until(&desk, &running), "never");
}

#[test]
fn the_terms_stay_unless_the_tier_of_today_is_wanted() {
    let desk = house();
    let id =
        license(&desk, &["acme", "--tier", "standard", "--seats", "7", "--feature", "beta", "--limit", "users=3", "--for", "1y"]);
    let before = shown(&desk, &id);
    desk.lic(&["tier", "edit", "standard", "--grace", "21", "--feature", "audit", "--limit", "users=80"]).done();
    desk.lic(&["renew", &id]).done();
    let renewed = shown(&desk, &id);
    for same in ["features", "limits", "grace_days", "seats", "starts", "id", "customer"] {
        assert_eq!(renewed[same], before[same], "{same}");
    }
    desk.lic(&["renew", &id, "--reprice"]).done();
    let repriced = shown(&desk, &id);
    assert_eq!((&repriced["seats"], &repriced["grace_days"], &repriced["limits"]["users"]), (&7.into(), &21.into(), &80.into()));
    assert!(repriced["features"].as_array().unwrap().iter().all(|feature| feature != "beta"), "{repriced}");
    assert_eq!(repriced["revision"], 3);
}

#[test]
fn many_are_renewed_together() {
    let desk = house();
    let ids: Vec<String> = ["1mo", "2mo", "1y"].map(|term| license(&desk, &["acme", "--tier", "standard", "--for", term])).into();
    license(&desk, &["acme", "--tier", "enterprise", "--perpetual"]);
    let revoked = license(&desk, &["acme", "--tier", "standard", "--for", "1mo"]);
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    license(&desk, &["globex", "--tier", "standard", "--for", "1mo"]);
    desk.set_time("2026-12-01T08:00:00Z");
    assert_snapshot!("expiring_dry_run", desk.lic(&["renew", "--expiring", "30d", "--dry-run"]));
    assert_snapshot!("of_a_customer", desk.lic_on_terminal(&["renew", "--customer", "acme", "--all", "--out", "new/"], [Yes]));
    assert_eq!(ids.iter().map(|id| until(&desk, id)).collect::<Vec<_>>(), ["2027-01-22", "2027-03-22", "2028-11-22"]);
    desk.lic(&["renew", "--customer", "globex", "--expiring", "30d", "-q"]).done();
    let none = desk.lic(&["renew", "--expiring", "7d"]).done().says("there is no license to renew");
    assert_eq!(none.stdout, "");
    assert_eq!(desk.lic(&["list", "--status", "revoked", "-o", "name"]).stdout.trim(), revoked);
    desk.set_time("2029-01-01");
    desk.lic(&["renew", "--customer", "acme", "--all"]).done().says("left out: 3 expired licenses").says("1 perpetual license");
}

#[test]
fn all_or_none_and_each_one_that_cannot_be_is_told() {
    let desk = house();
    let ids: Vec<String> = (0..3).map(|_| license(&desk, &["acme", "--tier", "standard", "--for", "1y"])).collect();
    let forever = license(&desk, &["acme", "--tier", "enterprise", "--perpetual"]);
    desk.lic(&["revoke", &ids[1], "--reason", "refund"]).done();
    let events = desk.events();
    assert_snapshot!(desk.lic(&["renew", &ids[0], &ids[1], &forever, &ids[2], &ids[0]]));
    // The log keeps that the one that is revoked was to be renewed.
    assert_eq!((desk.events(), shown(&desk, &ids[1])["history"][2]["kind"].as_str()), (events + 1, Some("license.refused")));
    assert!(ids.iter().all(|id| shown(&desk, id)["revision"] == 1), "a renewal of which a part cannot be");
    desk.lic(&["renew", &ids[0], &ids[2], &ids[0]]).done();
    assert_eq!(shown(&desk, &ids[0])["revision"], 2);
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let run = desk.lic_on_terminal(&["renew"], [search(&id), line("1m"), Enter, Yes]);
    assert_snapshot!("asked", run);
    assert_eq!(until(&desk, &id), "2028-11-22");
    let again: Vec<String> = run.without_questions();
    assert_eq!(again, ["renew", &id, "--for", "1y"]);
    let before = desk.files();
    assert_eq!(desk.lic_on_terminal(&["renew"], [Cancel]).code(130).stdout, "");
    desk.lic_on_terminal(&["renew"], [search(&id), line("2y"), No]).code(130);
    unchanged(&desk, &before, "cancelling");
    assert_snapshot!("nobody_to_ask", desk.lic(&["renew"]));
}

#[test]
fn what_is_unusual_is_questioned() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    assert_snapshot!("ten_years", desk.lic_on_terminal(&["renew", &id, "--for", "10y"], [Enter]));
    desk.lic_on_terminal(&["renew", &id, "--for", "1y"], []).done();
    assert_snapshot!("twice_in_a_week", desk.lic_on_terminal(&["renew", &id, "--for", "1y"], [No]));
    // It is recorded where nobody was asked.
    desk.lic(&["renew", &id, "--perpetual"]).done().says("unusual: perpetual, where the last term was 1 year");
    assert_snapshot!("recorded", desk.lic(&["show", &id, "--history", "-o", "table"]));
}

#[test]
fn what_is_suspended_stays_so_and_what_is_revoked_is_never_brought_back() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["suspend", &id]).done();
    desk.lic(&["renew", &id]).done().says("stays suspended until");
    assert_eq!((shown(&desk, &id)["status"].clone(), until(&desk, &id)), ("suspended".into(), "2028-11-22".into()));
    desk.lic(&["revoke", &id, "--reason", "unpaid"]).done();
    assert_snapshot!(desk.lic(&["renew", &id, "--for", "1y"]));
    // The log keeps that it was asked for, once a day, and nothing else.
    let before = desk.files();
    desk.lic(&["renew", &id, "--perpetual", "--request-id", "r-1"]).code(1);
    desk.lic(&["change", &id, "--seats", "9"]).code(1);
    desk.lic(&["transfer", &id, "globex"]).code(1);
    unchanged(&desk, &before, "renewing what is revoked");
}

#[test]
fn the_same_request_renews_once() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let renew = ["renew", "--customer", "acme", "--all", "--request-id", "year-2", "--out", "-", "-q"];
    let first = desk.lic(&renew).done().stdout;
    let events = desk.events();
    assert_eq!(desk.lic(&renew).done().stdout, first);
    // Whatever happened to them since.
    desk.lic(&["change", &id, "--seats", "9"]).done();
    assert_eq!(desk.lic(&renew).done().stdout, first);
    assert_eq!(desk.events(), events + 1);
    desk.lic(&["renew", &id, "--request-id", "year-2"]).code(1).says("request 'year-2' was used before");
    desk.lic(&["issue", "acme", "--tier", "basic", "--request-id", "year-2"]).code(1).says("request 'year-2' was used before");
    desk.lic(&[&renew[..], &["--dry-run"]].concat()).done();
    assert_snapshot!("said", desk.lic(&["renew", "--customer", "acme", "--all", "--request-id", "year-2", "--dry-run"]));
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let forever = license(&desk, &["acme", "--tier", "enterprise", "--perpetual"]);
    let short = license(&desk, &["acme", "--tier", "standard", "--for", "1d", "--grace", "0"]);
    let late = license(&desk, &["acme", "--tier", "standard", "--until", "9999-12-30"]);
    let orphan = license(&desk, &["old", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["customer", "archive", "old"]).done();
    desk.set_time("2026-12-24T08:00:00Z");
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000"][..]),
        ("no_license", &["acme"]),
        ("unknown_beginning", &["ZZZZZZZ"]),
        ("beginning_of_several", &["LIC-"]),
        ("both_ends", &[&id, "--for", "1y", "--until", "2030-01-01"]),
        ("minutes", &[&id, "--for", "1m"]),
        ("backwards", &[&id, "--for", "-1y"]),
        ("no_such_day", &[&id, "--until", "2027-02-30"]),
        ("before_the_start", &[&id, "--until", "2026-01-01"]),
        ("before_the_present_end", &[&id, "--until", "2027-11-21"]),
        ("the_present_end", &[&id, "--until", "2027-11-22"]),
        ("shorter_from_today", &[&id, "--for", "1mo", "--from", "today"]),
        ("from_with_until", &[&id, "--until", "2030-01-01", "--from", "end"]),
        ("from_nonsense", &[&id, "--from", "monday"]),
        ("still_expired", &[&short, "--for", "1d", "--from", "end"]),
        ("beyond_the_calendar", &[&late, "--for", "1y"]),
        ("perpetual", &[&forever, "--for", "1y"]),
        ("archived_customer", &[&orphan, "--for", "1y"]),
        ("customer_alone", &["--customer", "acme"]),
        ("all_of_nobody", &["--all"]),
        ("license_and_all", &[&id, "--customer", "acme", "--all"]),
        ("unknown_customer", &["--customer", "acne", "--all"]),
        ("viewer", &[&id, "--as", "eve"]),
        ("nobody", &[&id, "--as", "mallory"]),
        ("longer_than_allowed", &[&id, "--for", "2y", "--as", "ivan"]),
        ("perpetual_not_allowed", &[&id, "--perpetual", "--as", "ivan"]),
        ("empty_request", &[&id, "--request-id", ""]),
        ("many_into_one_file", &[&id, &short, "--for", "1y", "--out", "keys/acme-standard.lic"]),
        ("over_a_file", &[&id, "--out", "keys/acme-standard.lic"]),
    ] {
        let run = desk.lic(&[&["renew"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
}

#[test]
fn an_issuer_renews_within_the_limits_and_not_again_and_again() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["renew", &id, "--as", "ivan"]).done();
    assert_snapshot!(desk.lic(&["renew", &id, "--as", "ivan"]));
    let test = license(&desk, &["acme", "--tier", "standard", "--type", "test"]);
    desk.lic(&["renew", &test, "--as", "ivan"]).code(4).says("test licenses are outside the types allowed");
    desk.lic(&["renew", &id, &test]).done();
}

#[test]
fn an_issuer_without_a_copy_of_the_signing_key_is_told_before_anything_is_asked() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["operator", "edit", "eve", "--role", "issuer"]).done();
    for verb in [&["renew", &id, "--for", "10y"][..], &["change", &id, "--seats", "2"], &["transfer", &id, "globex"]] {
        let run = desk.lic_on_terminal(&[verb, &["--as", "eve"]].concat(), []).code(4);
        run.says("operator 'eve' has no copy of the signing key").says("lic operator edit eve --give-keys");
    }
    desk.lic(&["suspend", &id, "--as", "eve"]).done();
}

#[test]
fn many_unusual_renewals_are_not_all_told() {
    let desk = house();
    desk.lic(&["issue", "acme", "--tier", "standard", "--for", "1mo", "--count", "30", "--out", "keys/", "-q"]).done();
    let run = desk.lic(&["renew", "--customer", "acme", "--all", "--for", "5y", "--dry-run"]).done();
    assert_eq!(run.stderr.matches("warning: unusual: LIC-").count(), 20);
    run.says("warning: … and 10 more that are unusual");
}

#[test]
fn a_passphrase_that_does_not_open_the_key_renews_nothing() {
    let desk = crate::support::empty();
    desk.write_private("pass", "correct horse battery staple\n");
    desk.write_private("wrong", "wrong horse battery staple\n");
    let init = ["init", "--name", "Example", "--product", "cockpit", "--passphrase-file", "pass", "-q"];
    desk.lic(&init).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    let issue = ["issue", "acme", "--tier", "standard", "--passphrase-file", "pass", "-o", "name", "--out", "a.lic"];
    let id = desk.lic(&issue).done().stdout.trim().to_owned();
    let events = desk.events();
    for verb in [&["renew", &id][..], &["change", &id, "--seats", "2"]] {
        desk.lic(&[verb, &["--passphrase-file", "wrong"]].concat()).code(4);
        desk.lic(verb).code(4).says("no passphrase was given");
        let asked = desk.lic_on_terminal(&[verb, &["--yes"]].concat(), ["a", "b", "c"].map(secret));
        assert_eq!(asked.code, 4, "{asked}");
    }
    assert_eq!(desk.events(), events);
    desk.lic(&["renew", &id, "--passphrase-file", "pass"]).done();
    assert_eq!(desk.events(), events + 1);
    // To switch a license off takes no key.
    desk.lic(&["suspend", &id]).done();
}
