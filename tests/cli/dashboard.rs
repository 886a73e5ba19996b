//! `lic dashboard`: the state of the authority on one screen, as data and as a page; and what each alert goes by.

#![cfg(unix)]

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::lifecycle::license;
use crate::support::{Desk, Run, authority, empty, html, with_customer};

/// A name that tries everything.
const HOSTILE: &str = "<script>alert(\"x\")</script> 'O\u{2019}Neil' & Co \u{202e}gpj.exe \u{2066}";

/// A desk on which a year has passed: licenses of every status, two products, a long name and a hostile one.
fn busy() -> Desk {
    let desk = authority();
    desk.set_time("2026-01-10");
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    desk.lic(&["customer", "add", "hostile", "--name", HOSTILE]).done();
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG";
    desk.lic(&["customer", "add", "long", "--name", long]).done();
    desk.write("radar.toml", "[[tier]]\nproduct = 'radar'\nslug = 'site'\nname = 'Site \"<b>\"'\nrank = 1\nterm = '1y'\n");
    desk.lic(&["tier", "apply", "radar.toml", "--yes"]).done();
    license(&desk, &["acme", "--tier", "basic", "--for", "6mo"]);
    license(&desk, &["acme", "--tier", "enterprise", "--perpetual"]);
    for tier in ["basic", "standard", "professional"] {
        license(&desk, &["acme", "--tier", tier, "--for", "2y", "--count", "4"]);
    }
    desk.set_time("2026-11-02");
    license(&desk, &["hostile", "--tier", "standard", "--until", "2026-11-20"]);
    let revoked = license(&desk, &["long", "--tier", "basic", "--for", "1y"]);
    let suspended = license(&desk, &["long", "--tier", "basic", "--for", "1y"]);
    for days in ["25d", "40d", "40d", "60d", "61d", "90d", "100d"] {
        license(&desk, &["acme", "--tier", "standard", "--for", days]);
    }
    desk.set_time("2026-11-20");
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    desk.lic(&["suspend", &suspended]).done();
    license(&desk, &["long", "--tier", "professional", "--for", "1y", "--from", "2027-01-01"]);
    license(&desk, &["hostile", "--tier", "radar/site", "--for", "1y"]);
    desk.set_time("2026-11-22");
    desk
}

fn board(desk: &Desk) -> Value {
    desk.lic(&["dashboard", "--json"]).done().json()["dashboard"].clone()
}

/// The alerts, one a line: its word and what was found.
fn alerts(desk: &Desk) -> Vec<String> {
    let board = board(desk);
    let alerts = board["alerts"].as_array().unwrap().iter();
    alerts.map(|alert| format!("{}: {}", alert["alert"].as_str().unwrap(), alert["what"].as_str().unwrap())).collect()
}

/// What was found of one alert; `None` where there is none.
fn alert(desk: &Desk, word: &str) -> Option<String> {
    let found = alerts(desk).into_iter().find(|alert| alert.starts_with(&format!("{word}: ")));
    found.map(|alert| alert[word.len() + 2..].to_owned())
}

fn on_terminal(desk: &Desk, width: u16) -> Run {
    desk.command(&["dashboard"]).terminal(width).run().done().tame()
}

#[test]
fn the_screen_fits_every_width() {
    let desk = busy();
    for width in [40, 60, 80, 200] {
        let run = on_terminal(&desk, width);
        for line in run.stdout.lines() {
            // A command to be typed is never broken.
            let seen = line.chars().count();
            assert!(seen <= usize::from(width) || line.trim_start().starts_with("→ lic "), "{seen} of {width}: {line}");
        }
        assert_snapshot!(format!("at_{width}_columns"), run);
    }
}

#[test]
fn colors_are_for_terminals_that_have_them() {
    let desk = busy();
    let plain = on_terminal(&desk, 80).stdout;
    let colored = desk.command(&["dashboard", "--color", "always"]).terminal(80).run().done().stdout;
    assert!(colored.contains("\u{1b}[32m█"), "{colored}");
    let mut bare = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn a_terminal_of_ascii_gets_ascii() {
    let desk = busy();
    for (name, value, ascii) in [
        ("TERM", "dumb", true),
        ("LANG", "C", true),
        ("LC_ALL", "de_DE.ISO-8859-1", true),
        ("LANG", "de_DE.UTF-8", false),
        ("LC_CTYPE", "C.utf8", false),
    ] {
        let run = desk.command(&["dashboard"]).terminal(80).env(name, value).run().done();
        // Names of customers stay what they are.
        let drawn = run.stdout.lines().filter(|line| !line.contains("Donau") && !line.contains("script"));
        assert_eq!(drawn.collect::<String>().is_ascii(), ascii, "{name}={value}\n{run}");
    }
    assert_snapshot!(desk.command(&["dashboard"]).terminal(80).env("TERM", "dumb").run().done());
}

#[test]
fn a_pipe_gets_rows_and_json_gets_everything() {
    let desk = busy();
    assert_snapshot!("piped", desk.lic(&["dashboard"]).done());
    let json = desk.lic(&["dashboard", "--json"]).done().json();
    assert_eq!(json["schema"], 1);
    assert_snapshot!("as_json", format!("{json:#}"));
    assert_snapshot!("as_markdown", desk.lic(&["dashboard", "-o", "md"]).done());
    assert_snapshot!("as_name", desk.lic(&["dashboard", "-o", "name"]).done());
    let line = desk.lic(&["dashboard", "-o", "jsonl"]).done().stdout;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["schema"], &line["weeks"]), (&json["schema"], &json["dashboard"]["weeks"]));
    let rows = |format| desk.lic(&["dashboard", "-o", format]).done().stdout.lines().count();
    assert_eq!(rows("csv"), rows("tsv"));
}

#[test]
fn the_past_is_told_as_it_was_and_the_future_as_it_will_be() {
    let desk = busy();
    assert_snapshot!("in_march", desk.command(&["dashboard", "--at", "2026-03-01"]).terminal(80).run().done());
    assert_snapshot!("before_the_first", desk.command(&["dashboard", "--at", "2020-01-01"]).terminal(80).run().done());
    let of = |at: &str, status: &str| -> u64 {
        let json = desk.lic(&["dashboard", "--at", at, "--json"]).done().json();
        let all = json["dashboard"]["statuses"].as_array().unwrap().clone();
        all.iter().find(|one| one["status"] == status).unwrap()["licenses"].as_u64().unwrap()
    };
    assert_eq!((of("2026-11-10", "suspended"), of("2026-11-22", "suspended")), (0, 1));
    assert_eq!((of("2026-07-05", "expired"), of("2026-11-22", "expired"), of("2040-01-01", "active")), (0, 1, 1));
}

#[test]
fn the_counts_are_those_of_the_lists() {
    let desk = busy();
    let board = board(&desk);
    for one in board["statuses"].as_array().unwrap() {
        let listed = desk.lic(&["list", "--status", one["status"].as_str().unwrap(), "-o", "name"]).done().stdout;
        assert_eq!(one["licenses"], listed.lines().count(), "{one}");
        assert_ne!(one["licenses"], 0, "{one}");
    }
    for one in board["tiers"].as_array().unwrap() {
        let name = format!("{}/{}", one["product"].as_str().unwrap(), one["tier"].as_str().unwrap());
        let listed = desk.lic(&["list", "--tier", &name, "-o", "name"]).done().stdout;
        assert_eq!(one["licenses"], listed.lines().count(), "{one}");
    }
    let listed = desk.lic(&["list", "--expiring", "83d", "-o", "name"]).done().stdout;
    assert_eq!(board["ending"], listed.lines().count());
}

#[test]
fn an_authority_without_licenses_is_told_what_to_type() {
    let desk = authority();
    assert_snapshot!("without_customers", on_terminal(&desk, 80));
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    assert_snapshot!("without_licenses", on_terminal(&desk, 80));
    desk.lic(&["dashboard", "--html", "empty.html"]).done();
    let page = html::read(&desk.read("empty.html")).asks_for_nothing().accessible();
    assert!(page.text.contains("Issue the first one: lic issue"), "{}", page.text);
    empty().lic(&["dashboard"]).code(1).says("lic init");
}

#[test]
fn a_page_is_whole_asks_for_nothing_and_escapes_what_is_hostile() {
    let desk = busy();
    let made = desk.lic(&["dashboard", "--html", "board.html"]).done();
    assert_snapshot!("page_saved", made);
    let text = desk.read("board.html");
    for never in ["http://", "https://", "<script", "@import", "url(", "javascript:", "\u{202e}", "\u{2066}"] {
        assert!(!text.contains(never), "{never}");
    }
    let page = html::read(&text).asks_for_nothing().accessible();
    for shown in ["<script>alert(\"x\")</script> 'O\u{2019}Neil' & Co \\u{202e}gpj.exe", "Site \"<b>\"", "Donaudampf", "22 Nov"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let at = |file| desk.lic(&["dashboard", "--at", "2026-11-22", "--html", file]).done().stdout;
    at("at.html");
    assert_eq!(at("-"), desk.read("at.html"));
    assert_snapshot!("page", desk.read("at.html").split("</style>").nth(1).unwrap());
}

#[test]
fn a_page_is_written_over_only_when_told() {
    let desk = with_customer("acme");
    desk.write("board.html", "mine");
    assert_snapshot!(desk.lic(&["dashboard", "--html", "board.html"]).code(1));
    assert_eq!(desk.read("board.html"), "mine");
    desk.lic(&["dashboard", "--html", "board.html", "--replace", "--dry-run"]).done();
    assert_eq!(desk.read("board.html"), "mine");
    desk.lic(&["dashboard", "--html", "board.html", "--replace"]).done();
    html::read(&desk.read("board.html"));
    desk.lic(&["dashboard", "--html", "no/such/folder.html"]).code(1);
    desk.lic(&["dashboard", "--replace"]).code(2);
}

#[test]
fn forty_tiers_have_room() {
    let desk = with_customer("acme");
    let tiers: String = (0..40)
        .map(|number| format!("[[tier]]\nproduct = 'radar'\nslug = 'a-tier-with-quite-a-long-name-{number}'\nname = 'Tier {number}'\nrank = {number}\nterm = '1y'\n"))
        .collect();
    desk.write("tiers.toml", tiers);
    desk.lic(&["tier", "apply", "tiers.toml", "--yes"]).done();
    for number in 0..40 {
        let tier = format!("radar/a-tier-with-quite-a-long-name-{number}");
        let count = (1 + number % 5).to_string();
        license(&desk, &["acme", "--tier", &tier, "--for", "1y", "--count", &count]);
    }
    let run = on_terminal(&desk, 60);
    assert!(run.stdout.contains("… and 32 other tiers"), "{run}");
    assert!(run.stdout.lines().count() < 40, "{run}");
    desk.lic(&["dashboard", "--html", "board.html"]).done();
    let page = html::read(&desk.read("board.html")).asks_for_nothing().accessible();
    assert!(page.text.contains("28 other tiers") && page.text.contains("Tier 39"));
}

/// The ID of this system of `tests/machines/`.
fn machine(desk: &Desk, name: &str) -> String {
    desk.set_machine(name);
    desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned()
}

fn activate(desk: &Desk, id: &str, name: &str, more: &[&str]) -> Run {
    let machine = machine(desk, name);
    desk.lic(&[&["activate", id, "--machine", &machine, "--out", "-", "-q"], more].concat())
}

#[test]
fn nothing_needs_attention_where_nothing_is_wrong() {
    let desk = with_customer("acme");
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "2y"]);
    activate(&desk, &id, "raspberry-pi", &[]).done();
    assert_eq!(alerts(&desk), [""; 0]);
    assert!(on_terminal(&desk, 80).stdout.contains("✓ nothing needs attention"));
}

#[test]
fn licenses_that_end_soon_or_just_ended_are_told() {
    let desk = with_customer("acme");
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "10d", "--grace", "5"]);
    assert_eq!(alert(&desk, "expiring").as_deref(), Some("1 license ends soon"));
    desk.set_time("2026-12-04");
    assert_eq!(alert(&desk, "expiring").as_deref(), Some("1 has ended and will soon stop working"));
    desk.lic(&["renew", &id, "--for", "1y", "--out", "-"]).done();
    assert_eq!(alert(&desk, "expiring"), None);
    desk.set_time("2028-12-04");
    assert_eq!(alert(&desk, "expiring"), None);
}

#[test]
fn a_machine_without_a_seat_is_told_until_there_are_more() {
    let desk = with_customer("acme");
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "2y", "--max-machines", "1"]);
    activate(&desk, &id, "raspberry-pi", &[]).done();
    activate(&desk, &id, "laptop", &["--dry-run"]).code(1);
    assert_eq!(alert(&desk, "over-used"), None, "a dry run keeps nothing");
    activate(&desk, &id, "laptop", &[]).code(1);
    let expected = format!("machines asked for more seats than 1 license has ({id})");
    assert_eq!(alert(&desk, "over-used"), Some(expected.clone()));
    let events = desk.events();
    activate(&desk, &id, "laptop", &[]).code(1);
    assert_eq!(desk.events(), events, "the same is kept once a day");
    assert_snapshot!("refusals_in_the_log", desk.lic_on_terminal(&["show", &id, "--history"], []).done());
    assert_snapshot!("refusals_by_kind", desk.lic(&["audit", "log", "--kind", "license.refused"]).done());
    desk.lic(&["audit", "verify"]).done();
    desk.set_time("2027-02-19");
    assert_eq!(alert(&desk, "over-used"), Some(expected));
    desk.set_time("2027-02-23");
    assert_eq!(alert(&desk, "over-used"), None, "it is forgotten after 90 days");
    let before = desk.lic(&["dashboard", "--at", "2026-12-01", "--json"]).done().stdout;
    assert!(before.contains("machines asked for more seats"), "{before}");
    activate(&desk, &id, "laptop", &[]).code(1);
    assert!(alert(&desk, "over-used").is_some());
    desk.lic(&["change", &id, "--max-machines", "2", "--yes", "--out", "-"]).done();
    assert_eq!(alert(&desk, "over-used"), None, "it was settled");
}

#[test]
fn more_machines_than_seats_are_told_until_there_are_more() {
    let desk = with_customer("acme");
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "2y", "--seats", "1", "--max-machines", "3"]);
    activate(&desk, &id, "raspberry-pi", &[]).done();
    assert_eq!(alert(&desk, "over-used"), None);
    activate(&desk, &id, "laptop", &[]).done();
    assert_eq!(alert(&desk, "over-used"), Some(format!("1 license has more machines than seats ({id})")));
    desk.lic(&["change", &id, "--seats", "2", "--yes", "--out", "-"]).done();
    assert_eq!(alert(&desk, "over-used"), None);
}

#[test]
fn what_is_renewed_or_asked_for_while_it_is_off_is_told() {
    let desk = with_customer("acme");
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "2y"]);
    desk.lic(&["suspend", &id]).done();
    assert_eq!(alert(&desk, "renewed-while-off"), None);
    desk.lic(&["renew", &id, "--for", "1y", "--out", "-"]).done();
    assert_eq!(alert(&desk, "renewed-while-off"), Some(format!("1 license renewed while switched off ({id})")));
    desk.lic(&["reinstate", &id]).done();
    assert_eq!(alert(&desk, "renewed-while-off"), None);
    desk.lic(&["revoke", &id, "--reason", "refund", "--yes"]).done();
    assert_eq!(alert(&desk, "renewed-while-off"), None);
    desk.lic(&["renew", &id, "--for", "1y", "--out", "-", "--dry-run"]).code(1);
    assert_eq!(alert(&desk, "renewed-while-off"), None, "a dry run keeps nothing");
    desk.lic(&["renew", &id, "--for", "1y", "--out", "-"]).code(1);
    assert_eq!(alert(&desk, "renewed-while-off"), Some(format!("renewal asked for 1 revoked license ({id})")));
    activate(&desk, &id, "laptop", &[]).code(1);
    let both = format!("renewal asked for 1 revoked license ({id}); activation asked for 1 revoked license ({id})");
    assert_eq!(alert(&desk, "renewed-while-off"), Some(both));
    desk.lic(&["reinstate", &id]).done();
    assert_eq!(alert(&desk, "renewed-while-off"), None);
}

#[test]
fn one_who_may_not_renew_puts_nothing_on_record() {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    let id = license(&desk, &["acme", "--tier", "basic", "--for", "2y"]);
    desk.lic(&["revoke", &id, "--reason", "refund", "--yes"]).done();
    let events = desk.events();
    desk.lic(&["renew", &id, "--for", "1y", "--out", "-", "--as", "eve"]).code(4);
    assert_eq!(desk.events(), events);
}

#[test]
fn a_machine_of_two_customers_is_told_until_one_lets_go() {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    let first = license(&desk, &["acme", "--tier", "basic", "--for", "2y"]);
    let other = license(&desk, &["globex", "--tier", "basic", "--for", "2y"]);
    activate(&desk, &first, "laptop", &[]).done();
    assert_eq!(alert(&desk, "cloned-machines"), None);
    activate(&desk, &other, "laptop", &[]).code(1);
    let refused = format!("machines of other customers asked for seats of {other}");
    assert_eq!(alert(&desk, "cloned-machines"), Some(refused));
    activate(&desk, &other, "laptop", &["--shared"]).done();
    let mut both = [first.as_str(), other.as_str()];
    both.sort_unstable();
    let shared = format!("1 machine with seats of several customers ({})", both.join(", "));
    assert_eq!(alert(&desk, "cloned-machines"), Some(shared));
    let machine = machine(&desk, "laptop");
    desk.lic(&["machine", "deactivate", &other, &machine, "--yes", "--out", "-"]).done();
    assert_eq!(alert(&desk, "cloned-machines"), None);
}

#[test]
fn a_key_that_was_not_issued_here_is_told_once_it_is_on_record() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--for", "2y", "--out", "good.lic"]).done();
    assert_snapshot!("good_key", desk.lic(&["verify", "good.lic", "--record"]).done());
    // Another authority, whose keys are its own.
    let other = empty();
    other.lic(&["fingerprint", "--product", "x", "-q"]);
    let init = ["init", "--name", "Other", "--product", "cockpit", "--no-passphrase", "--quiet"];
    other.command(&init).run().done();
    other.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    other.lic(&["key", "new", "--no-passphrase"]).done();
    let kids = other.lic(&["key", "list", "--json"]).done().json();
    let next = kids["signing_keys"].as_array().unwrap().iter().find(|key| key["state"] == "next").unwrap();
    other.lic(&["key", "activate", next["kid"].as_str().unwrap()]).done();
    other.lic(&["issue", "acme", "--tier", "basic", "--out", "other.lic"]).done();
    desk.write("other.lic", other.read("other.lic"));
    assert_snapshot!("hint", desk.lic_on_terminal(&["verify", "other.lic"], []).code(3));
    assert_eq!(alert(&desk, "unknown-signer"), None);
    desk.lic(&["verify", "other.lic", "--record", "--dry-run"]).code(3);
    assert_eq!(alert(&desk, "unknown-signer"), None);
    assert_snapshot!("recorded", desk.lic_on_terminal(&["verify", "other.lic", "--record"], []).code(3));
    assert_eq!(alert(&desk, "unknown-signer").as_deref(), Some("1 key seen that was not issued here"));
    let events = desk.events();
    desk.lic(&["verify", "other.lic", "--record"]).code(3).says("on record already");
    assert_eq!(desk.events(), events);
    // The same authority, of which somebody had a copy.
    let copy = desk.template().desk();
    copy.lic(&["issue", "acme", "--tier", "enterprise", "--out", "minted.lic"]).done();
    desk.write("minted.lic", copy.read("minted.lic"));
    desk.lic(&["verify", "minted.lic", "--record"]).code(3);
    let expected = "2 keys seen that were not issued here, 1 with a good signature: the signing key may be stolen";
    assert_eq!(alert(&desk, "unknown-signer").as_deref(), Some(expected));
    assert_snapshot!("doubts_in_the_log", desk.lic(&["audit", "log", "--kind", "key.doubted"]).done());
    desk.lic(&["audit", "verify"]).done();
    desk.set_time("2027-02-25");
    assert_eq!(alert(&desk, "unknown-signer"), None);
    desk.write("text.txt", "no key at all");
    desk.lic(&["verify", "text.txt", "--record"]).code(3).says("nothing to record");
    desk.lic(&["verify", "other.lic", "--record", "--keys", "x"]).code(2);
}
