//! `lic notify` and `lic mail`: who is told of what, once; how mails read; what a mail server can do to it.

mod contrib;
mod faults;
mod month;
mod words;

use std::collections::BTreeMap;

use insta::assert_snapshot;

use crate::support::{Desk, authority};

/// The settings of a desk whose mails end up in a folder.
pub const FOLDER: &str = "
[mail]
transport = \"folder\"
from = \"Example Software <licenses@example.com>\"
";

/// Adds to `lic.toml`.
pub fn configure(desk: &Desk, more: &str) {
    let path = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + more).unwrap();
}

/// A desk with `[mail]`, the customers `acme` (Jane and Joe) and `globex` (Ann), and no license.
pub fn desk(more: &str) -> Desk {
    let desk = authority();
    configure(&desk, &format!("{FOLDER}{more}"));
    let contacts = ["--contact", "Jane Doe <jane@acme.example>", "--contact", "joe@acme.example"];
    desk.lic(&[&["customer", "add", "acme", "--name", "Acme GmbH", "--owner", "ops"], &contacts[..]].concat()).done();
    desk.lic(&["customer", "add", "globex", "--name", "Globex", "--contact", "ann@globex.example"]).done();
    desk.lic(&["operator", "edit", "ops", "--name", "Olga Ops", "--mail", "ops@example.com"]).done();
    desk
}

/// Issues a license until a day; gives its id.
pub fn issue(desk: &Desk, customer: &str, until: &str, more: &[&str]) -> String {
    let order = ["issue", customer, "--tier", "basic", "--until", until, "--out", "keys/", "-q", "-o", "name"];
    desk.lic(&[&order[..], more].concat()).done().stdout.trim().to_owned()
}

/// The mails in the folder by name, and what is in them.
pub fn mails(desk: &Desk) -> BTreeMap<String, String> {
    let Ok(listing) = std::fs::read_dir(desk.home().join("mails")) else { return BTreeMap::new() };
    let read = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path()).unwrap().replace("\r\n", "\n");
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    listing.map(|entry| read(entry.unwrap())).collect()
}

/// Takes the mails out of the folder: whom each was for, in the order of the addresses.
pub fn take(desk: &Desk) -> Vec<String> {
    let mut to: Vec<String> = mails(desk).values().map(|mail| header(mail, "To")).collect();
    to.sort();
    let _ = std::fs::remove_dir_all(desk.home().join("mails"));
    to
}

pub fn header(mail: &str, name: &str) -> String {
    let found = mail.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    found.unwrap_or_else(|| panic!("no {name} in\n{mail}")).to_owned()
}

#[test]
fn nothing_is_said_where_nothing_is_due() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2027-06-30", &[]);
    assert_snapshot!("silent", desk.lic(&["notify"]).done());
    assert_eq!(mails(&desk).len(), 0);
}

#[test]
fn a_run_sends_each_mail_once_and_the_history_tells() {
    let desk = desk("[notify]\ndigest = ['Sales <sales@example.com>']\n");
    issue(&desk, "acme", "2026-12-01", &[]);
    issue(&desk, "acme", "2026-12-20", &[]);
    issue(&desk, "globex", "2026-11-22", &["--seats", "1"]);
    assert_snapshot!("dry_run", desk.lic_on_terminal(&["notify", "--dry-run"], []));
    assert_eq!(mails(&desk).len(), 0);
    assert_snapshot!("sent", desk.lic(&["notify", "--verbose"]));
    let first = take(&desk);
    assert_eq!(
        first,
        ["\"Jane Doe\" <jane@acme.example>", "Sales <sales@example.com>", "ann@globex.example", "joe@acme.example"]
    );
    assert_snapshot!("second_run", desk.lic(&["notify"]));
    assert_eq!(mails(&desk).len(), 0);
    assert_snapshot!("history", desk.command(&["notify", "history"]).terminal(200).run());
    assert_snapshot!("history_as_json", desk.lic(&["notify", "history", "--customer", "globex", "--json"]));
    assert_eq!(desk.lic(&["notify", "history", "--state", "failed", "-o", "name"]).done().stdout, "");
    assert_eq!(desk.lic(&["notify", "history", "--limit", "2", "-o", "name"]).done().stdout.lines().count(), 2);
}

#[test]
fn the_outbox_is_no_event() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2026-12-01", &[]);
    let events = desk.events();
    desk.lic(&["notify"]).done();
    assert_eq!((desk.events(), mails(&desk).len()), (events, 3));
}

#[test]
fn whoever_may_write_the_ledger_may_run_it_operator_or_not_and_no_key_is_needed() {
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    std::fs::remove_dir_all(desk.home().join("keys")).unwrap();
    desk.command(&["notify"]).user(|| Some("cron".into())).run().done();
    assert_eq!(mails(&desk).len(), 2);
}

#[test]
fn internal_and_test_licenses_stand_in_the_digest_alone() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2026-12-01", &["--internal"]);
    desk.lic(&["quick", "test", "globex", "-q", "--out", "keys/"]).done();
    desk.lic(&["notify"]).done();
    assert_eq!(take(&desk), ["sales@example.com"]);
}

#[test]
fn customers_are_told_unless_the_settings_leave_them_their_tier_or_all_of_them_out() {
    for (more, told) in [
        ("customers = false", &[][..]),
        ("no_customers = ['acme']", &["ann@globex.example"]),
        ("no_tiers = ['cockpit/basic']", &[]),
        ("no_tiers = ['radar/basic', 'free']", &["\"Jane Doe\" <jane@acme.example>", "ann@globex.example", "joe@acme.example"]),
    ] {
        let desk = desk(&format!("[notify]\n{more}\n"));
        issue(&desk, "acme", "2026-12-01", &[]);
        issue(&desk, "globex", "2026-12-01", &[]);
        desk.lic(&["notify"]).done();
        assert_eq!(take(&desk), told, "{more}");
    }
}

#[test]
fn an_archived_customer_and_one_without_contacts_are_not_written_to() {
    let desk = desk("");
    desk.lic(&["customer", "add", "quiet", "--name", "Quiet"]).done();
    issue(&desk, "quiet", "2026-12-01", &[]);
    issue(&desk, "globex", "2026-12-01", &[]);
    desk.lic(&["customer", "archive", "globex"]).done();
    desk.lic(&["notify"]).done();
    assert_eq!(take(&desk), [""; 0]);
}

#[test]
fn what_the_settings_name_and_nobody_knows_is_warned_of() {
    let desk = desk("[notify]\nno_customers = ['acne']\nno_tiers = ['gold']\nlanguages = { globecs = 'de' }\n");
    assert_snapshot!("unknown_names", desk.lic(&["notify"]));
}

#[test]
fn what_cannot_work_says_so_and_what_to_do() {
    let smtp = "\n[mail]\ntransport = \"smtp\"\nfrom = \"a@example.com\"\nhost = \"localhost\"\nuser = \"licenses\"\n";
    for (name, settings) in [
        ("no_mail_section", String::new()),
        ("no_password", smtp.to_owned()),
        ("password_in_the_settings", format!("{smtp}password = \"secret\"\n")),
        ("mistyped", "\n[mail]\ntransport = \"smpt\"\n".to_owned()),
        ("plain_to_another_machine", format!("{smtp}security = \"none\"\n").replace("localhost", "mail.example.com")),
        ("unknown_language", format!("{FOLDER}language = \"tlh\"\n")),
        ("password_file_missing", format!("{smtp}password_file = \"pass\"\n")),
        ("ca_file_that_is_none", format!("{smtp}ca_file = \"lic.toml\"\n").replace("user = \"licenses\"\n", "")),
    ] {
        let desk = authority();
        // Short, so that the lines in the messages are those of this test.
        let text = format!("[authority]\nname = \"Example Software\"\n{settings}");
        std::fs::write(desk.home().join("lic.toml"), text).unwrap();
        let run = desk.lic(&["notify"]).tame().code(1);
        assert_snapshot!(format!("refused_{name}"), run);
        assert!(!run.stderr.contains("secret"), "{run}");
    }
    let desk = desk("");
    assert_snapshot!("as_of_without_dry_run", desk.lic(&["notify", "--as-of", "2027-01-01"]).code(2));
}

#[cfg(unix)]
#[test]
fn a_password_file_that_others_can_read_is_refused() {
    let desk = authority();
    configure(
        &desk,
        "\n[mail]\ntransport = \"smtp\"\nfrom = \"a@example.com\"\nhost = \"localhost\"\nuser = \"x\"\npassword_file = \"pass\"\n",
    );
    let pass = desk.home().join("pass");
    std::fs::write(&pass, "secret\n").unwrap();
    crate::support::set_mode(&pass, 0o644);
    assert_snapshot!("refused_password_file_of_all", desk.lic(&["notify"]).code(1));
}

#[test]
fn a_second_run_at_once_leaves_quietly() {
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    let lock = std::fs::File::options().create(true).truncate(false).write(true).open(desk.home().join("notify.lock")).unwrap();
    lock.lock().unwrap();
    let run = desk.lic(&["notify"]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str(), mails(&desk).len()), ("", "", 0));
    lock.unlock().unwrap();
    desk.lic(&["notify"]).done();
    assert_eq!(mails(&desk).len(), 2);
}

#[test]
fn figures_for_prometheus_are_written_whole() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2026-12-01", &[]);
    issue(&desk, "acme", "2026-11-25", &[]);
    issue(&desk, "globex", "2027-12-01", &[]);
    desk.lic(&["notify", "-q", "--metrics", "lic.prom"]).done();
    assert_snapshot!("metrics", desk.read("lic.prom"));
    assert_eq!(crate::support::mode(&desk.path("lic.prom")) & 0o644, 0o644);
    let before = desk.files();
    desk.lic(&["notify", "--dry-run", "--metrics", "lic.prom"]).done();
    assert!(desk.files() == before);
    let run = desk.lic(&["notify", "--metrics", "nowhere/lic.prom"]).code(1);
    assert!(run.stderr.contains("nowhere/lic.prom"), "{run}");
}
