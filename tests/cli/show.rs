//! `lic show`: one license with its terms, revisions, history and key.

use insta::assert_snapshot;

use crate::support::{Desk, Pipe, html, with_customer};

/// A desk with one license of `acme`, and its id.
fn desk() -> (Desk, String) {
    let desk = with_customer("acme");
    let issue = [
        "issue",
        "acme",
        "--tier",
        "standard",
        "--seats",
        "1",
        "--for",
        "1y",
        "--machine",
        "M1-AAAA-BBBB",
        "--max-machines",
        "1",
        "--grace",
        "1",
        "--note",
        "PO 4711",
        "--out",
        "acme.lic",
        "-o",
        "name",
    ];
    let id = desk.lic(&issue).done().stdout.trim().to_owned();
    (desk, id)
}

#[test]
fn a_license_is_shown_whole() {
    let (desk, id) = desk();
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&["show", &id, "--history"], []));
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        assert_snapshot!(format!("as_{format}"), desk.lic(&["show", &id, "-o", format]));
    }
    assert_snapshot!(
        "history_as_json",
        format!("{:#}", desk.lic(&["show", &id, "--history", "--json"]).json()["license"]["history"])
    );
    assert_snapshot!("at_60_columns", desk.command(&["show", &id]).terminal(60).run().done());
}

#[test]
fn a_perpetual_unlimited_license_says_so() {
    let desk = with_customer("acme");
    let id = desk.lic(&["issue", "acme", "--tier", "enterprise", "--perpetual", "--out", "-", "-o", "name"]).done().stdout;
    assert_snapshot!(desk.lic_on_terminal(&["show", id.trim()], []));
}

#[test]
fn a_license_is_named_as_people_name_it() {
    let (desk, id) = desk();
    let bare: String = desk.read("acme.lic").lines().filter(|line| !line.starts_with('-')).collect();
    for named in [
        id.clone(),
        id.to_lowercase(),
        id[4..].replace('-', ""),
        id[4..].to_owned(),
        id[4..7].to_owned(),
        id[..5].to_owned(),
        id[..9].to_owned(),
        id.replace('0', "o").replace('1', "i"),
        "acme.lic".to_owned(),
        bare,
    ] {
        assert_eq!(desk.lic(&["show", &named, "-o", "name"]).done().stdout.trim(), id, "{named}");
    }
    let file = desk.read("acme.lic");
    assert_eq!(desk.command(&["show", "-", "-o", "name"]).input(file).run().done().stdout.trim(), id);
}

#[test]
fn a_beginning_that_several_have_is_not_enough() {
    let (desk, id) = desk();
    let mut ids = vec![id];
    while !ids[1..].iter().any(|other| other[4..5] == ids[0][4..5]) {
        ids.push(desk.lic(&["issue", "acme", "--tier", "basic", "--out", "-", "-o", "name"]).done().stdout.trim().to_owned());
    }
    assert_snapshot!(desk.lic(&["show", &ids[0][..5]]));
}

#[test]
fn what_is_no_license_is_told() {
    let (desk, id) = desk();
    desk.write("text.txt", "Dear Jane,\n");
    let wrong_check = if id.ends_with('Z') { "Y" } else { "Z" };
    for (name, named) in [
        ("unknown", "LIC-0000-0000"),
        ("mistyped", &format!("{}{wrong_check}", &id[..id.len() - 1])),
        ("unknown_beginning", "ZZZZZZZ"),
        ("customer", "acme"),
        ("wrong_letter", "LIC-UUUU-UUUU"),
        ("escape_codes", "LIC-\u{1b}[31m"),
        ("empty", ""),
        ("prefix_alone", "LIC-"),
        ("file_missing", "nowhere.lic"),
        ("file_without_a_key", "text.txt"),
        ("folder", "."),
    ] {
        let run = desk.lic(&["show", named]).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
    }
    desk.lic(&["show"]).code(2);
    desk.lic(&["show", &id, "--key", "--history"]).code(2);
}

#[test]
fn a_key_of_another_authority_is_no_license_here() {
    let (desk, _) = desk();
    desk.lic(&["quick", "--state", "unknown-signer", "--out", "stranger.lic"]).done();
    assert_snapshot!(desk.lic(&["show", "stranger.lic"]));
}

#[test]
fn a_key_that_is_not_the_recorded_one_is_pointed_out() {
    let (desk, _) = desk();
    // The same draws give the same id, and this one grants more.
    let other = with_customer("acme");
    other.lic(&["issue", "acme", "--tier", "enterprise", "--perpetual", "--out", "other.lic"]).done();
    desk.write("other.lic", other.read("other.lic"));
    desk.lic(&["show", "other.lic"]).done().says("not the one that the ledger recorded");
    let run = desk.lic(&["show", "acme.lic"]).done();
    assert_eq!(run.stderr, "");
}

#[test]
fn the_key_alone_is_the_file_that_was_saved() {
    let (desk, id) = desk();
    assert_eq!(desk.lic(&["show", &id, "--key"]).done().stdout, desk.read("acme.lic"));
    assert_eq!(desk.lic_on_terminal(&["show", &id, "--key"], []).done().stdout, desk.read("acme.lic"));
}

#[test]
fn another_moment_tells_another_status() {
    let (desk, id) = desk();
    let status = |at: &str| desk.lic(&["show", &id, "--at", at, "--json"]).done().json()["license"]["status"].clone();
    for (at, expected) in [
        ("2026-11-21", "scheduled"),
        ("2026-11-22", "active"),
        ("2027-11-22", "expiring"),
        ("2027-11-23", "grace"),
        ("2027-11-24", "expired"),
    ] {
        assert_eq!(status(at), expected, "{at}");
    }
}

#[test]
fn nothing_is_written() {
    let (desk, id) = desk();
    let before = desk.files();
    for args in [&["show", &id, "--history"][..], &["list"], &["verify", "acme.lic"], &["inspect", "acme.lic"], &["key", "list"]]
    {
        desk.lic(args).done();
        desk.lic(&[args, &["--dry-run"]].concat()).done();
    }
    assert!(desk.files() == before);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (desk, id) = desk();
    for args in [&["show", &id][..], &["show", &id, "--key"], &["show", &id, "--json"]] {
        let run = desk.command(args).output(Pipe::Closed).run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
}

#[test]
fn a_certificate_has_everything_and_its_key_can_be_copied_off_it() {
    let (desk, id) = desk();
    assert_snapshot!("certificate_saved", desk.lic(&["show", &id, "--html", "acme.html"]).done());
    let text = desk.read("acme.html");
    for never in ["http://", "https://", "<script", "@import", "url("] {
        assert!(!text.contains(never), "{never}");
    }
    let page = html::read(&text).asks_for_nothing().accessible();
    let key = desk.lic(&["inspect", "acme.lic", "--json"]).done().json()["unverified_key"]["header"]["kid"].to_string();
    for shown in ["Acme GmbH", "Example Software", &id, "1 seat", "M1-AAAA-BBBB", "1 day, through", key.trim_matches('"')] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    // What a person copies off the page, and the page as a file, are read as the key.
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.write("copied.txt", &page.text);
    let verify = ["verify", "copied.txt", "--keys", "vendor.pem", "--machine", "M1-AAAA-BBBB"];
    desk.lic(&verify).done();
    desk.lic(&["verify", "acme.html", "--keys", "vendor.pem", "--machine", "M1-AAAA-BBBB"]).done();
    let body = text.split("</style>").nth(1).unwrap();
    let (before, after) = body.split_once("<path d=\"").unwrap();
    assert_snapshot!("certificate", format!("{before}<path d=\"…{}", &after[after.find('"').unwrap()..]));
    desk.lic(&["show", &id, "--html", "acme.html"]).code(1).says("--replace");
    desk.lic(&["show", &id, "--html", "acme.html", "--replace"]).done();
    desk.lic(&["show", &id, "--html", "x.html", "--key"]).code(2);
}

#[test]
fn a_certificate_says_what_stands_against_the_license() {
    let desk = with_customer("acme");
    let hostile = "<script>alert(1)</script>\u{202e} \"O'Neil\" & Söhne";
    desk.lic(&["customer", "add", "hostile", "--name", hostile]).done();
    let page = |id: &str, more: &[&str]| {
        let text = desk.lic(&[&["show", id, "--html", "-"], more].concat()).done().stdout;
        assert!(!text.contains("<script") && !text.contains('\u{202e}'), "{text}");
        html::read(&text).asks_for_nothing().accessible().text
    };
    let id = desk.lic(&["issue", "hostile", "--tier", "basic", "--for", "30d", "--out", "-", "-o", "name"]).done().stdout;
    let id = id.trim();
    assert!(page(id, &[]).contains("<script>alert(1)</script>\\u{202e} \"O'Neil\" & Söhne"));
    assert!(!page(id, &[]).contains("Ended on"));
    assert!(page(id, &["--at", "2027-06-01"]).contains("Ended on 2026-12-22."));
    assert!(page(id, &["--at", "2026-06-01"]).contains("Not valid before 2026-11-22."));
    desk.lic(&["suspend", id]).done();
    assert!(page(id, &[]).contains("Suspended since 2026-11-22."));
    desk.lic(&["revoke", id, "--reason", "refund", "--yes"]).done();
    assert!(page(id, &[]).contains("Revoked since 2026-11-22. This license is not valid any more."));
    let test = desk.lic(&["quick", "--out", "-", "-o", "name"]).done().stdout;
    assert!(page(test.trim(), &[]).contains("For tests only"));
}

#[test]
fn a_key_too_long_for_a_qr_code_is_told_and_not_drawn() {
    let desk = with_customer("acme");
    for (size, drawn, printed) in [(1_500, true, true), (2_200, false, true), (20_000, false, false)] {
        desk.write("meta.json", format!("{{\"order\":\"{}\"}}", "x".repeat(size)));
        let issue = ["issue", "acme", "--tier", "basic", "--meta", "meta.json", "--out", "-", "-o", "name"];
        let id = desk.lic(&issue).done().stdout.trim().to_owned();
        let text = desk.lic(&["show", &id, "--html", "-"]).done().stdout;
        let page = html::read(&text).asks_for_nothing();
        assert_eq!(text.contains("<path"), drawn, "{size}");
        assert_eq!(page.text.contains("more than a QR code holds"), !drawn, "{size}");
        assert_eq!(page.text.contains("too many for a page"), !printed, "{size}");
        assert!(text.len() < 200_000, "{}", text.len());
    }
}
