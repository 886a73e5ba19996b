//! `lic list`: the licenses of the ledger, filtered, sorted, in every format.

use insta::assert_snapshot;
use lic::license::{Environment, Factor, Fingerprint};

use crate::support::{Desk, Pipe, authority, with_customer};

/// Two customers with licenses of several tiers, types, terms and statuses as of 2026-11-22.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "globex", "--name", "Globex Corporation", "--contact", "Hank Scorpio <hank@globex.example>"])
        .done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["tier", "add", "radar/basic", "--name", "Radar Basic", "--term", "1y"]).done();
    for (day, args) in [
        ("2026-01-10", &["acme", "--tier", "basic", "--until", "2026-11-20", "--grace", "0", "--note", "PO 4711"][..]),
        ("2026-02-10", &["acme", "--tier", "professional", "--until", "2026-11-20", "--grace", "30", "--seats", "12"]),
        ("2026-03-10", &["globex", "--tier", "standard", "--until", "2026-12-10", "--as", "jane"]),
        ("2026-04-10", &["globex", "--tier", "radar/basic", "--until", "2027-03-31", "--seats", "3"]),
        ("2026-05-10", &["globex", "--tier", "free"]),
        ("2026-06-10", &["acme", "--tier", "enterprise", "--from", "2027-01-01", "--for", "2y"]),
        ("2026-07-10", &["acme", "--tier", "standard", "--type", "trial", "--until", "2026-12-22", "--as", "jane"]),
        ("2026-08-10", &["internal", "--tier", "basic", "--internal", "--until", "2027-08-10"]),
    ] {
        desk.set_time(day);
        desk.lic(&[&["issue"], args, &["--out", "-", "-q"]].concat()).done();
    }
    desk.set_time("2026-09-10");
    desk.lic(&["quick", "--state", "revoked", "--out", "-"]).done();
    desk.lic(&["quick", "--state", "suspended", "--out", "-"]).done();
    desk.set_time("2026-11-22T09:00:00Z");
    desk
}

/// The licenses found, each as customer, tier and status.
fn found(desk: &Desk, args: &[&str]) -> Vec<String> {
    let json = desk.lic(&[&["list", "--json"], args].concat()).done().json();
    let licenses = json["licenses"].as_array().unwrap().iter();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    licenses.map(|one| [&one["customer"], &one["tier"], &one["status"]].map(word).join(" ")).collect()
}

const OLD: &str = "acme basic expired";
const GRACE: &str = "acme professional grace";
const SOON: &str = "globex standard expiring";
const RADAR: &str = "globex basic active";
const FOR_EVER: &str = "globex free active";
const LATER: &str = "acme enterprise scheduled";
const TRIAL: &str = "acme standard active";
const OURS: &str = "internal basic active";
const REVOKED: &str = "internal professional revoked";
const SUSPENDED: &str = "internal professional suspended";

#[test]
fn every_license_is_listed_the_next_to_end_first() {
    let all = [OLD, GRACE, SOON, TRIAL, RADAR, OURS, REVOKED, SUSPENDED, LATER, FOR_EVER];
    assert_eq!(found(&desk(), &[]), all);
}

#[test]
fn each_filter_finds_what_it_says() {
    let desk = desk();
    for (args, expected) in [
        (&["--customer", "globex"][..], &[SOON, RADAR, FOR_EVER][..]),
        (&["--customer", "GLOBEX"], &[SOON, RADAR, FOR_EVER]),
        (&["--tier", "standard"], &[SOON, TRIAL]),
        (&["--tier", "cockpit/basic"], &[OLD, OURS]),
        (&["--tier", "radar/basic"], &[RADAR]),
        (&["--tier", "basic", "--product", "radar"], &[RADAR]),
        (&["--product", "radar"], &[RADAR]),
        (&["--status", "expired"], &[OLD]),
        (&["--status", "grace", "--status", "scheduled"], &[GRACE, LATER]),
        (&["--status", "revoked"], &[REVOKED]),
        (&["--status", "suspended"], &[SUSPENDED]),
        (&["--type", "trial"], &[TRIAL]),
        (&["--type", "test"], &[REVOKED, SUSPENDED]),
        (&["--internal"], &[OURS, REVOKED, SUSPENDED]),
        (&["--external", "--type", "commercial"], &[OLD, GRACE, SOON, RADAR, LATER, FOR_EVER]),
        (&["--expiring", "18d"], &[SOON]),
        (&["--expiring", "17d"], &[]),
        (&["--expiring", "1mo"], &[SOON, TRIAL]),
        (&["--issued-by", "jane"], &[SOON, TRIAL]),
        (&["--issued-since", "2026-08-10"], &[OURS, REVOKED, SUSPENDED]),
        (&["globex"], &[SOON, RADAR, FOR_EVER]),
        (&["scorpio"], &[SOON, RADAR, FOR_EVER]),
        (&["SCORPIO", "stand"], &[SOON]),
        (&["4711"], &[OLD]),
        (&["nothing of the kind"], &[]),
        (&["100%"], &[]),
        (&["_"], &[]),
        (&["'; drop table license; --"], &[]),
    ] {
        assert_eq!(found(&desk, args), expected, "{args:?}");
    }
    let id = desk.lic(&["list", "--limit", "1", "-o", "name"]).done().stdout;
    assert_eq!(found(&desk, &[id.trim()]), [OLD]);
    assert_eq!(found(&desk, &[&id.trim().to_lowercase()[4..8]]), [OLD]);
}

#[test]
fn a_search_tells_where_each_word_was_found() {
    let desk = desk();
    let factors = [(Factor::Os, "7f3a"), (Factor::Board, "9c"), (Factor::Disk, "d1")];
    let machine = Fingerprint::new(&"cockpit".parse().unwrap(), Environment::Physical, factors).to_string();
    let id = desk.lic(&["list", "--customer", "globex", "--tier", "standard", "-o", "name"]).done().stdout.trim().to_owned();
    desk.lic(&["activate", &id, "--machine", &machine, "--label", "Prüfstand Süd", "--out", "-", "-q"]).done();
    let part = machine[4..15].to_lowercase();
    desk.lic(&["customer", "edit", "acme", "--notes", "likes mail, never phone", "--reference", "CRM-77"]).done();
    for (text, expected) in [
        ("scorpio", &[SOON, RADAR, FOR_EVER][..]),
        ("Hank <hank@globex.example>;", &[SOON, RADAR, FOR_EVER]),
        ("prufstand sud", &[SOON]),
        (&machine, &[SOON]),
        (&part, &[SOON]),
        ("crm-77 prof", &[GRACE]),
        ("phone trial", &[]),
        ("4711", &[OLD]),
        ("globex 4711", &[]),
    ] {
        assert_eq!(found(&desk, &["--search", text]), expected, "{text}");
    }
    let typed = id.to_lowercase().replace('0', "o").replace('1', "l");
    assert_eq!(found(&desk, &["--search", &typed]), [SOON]);
    assert_snapshot!("found_on_a_terminal", desk.command(&["list", "--search", "globex prüfstand"]).terminal(120).run());
    assert_snapshot!("found_as_csv", desk.lic(&["list", "--search", "hank stand", "-o", "csv"]));
    assert_snapshot!("found_as_json", desk.lic(&["list", "--search", "phone prof", "--json"]));
    assert_snapshot!("found_nothing", desk.lic_on_terminal(&["list", "--search", "nowhere"], []).code(0));
}

#[test]
fn any_text_can_be_looked_for_and_acts_as_nothing_but_text() {
    let desk = desk();
    let long = "x".repeat(10_000);
    let many = "word ".repeat(17);
    for (name, text) in
        [("empty", ""), ("blanks", " \t "), ("unseen", "\u{202e}\u{200f}"), ("long", &long), ("many_words", &many)]
    {
        assert_snapshot!(format!("search_refused_{name}"), desk.lic(&["list", "--search", text]).tame().code(2));
    }
    for text in [
        "%",
        "_",
        "*",
        "%acme%",
        "a*e",
        "acm_",
        "\"",
        "''",
        "\\",
        "' OR 1=1 --",
        "\0",
        "acme\0",
        "שלום",
        "\u{202e}emca",
        "--",
        "$(id)",
        "[a-z]cme",
    ] {
        let run = desk.lic(&["list", &format!("--search={text}"), "-o", "name"]).tame().done();
        assert_eq!(run.stdout, "", "{text:?}");
    }
    assert_snapshot!("search_twice", desk.lic(&["list", "acme", "--search", "globex"]).code(2));
}

#[test]
fn what_expires_soon_leaves_out_what_has_ended_or_was_taken_back() {
    let desk = desk();
    let found = found(&desk, &["--expiring", "10y"]);
    for gone in [OLD, GRACE, REVOKED, FOR_EVER] {
        assert!(!found.contains(&gone.to_owned()), "{gone}: {found:?}");
    }
}

#[test]
fn each_column_sorts_and_turns_round() {
    let desk = desk();
    for (column, first, last) in
        [("end", OLD, FOR_EVER), ("issued", OLD, SUSPENDED), ("customer", OLD, SUSPENDED), ("start", OLD, LATER)]
    {
        let sorted = found(&desk, &["--sort", column]);
        assert_eq!((sorted[0].as_str(), sorted[9].as_str()), (first, last), "{column}: {sorted:?}");
    }
    for column in ["end", "issued", "customer", "tier", "id", "status", "start", "seats"] {
        let ids = |more: &[&str]| -> Vec<String> {
            let run = desk.lic(&[&["list", "--sort", column, "-o", "name"], more].concat()).done();
            run.stdout.lines().map(str::to_owned).collect()
        };
        let (up, mut down) = (ids(&[]), ids(&["--reverse"]));
        down.reverse();
        assert_eq!((up.len(), &up), (10, &down), "{column}");
    }
}

#[test]
fn a_list_is_as_long_as_asked_for() {
    let desk = desk();
    assert_eq!(found(&desk, &["--limit", "3"]), [OLD, GRACE, SOON]);
    assert_eq!(found(&desk, &["--limit", "0"]).len(), 10);
    assert_eq!(found(&desk, &["--limit", "10"]).len(), 10);
    assert_snapshot!("more_than_shown", desk.lic_on_terminal(&["list", "--limit", "2"], []));
    assert_snapshot!("all_shown", desk.lic_on_terminal(&["list", "--limit", "10", "--customer", "acme"], []));
}

#[test]
fn a_terminal_shows_a_hundred_and_says_that_there_are_more() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--count", "101", "--out", "keys/", "-q"]).done();
    let shown = desk.lic_on_terminal(&["list"], []).done().stdout;
    assert_eq!(shown.matches("LIC-").count(), 100);
    assert!(shown.ends_with("… and more: --limit 1000 shows more, --limit 0 all\n"), "{shown}");
    assert_eq!(desk.lic(&["list", "-o", "name"]).done().stdout.lines().count(), 101);
}

#[test]
fn another_moment_shows_the_licenses_as_they_stood_or_will_stand() {
    let desk = desk();
    assert_eq!(found(&desk, &["--at", "2026-02-01"]), ["acme basic active"]);
    let in_march = found(&desk, &["--at", "2026-03-15"]);
    assert_eq!(in_march, ["acme basic active", "acme professional active", "globex standard active"]);
    // What was revoked in September was not revoked before.
    assert!(!found(&desk, &["--at", "2026-09-01"]).iter().any(|one| one.contains("revoked")));
    let later = found(&desk, &["--at", "2027-02-01", "--customer", "acme"]);
    assert_eq!(later, ["acme basic expired", "acme professional expired", "acme standard expired", "acme enterprise active"],);
}

#[test]
fn every_format_lists_the_same() {
    let desk = desk();
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        assert_snapshot!(format!("as_{format}"), desk.lic(&["list", "--customer", "globex", "-o", format]));
    }
}

#[test]
fn a_table_fits_the_terminal() {
    let desk = desk();
    for width in [60, 80, 100, 200] {
        let run = desk.command(&["list"]).terminal(width).run().done();
        for line in run.stdout.lines() {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
        assert_snapshot!(format!("at_{width}_columns"), run);
    }
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_made_harmless() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--note", "=HYPERLINK(\"http://evil\")", "--out", "-", "-q"]).done();
    let csv = desk.lic(&["list", "-o", "csv"]).done().stdout;
    assert!(csv.contains(r#""'=HYPERLINK(""http://evil"")""#), "{csv}");
}

#[test]
fn nothing_found_is_no_failure() {
    let desk = authority();
    assert_snapshot!("nothing_on_a_terminal", desk.lic_on_terminal(&["list"], []).code(0));
    assert_snapshot!("nothing_in_a_pipe", desk.lic(&["list"]).code(0));
    assert_snapshot!("nothing_as_json", desk.lic(&["list", "--json"]).code(0));
    assert_eq!(desk.lic(&["list", "-o", "jsonl"]).done().stdout, "");
    assert_eq!(desk.lic(&["list", "-o", "name"]).done().stdout, "");
}

#[test]
fn what_cannot_be_a_filter_is_refused() {
    let desk = desk();
    for (name, args) in [
        ("customer_misspelt", &["--customer", "globx"][..]),
        ("tier_misspelt", &["--tier", "standart"]),
        ("product_unknown", &["--product", "sonar"]),
        ("status_unknown", &["--status", "dead"]),
        ("type_unknown", &["--type", "rental"]),
        ("period_ambiguous", &["--expiring", "1m"]),
        ("date_not_in_the_calendar", &["--issued-since", "2026-02-30"]),
        ("moment_unknown", &["--at", "now"]),
        ("column_unknown", &["--sort", "color"]),
        ("limit_negative", &["--limit", "-1"]),
        ("internal_and_external", &["--internal", "--external"]),
    ] {
        let run = desk.lic(&[&["list"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
    }
}

#[test]
fn who_is_no_operator_any_more_is_looked_for_all_the_same() {
    let desk = desk();
    assert_snapshot!("operator_unknown", desk.lic_on_terminal(&["list", "--issued-by", "nobody"], []).done());
    desk.lic(&["operator", "remove", "jane", "--yes"]).done();
    assert_eq!(found(&desk, &["--issued-by", "jane"]), [SOON, TRIAL]);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let desk = desk();
    for pipe in [Pipe::Closed, Pipe::ClosedWhenFlushed] {
        for format in ["table", "json", "jsonl", "csv", "tsv", "md", "name"] {
            let run = desk.command(&["list", "-o", format]).output(pipe).run();
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format} {pipe:?}");
        }
    }
    assert_snapshot!("disk_full", desk.command(&["list"]).output(Pipe::Full).run().code(1));
}
