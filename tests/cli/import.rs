//! `lic import`: a ledger out of an export, all of it or nothing.

use base64ct::{Base64, Encoding};
use insta::assert_snapshot;
use lic::audit::{Frontier, leaf_hash};

use super::audit::busy;
use crate::support::{Desk, Run};

/// The lines that `keep` keeps, numbered anew, under a first line that fits them: an export of another history.
pub fn renumbered(lines: &[String], keep: impl Fn(&str) -> bool) -> String {
    let mut log = Frontier::new();
    let mut kept = Vec::new();
    for line in lines[1..].iter().filter(|line| keep(line)) {
        let (_, rest) = line.split_once(',').unwrap();
        let line = format!("{{\"event\":{{\"number\":{},{rest}", log.size() + 1);
        log.append(leaf_hash(&line.as_bytes()[9..line.len() - 1]));
        kept.push(line);
    }
    let mut heading: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    heading["lic-ledger"]["size"] = log.size().into();
    heading["lic-ledger"]["root"] = Base64::encode_string(&log.root()).into();
    format!("{heading}\n{}\n", kept.join("\n"))
}

fn exported(desk: &Desk) -> Vec<String> {
    desk.lic(&["export"]).done().stdout.lines().map(str::to_owned).collect()
}

fn import(desk: &Desk, text: &str) -> Run {
    desk.write("in.jsonl", text);
    desk.lic(&["import", "in.jsonl", "--home", "new"])
}

#[test]
fn what_was_exported_becomes_the_same_ledger() {
    let desk = busy();
    desk.lic(&["export", "--out", "ledger.jsonl", "-q"]).done();
    assert_snapshot!("imported", desk.lic(&["import", "ledger.jsonl", "--home", "new"]).done());
    let there = |args: &[&str]| desk.lic(&[args, &["--home", "new"]].concat()).done().stdout;
    let here = |args: &[&str]| desk.lic(args).done().stdout;
    for args in [&["export"][..], &["list", "--json"], &["customer", "list", "--json"], &["audit", "verify", "--json"]] {
        assert_eq!(there(args), here(args), "{args:?}");
    }
    there(&["audit", "verify", "--against", "old.checkpoint"]);
    // With the keys folder it is the same authority: the same checkpoint, and licenses can be issued.
    let keys = desk.home().join("keys");
    for (path, content) in desk.files() {
        if let Ok(name) = path.strip_prefix(&keys) {
            let copy = desk.path("new/keys").join(name);
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::write(&copy, content).unwrap();
            crate::support::set_mode(&copy, 0o600);
        }
    }
    assert_eq!(there(&["audit", "checkpoint"]), here(&["audit", "checkpoint"]));
    desk.lic(&["issue", "acme", "--tier", "cockpit/basic", "--home", "new", "--out", "new.lic"]).done();
    desk.lic(&["verify", "acme.lic", "--home", "new"]).done();
}

#[test]
fn an_import_comes_from_standard_input_too() {
    let desk = busy();
    let text = desk.lic(&["export"]).done().stdout;
    desk.command(&["import", "-", "--home", "new"]).input(text).run().done();
    desk.lic(&["audit", "verify", "--home", "new"]).done();
}

#[test]
fn a_rehearsal_reads_everything_and_makes_nothing() {
    let desk = busy();
    let lines = exported(&desk);
    desk.write("ledger.jsonl", lines.join("\n") + "\n");
    assert_snapshot!("rehearsed", desk.lic(&["import", "ledger.jsonl", "--home", "new", "--dry-run"]).done());
    assert!(!desk.path("new").exists());
    desk.write("cut.jsonl", lines[..9].join("\n"));
    desk.lic(&["import", "cut.jsonl", "--home", "new", "--dry-run"]).code(1);
}

#[test]
fn a_ledger_is_never_imported_over_another() {
    let desk = busy();
    desk.lic(&["export", "--out", "ledger.jsonl", "-q"]).done();
    let before = desk.files();
    assert_snapshot!(desk.lic(&["import", "ledger.jsonl"]).code(1));
    assert_eq!(desk.files(), before);
}

#[test]
fn settings_and_keys_that_are_there_stay() {
    let desk = busy();
    desk.lic(&["export", "--out", "ledger.jsonl", "-q"]).done();
    desk.write("new/lic.toml", std::fs::read_to_string(desk.home().join("lic.toml")).unwrap() + "# ours\n");
    desk.lic(&["import", "ledger.jsonl", "--home", "new"]).done();
    assert!(desk.read("new/lic.toml").ends_with("# ours\n"));
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_nothing_is_imported() {
    let desk = busy();
    let lines = exported(&desk);
    let with = |line: usize, text: &str| {
        let mut lines = lines.clone();
        lines[line] = text.to_owned();
        lines.join("\n") + "\n"
    };
    let without = |line: usize| {
        let mut lines = lines.clone();
        lines.remove(line);
        lines.join("\n") + "\n"
    };
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(16, 17);
        lines.join("\n") + "\n"
    };
    let whole = lines.join("\n") + "\n";
    let heading = &lines[0];
    let mut said = String::new();
    for (what, text) in [
        ("empty", String::new()),
        ("no export", "name,mail\nacme,x@acme.example\n".to_owned()),
        ("other JSON", "{\"a\":1}\n".to_owned()),
        ("no first line", without(0)),
        ("another version", with(0, &heading.replace("\"version\":1", "\"version\":2"))),
        ("more in the first line", with(0, &heading.replace("\"version\":1", "\"version\":1,\"extra\":true"))),
        ("of another vendor", with(0, &heading.replace("example-software", "another-vendor"))),
        ("a broken line", with(8, &lines[8][..40])),
        ("a line of text", with(8, "hello\u{1b}[31m")),
        ("an empty line", with(8, "")),
        ("a line of another kind", with(8, "{\"outbox\":{\"to\":\"jane\"}}")),
        ("one of another kind at the end", format!("{whole}{{\"outbox\":{{}}}}\n")),
        ("an unknown kind of event", with(8, &lines[8].replace("signing-key.created", "signing-key.adored"))),
        ("an unknown member", with(8, &lines[8].replace("\"by\":", "\"because\":1,\"by\":"))),
        ("events in another order", swapped),
        ("an event missing in the middle", without(12)),
        ("an event twice", with(12, &lines[11])),
        ("one more event than promised", format!("{whole}{}\n", lines[1])),
        ("cut between lines", lines[..12].join("\n") + "\n"),
        ("cut in a line", whole[..whole.len() - 50].to_owned()),
        ("only the first line", format!("{heading}\n")),
        ("a changed line", whole.replace("Kim", "Tim")),
        ("a changed root", with(0, &heading.replacen("root\":\"", "root\":\"AAAA", 1))),
        ("a customer nobody added", renumbered(&lines, |line| !line.contains("globex") || line.contains("license.issued"))),
        ("nobody's ledger", renumbered(&lines, |line| !line.contains("authority.created"))),
        ("with CRLF", whole.replace('\n', "\r\n")),
        ("a line far too long", with(8, &"x".repeat(5 << 20))),
    ] {
        assert!(text != whole, "{what}");
        let run = import(&desk, &text);
        assert_eq!(run.code, 1, "{what}\n{run}");
        let run = run.tame();
        assert!(run.stdout.is_empty(), "{what}\n{run}");
        assert!(!desk.path("new").exists(), "{what}");
        said += &format!("# {what}\n{}", run.stderr.lines().next().unwrap());
        said.push('\n');
    }
    assert_snapshot!("refusals", said);
    assert_snapshot!("refused_whole", import(&desk, &with(8, &lines[8][..40])));
    desk.write("latin1.jsonl", [heading.as_bytes(), b"\n\xff\n"].concat());
    assert_snapshot!("not_utf8", desk.lic(&["import", "latin1.jsonl", "--home", "new"]).code(1));
    assert_snapshot!("missing_file", desk.lic(&["import", "none.jsonl", "--home", "new"]).code(1));
    assert_snapshot!("a_folder", desk.lic(&["import", ".", "--home", "new"]).code(1));
    assert!(!desk.path("new").exists());
    import(&desk, &whole).done();
}
