//! `lic audit`: the log, checks of it, checkpoints and proofs.

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::{Desk, Pipe, Run, authority, set_mode, with_customer};

/// A desk with three licenses, one of them revised by nobody, and a few changes.
pub fn busy() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "globex", "--name", "Globex Inc"]).done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "acme.lic"]).done();
    desk.lic(&["audit", "checkpoint", "--out", "old.checkpoint", "-q"]).done();
    desk.set_time("2026-12-01T09:00:00Z");
    desk.lic(&["issue", "globex", "--tier", "pro", "--out", "globex.lic", "--as", "jane"]).done();
    desk.lic(&["customer", "edit", "acme", "--owner", "Kim"]).done();
    desk
}

fn id(desk: &Desk, file: &str) -> String {
    desk.lic(&["verify", file, "--json"]).json()["verdict"]["license"].as_str().unwrap().to_owned()
}

/// Changes the ledger past the program, as somebody does who can write the file. The triggers are there again afterwards.
fn tamper(desk: &Desk, sql: &str) {
    let db = Connection::open(desk.home().join("ledger.db")).unwrap();
    let mut statement = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (name, _) in &triggers {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    db.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        db.execute_batch(sql).unwrap();
    }
}

fn verified(desk: &Desk, args: &[&str]) -> Run {
    desk.command(&[&["audit", "verify"], args].concat()).terminal(100).run()
}

#[test]
fn the_log_tells_the_newest_first() {
    let desk = busy();
    for width in [60, 80, 100, 200] {
        assert_snapshot!(format!("log_at_{width}_columns"), desk.command(&["audit", "log"]).terminal(width).run().done());
    }
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        assert_snapshot!(format!("log_as_{format}"), desk.lic(&["audit", "log", "--customer", "globex", "-o", format]).done());
    }
}

#[test]
fn the_log_is_filtered_by_license_customer_operator_time_and_kind() {
    let desk = busy();
    let numbers = |args: &[&str]| -> Vec<u64> {
        let run = desk.lic(&[&["audit", "log", "-o", "name"], args].concat()).done();
        run.stdout.lines().map(|line| line.parse().unwrap()).collect()
    };
    let all = desk.events();
    assert_eq!(numbers(&[]), (1..=all).rev().collect::<Vec<_>>());
    assert_eq!(numbers(&["--reverse"]), (1..=all).collect::<Vec<_>>());
    assert_eq!(numbers(&["--limit", "2"]), [all, all - 1]);
    assert_eq!(numbers(&["--limit", "0"]).len() as u64, all);
    assert_eq!(numbers(&["--license", &id(&desk, "globex.lic")]), [all - 1]);
    assert_eq!(numbers(&["--license", &id(&desk, "globex.lic")[4..8]]), [all - 1], "by the start of its id");
    let of_acme = numbers(&["--customer", "acme"]);
    assert_eq!((of_acme.len(), of_acme[0]), (3, all));
    assert_eq!(numbers(&["--operator", "jane"]), [all - 1]);
    assert_eq!(numbers(&["--since", "2026-12-01"]), [all, all - 1]);
    assert_eq!(numbers(&["--until", "2026-11-30"]).len() as u64, all - 2);
    assert_eq!(numbers(&["--until", "2026-12-01"]).len() as u64, all, "a day is meant through its end");
    assert_eq!(numbers(&["--kind", "license.issued", "--kind", "customer.changed"]).len(), 3);
    assert_eq!(
        numbers(&["--kind", "license", "--customer", "globex", "--since", "2026-12-01", "--until", "2026-12-02"]),
        [all - 1]
    );
    assert_eq!(numbers(&["--since", "2030-01-01"]), [0; 0]);
}

#[test]
fn whole_events_are_streamed_as_json_lines() {
    let desk = busy();
    let run = desk.lic(&["audit", "log", "-o", "jsonl", "--kind", "license.issued", "--reverse"]).done();
    let lines: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let key: String = desk.read("acme.lic").lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!((lines[0]["schema"].as_u64(), lines[0]["data"]["key"].as_str()), (Some(1), Some(key.as_str())));
    let run = desk.command(&["audit", "log", "-o", "jsonl"]).output(Pipe::Closed).run();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn what_is_sought_in_the_log_and_unknown_is_told() {
    let desk = busy();
    for (name, args) in [
        ("license_unknown", &["--license", "LIC-0000-0000"][..]),
        ("license_malformed", &["--license", "what?"]),
        ("customer_unknown", &["--customer", "amce"]),
        ("date_malformed", &["--since", "last week"]),
        ("until_malformed", &["--until", "2026-13-01"]),
        ("limit_negative", &["--limit", "-1"]),
        ("kind_mistyped", &["--kind", "licence.issued"]),
        ("operator_unknown", &["--operator", "nobody"]),
    ] {
        assert_snapshot!(format!("log_{name}"), desk.lic(&[&["audit", "log"], args].concat()).tame());
    }
}

#[test]
fn an_untouched_ledger_passes() {
    let desk = busy();
    assert_snapshot!("verify", verified(&desk, &[]).done());
    assert_snapshot!("verify_against", verified(&desk, &["--against", "old.checkpoint"]).done());
    for format in ["json", "csv", "tsv", "md", "name"] {
        let run = desk.lic(&["audit", "verify", "--against", "old.checkpoint", "-o", format]).done();
        assert_snapshot!(format!("verify_as_{format}"), run);
    }
    let checkpoint = desk.read("old.checkpoint");
    desk.command(&["audit", "verify", "--against", "-"]).input(checkpoint).run().done();
    let vkey = desk.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout;
    desk.lic(&["audit", "verify", "--against", "old.checkpoint", "--key", vkey.trim()]).done();
}

#[test]
fn whatever_was_tampered_with_is_found_and_named() {
    let mut said = String::new();
    for (what, sql) in [
        ("changed row", "UPDATE licenses SET seats = 5000 WHERE status_index = 0"),
        ("changed name", "UPDATE customers SET name = 'Mallory' WHERE slug = 'globex'"),
        ("removed row", "DELETE FROM revisions WHERE license = 1"),
        (
            "added row",
            "INSERT INTO operators SELECT 99, 'mallory', name, mail, role, limits, 0 FROM operators WHERE slug = 'ops'",
        ),
        ("changed event", "UPDATE events SET body = replace(body, 'Kim', 'Tim') WHERE number = (SELECT max(number) FROM events)"),
        ("dropped tail", "DELETE FROM events WHERE number > 19"),
        ("dropped middle", "DELETE FROM events WHERE number BETWEEN 16 AND 17"),
        (
            "swapped events",
            "UPDATE events SET number = 1000 WHERE number = 15; UPDATE events SET number = 15 WHERE number = 16;
             UPDATE events SET number = 16 WHERE number = 1000",
        ),
        (
            "added event",
            "INSERT INTO events SELECT (SELECT max(number) + 1 FROM events), at, operator, kind, license, customer, leaf, body
             FROM events WHERE number = 15",
        ),
        ("changed head", "UPDATE log_head SET frontier = x'0000000000000000'"),
        ("changed column", "UPDATE events SET operator = 'ops' WHERE operator = 'jane'"),
        ("removed index", "DROP INDEX events_by_time"),
        ("broken reference", "UPDATE licenses SET issued_by = 4711 WHERE status_index = 1"),
        ("removed authority", "DELETE FROM authority"),
    ] {
        let desk = busy();
        tamper(&desk, sql);
        let run = verified(&desk, &[]).code(1).tame();
        said += &format!("# {what}\n{}{}", run.stdout, run.stderr);
        let json = desk.lic(&["audit", "verify", "--json"]).code(1).json();
        assert_eq!(json["audit"]["intact"], false, "{what}");
    }
    assert_snapshot!(said);
}

#[test]
fn a_history_rewritten_as_a_whole_is_found_by_an_older_checkpoint() {
    // Two authorities that share their keys and their beginnings, and then tell different stories of the same length.
    let told = |name: &str| {
        let desk = authority();
        desk.lic(&["customer", "add", "acme", "--name", name, "-q"]).done();
        desk.lic(&["audit", "checkpoint", "--out", "told.checkpoint", "-q"]).done();
        desk
    };
    let (desk, rewritten) = (told("Acme GmbH"), told("Mallory"));
    rewritten.lic(&["audit", "verify"]).done();
    rewritten.write("true.checkpoint", desk.read("told.checkpoint"));
    assert_snapshot!("rewritten", verified(&rewritten, &["--against", "true.checkpoint"]).code(1));
    rewritten.lic(&["customer", "add", "late", "--name", "Late Ltd", "-q"]).done();
    assert_snapshot!("rewritten_and_grown", verified(&rewritten, &["--against", "true.checkpoint"]).code(1));
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_with_its_reason() {
    let desk = busy();
    let good = desk.read("old.checkpoint");
    let other = crate::support::empty();
    other.lic(&["init", "--name", "Another Vendor", "--product", "radar", "--no-passphrase", "-q"]).done();
    let foreign = other.lic(&["audit", "checkpoint"]).done().stdout;
    let same_name = crate::support::empty();
    // Draws once, so that its keys are others.
    same_name.lic(&["init", "--name", "X", "--product", "radar", "--no-passphrase", "-q", "--home", "elsewhere"]).done();
    same_name.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase", "-q"]).done();
    let namesake = same_name.lic(&["audit", "checkpoint"]).done().stdout;
    let size = good.lines().nth(1).unwrap();
    let mut said = String::new();
    for (what, text) in [
        ("of another authority", foreign),
        ("of another authority of the same name", namesake),
        ("with another size", good.replacen(size, "12", 1)),
        ("with one more line", good.replacen("\n\n", "\nmore\n\n", 1)),
        ("without its end", good[..good.len() - 12].to_owned()),
        ("without its signature", good.split_once("\n\n").unwrap().0.to_owned() + "\n"),
        ("signature changed", format!("{}AAAA=\n", &good[..good.len() - 6])),
        ("empty", String::new()),
        ("a key", desk.read("acme.lic")),
        ("too large", "x".repeat(1 << 20)),
        ("not text", "\u{1b}[31m\n\n".into()),
    ] {
        desk.write("bad.checkpoint", text);
        let run = desk.lic(&["audit", "verify", "--against", "bad.checkpoint"]).code(1).tame();
        assert!(run.stdout.is_empty(), "{what}\n{run}");
        said += &format!("# {what}\n{}", run.stderr);
    }
    assert_snapshot!("bad_checkpoints", said);
    desk.write("latin1.checkpoint", [0xff, b'\n']);
    for (name, args) in [
        ("missing_file", &["--against", "none.checkpoint"][..]),
        ("not_utf8", &["--against", "latin1.checkpoint"]),
        ("key_alone", &["--key", "x"]),
        ("key_malformed", &["--against", "old.checkpoint", "--key", "x"]),
    ] {
        let run = desk.lic(&[&["audit", "verify"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("verify_{name}"), run);
    }
    let other_key = other.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout;
    let run = desk.lic(&["audit", "verify", "--against", "old.checkpoint", "--key", other_key.trim()]);
    assert_snapshot!("verify_other_key", run.code(1));
}

#[test]
fn a_checkpoint_of_more_events_than_there_are_shows_that_the_end_is_gone() {
    let desk = busy();
    let home = desk.home();
    let kept = std::fs::read(home.join("ledger.db")).unwrap();
    desk.lic(&["customer", "edit", "acme", "--owner", "Lee"]).done();
    desk.lic(&["audit", "checkpoint", "--out", "new.checkpoint", "-q"]).done();
    std::fs::write(home.join("ledger.db"), kept).unwrap();
    assert_snapshot!(verified(&desk, &["--against", "new.checkpoint"]).code(1));
}

#[test]
fn a_checkpoint_is_signed_text_that_is_the_same_each_time() {
    let desk = busy();
    let run = desk.lic(&["audit", "checkpoint"]).done();
    assert_snapshot!("checkpoint", run);
    assert_eq!(run.stdout, desk.lic_on_terminal(&["audit", "checkpoint"], []).done().stdout);
    assert_snapshot!("checkpoint_as_json", desk.lic(&["audit", "checkpoint", "--json"]).done());
    assert_snapshot!("checkpoint_saved", desk.lic(&["audit", "checkpoint", "--out", "new.checkpoint"]).done());
    assert_eq!(desk.read("new.checkpoint"), run.stdout);
    assert_snapshot!("checkpoint_in_the_way", desk.lic(&["audit", "checkpoint", "--out", "new.checkpoint"]).code(1));
    assert_snapshot!("checkpoint_rehearsed", desk.lic(&["audit", "checkpoint", "--out", "no.checkpoint", "--dry-run"]).done());
    assert!(!desk.path("no.checkpoint").exists());
}

#[test]
fn nothing_is_signed_with_a_log_key_that_is_missing_or_open_to_others() {
    let desk = busy();
    let keys = desk.lic(&["key", "list", "--json"]).done().json();
    let kid = keys["signing_keys"].as_array().unwrap().iter().find(|key| key["purpose"] == "log").unwrap()["kid"].clone();
    let path = desk.home().join(format!("keys/{}.key.pem", kid.as_str().unwrap()));
    set_mode(&path, 0o644);
    assert_snapshot!("log_key_open", desk.lic(&["audit", "checkpoint"]).code(1));
    std::fs::remove_file(&path).unwrap();
    assert_snapshot!("log_key_missing", desk.lic(&["audit", "prove", "acme.lic"]).code(1));
    desk.lic(&["audit", "verify", "--against", "old.checkpoint"]).done();
}

#[test]
fn a_head_that_does_not_belong_to_the_events_is_not_signed() {
    let desk = busy();
    tamper(&desk, "DELETE FROM events WHERE number > 15");
    let run = desk.lic(&["audit", "checkpoint"]).code(1).says("the head of the log does not belong to its events");
    assert!(run.stdout.is_empty());
}

#[test]
fn a_proof_is_checked_with_the_public_key_alone() {
    let desk = busy();
    assert_snapshot!("prove_saved", desk.lic(&["audit", "prove", "acme.lic", "--out", "acme.tlog-proof"]).done());
    let vkey = desk.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout;
    desk.write("log.vkey", &vkey);
    let elsewhere = crate::support::empty();
    elsewhere.write("acme.tlog-proof", desk.read("acme.tlog-proof"));
    let check = ["audit", "check", "acme.tlog-proof", "--key", vkey.trim()];
    assert_snapshot!("check", elsewhere.lic_on_terminal(&check, []).done());
    for format in ["json", "tsv", "name"] {
        assert_snapshot!(format!("check_as_{format}"), elsewhere.lic(&[&check[..], &["-o", format]].concat()).done());
    }
    for number in [1, 7, desk.events()] {
        let proof = desk.lic(&["audit", "prove", "--event", &number.to_string()]).done().stdout;
        let run = desk.command(&["audit", "check", "-", "--key", "log.vkey", "-o", "name"]).input(proof).run().done();
        assert_eq!(run.stdout, format!("{number}\n"));
    }
    let by_id = desk.lic(&["audit", "prove", &id(&desk, "acme.lic"), "--rev", "1"]).done().stdout;
    assert_eq!(by_id, desk.read("acme.tlog-proof"));
}

#[test]
fn what_cannot_be_proved_is_told() {
    let desk = busy();
    for (name, args) in [
        ("nothing", &[][..]),
        ("unknown_license", &["LIC-0000-0000"]),
        ("unknown_revision", &["acme.lic", "--rev", "2"]),
        ("revision_0", &["acme.lic", "--rev", "0"]),
        ("event_0", &["--event", "0"]),
        ("event_of_the_future", &["--event", "4711"]),
        ("event_and_license", &["acme.lic", "--event", "1"]),
    ] {
        let run = desk.lic(&[&["audit", "prove"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("prove_{name}"), run);
    }
    tamper(&desk, "UPDATE events SET body = replace(body, 'basic', 'pro') WHERE kind = 'license.issued'");
    assert_snapshot!("prove_tampered", desk.lic(&["audit", "prove", "--event", "20"]).code(1));
}

#[test]
fn a_proof_that_does_not_hold_is_refused_with_its_reason() {
    let desk = busy();
    let good = desk.lic(&["audit", "prove", "acme.lic"]).done().stdout;
    let vkey = desk.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout;
    let lines: Vec<&str> = good.lines().collect();
    let swapped =
        good.replacen(lines[3], "x", 1).replacen(lines[4], lines[3], 1).replacen("\nx\n", &format!("\n{}\n", lines[4]), 1);
    let other = desk.lic(&["audit", "prove", "globex.lic"]).done().stdout;
    let other_event = good.replacen(lines[1], other.lines().nth(1).unwrap(), 1);
    let mut said = String::new();
    for (what, text) in [
        ("another event", other_event),
        ("another place", good.replacen(lines[2], "index 3", 1)),
        ("hashes swapped", swapped),
        ("a hash missing", good.replacen(&format!("{}\n", lines[3]), "", 1)),
        ("no event", good.replacen(&format!("{}\n", lines[1]), "", 1)),
        ("cut in the hashes", lines[..5].join("\n")),
        ("cut in the checkpoint", good[..good.len() - 20].to_owned()),
        ("another size", good.replacen("\n22\n", "\n23\n", 1)),
        ("with CRLF", good.replace('\n', "\r\n")),
        ("a checkpoint", desk.read("old.checkpoint")),
        ("empty", String::new()),
    ] {
        desk.write("bad.tlog-proof", &text);
        assert!(text != good, "{what}");
        let run = desk.lic(&["audit", "check", "bad.tlog-proof", "--key", vkey.trim()]).code(1).tame();
        assert!(run.stdout.is_empty(), "{what}\n{run}");
        said += &format!("# {what}\n{}", run.stderr);
    }
    assert_snapshot!("bad_proofs", said);
    desk.write("good.tlog-proof", &good);
    for (name, args) in [
        ("without_key", &["good.tlog-proof"][..]),
        ("with_a_mistyped_key", &["good.tlog-proof", "--key", &vkey.trim().replacen("+", "+0", 1)]),
        ("of_a_missing_file", &["none.tlog-proof", "--key", vkey.trim()]),
        ("by_another_key", &["good.tlog-proof", "--key", "vendor.example+870d8441+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"]),
    ] {
        let run = desk.lic(&[&["audit", "check"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("check_{name}"), run);
    }
}

#[test]
fn an_authority_from_before_there_were_log_keys_gets_one_when_it_is_needed() {
    // Made by an import that leaves the two keys of the authority itself out: what an older program wrote.
    let desk = with_customer("acme");
    let older: Vec<String> = desk.lic(&["export"]).done().stdout.lines().map(str::to_owned).collect();
    let older = super::import::renumbered(&older, |line| !line.contains("\"status\"") && !line.contains("\"purpose\":\"log\""));
    desk.write("older.jsonl", older);
    let old = |args: &[&str]| desk.lic(&[args, &["--home", "older"]].concat());
    old(&["import", "older.jsonl"]).done();
    let keys = || old(&["key", "list", "-o", "name"]).done().stdout.lines().count();
    assert_eq!(keys(), 2);
    assert_snapshot!("first_use_rehearsed", old(&["audit", "checkpoint", "--dry-run"]).done());
    assert_eq!(keys(), 2);
    old(&["audit", "checkpoint", "--as", "nobody"]).code(4);
    assert_snapshot!("first_use", old(&["audit", "checkpoint"]).done());
    assert_eq!(keys(), 3);
    let first = old(&["audit", "checkpoint"]).done();
    assert_eq!((first.stderr.as_str(), keys()), ("", 3));
    old(&["audit", "verify"]).done();
}
