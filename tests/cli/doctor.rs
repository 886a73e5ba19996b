//! `lic doctor`: each thing that can be wrong, found and told with the command that mends it.

use std::path::PathBuf;

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::{Desk, Run, authority, empty, set_mode, with_customer};

/// The file in the keys folder that ends so, of the key with this purpose.
fn key_file(desk: &Desk, purpose: &str, end: &str) -> PathBuf {
    let keys = desk.lic(&["key", "list", "--json"]).done().json();
    let keys = keys["signing_keys"].as_array().unwrap().clone();
    let kid = keys.iter().find(|key| key["purpose"] == purpose).unwrap()["kid"].as_str().unwrap().to_owned();
    desk.home().join("keys").join(format!("{kid}{end}"))
}

/// The desk of most tests: healthy, with a passphrase and a backup.
fn healthy() -> Desk {
    let desk = empty();
    let pass = desk.write_private("pass", "correct horse battery staple\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", pass]).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    desk.lic(&["backup"]).done();
    set_mode(&desk.home().join("lic.toml"), 0o600);
    desk
}

/// What is not as it should be.
fn found(run: &Run) -> Vec<(String, String, String)> {
    let word = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let json = run.json();
    let findings = json["findings"].as_array().unwrap().iter();
    let all = findings.map(|finding| (word(finding, "area"), word(finding, "level"), word(finding, "finding")));
    all.filter(|(_, level, _)| level != "ok").collect()
}

/// The doctor says so, of this area and level, and nothing else.
#[track_caller]
fn says(desk: &Desk, area: &str, level: &str, what: &str) -> Run {
    let run = desk.lic(&["doctor", "--json"]);
    let found = found(&run);
    assert!(found.iter().any(|(a, l, w)| a == area && l == level && w.contains(what)), "no {area} {level} {what}: {found:?}");
    assert_eq!(run.code, u8::from(found.iter().any(|(_, level, _)| level == "error")), "{run}");
    run
}

fn tamper(desk: &Desk, sql: &str) {
    let db = Connection::open(desk.home().join("ledger.db")).unwrap();
    db.execute_batch(sql).unwrap();
    db.close().unwrap();
}

#[test]
fn nothing_is_wrong_with_a_healthy_authority() {
    let desk = healthy();
    assert_snapshot!("healthy", desk.lic_on_terminal(&["doctor"], []).done());
    assert_snapshot!("healthy_as_tsv", desk.lic(&["doctor"]).done());
    assert_eq!(desk.command(&["doctor", "-q"]).terminal(80).run().done().stdout, "");
}

#[test]
fn every_format_tells_the_same() {
    let desk = authority();
    let rows = |format: &str| desk.lic(&["doctor", "-o", format]).done().stdout;
    let json: serde_json::Value = serde_json::from_str(&rows("json")).unwrap();
    let count = json["findings"].as_array().unwrap().len();
    assert_eq!((json["schema"].as_u64(), count), (Some(1), 7));
    for (format, beside) in [("jsonl", 0), ("csv", 1), ("tsv", 1), ("name", 0), ("md", 2)] {
        let text = rows(format);
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), count + beside, "{text}");
    }
    assert!(rows("table").contains("→ lic backup"));
}

#[test]
fn a_new_authority_has_no_backup_yet() {
    let run = authority().lic_on_terminal(&["doctor"], []).done();
    assert_snapshot!("new", run);
}

#[test]
fn the_doctor_changes_nothing() {
    let desk = healthy();
    std::fs::write(desk.home().join("lic.toml"), "a typo").unwrap();
    let before = desk.files();
    desk.lic(&["doctor"]).code(1);
    assert_eq!(desk.files(), before);
}

#[test]
fn settings_that_cannot_be_read_are_told_and_the_rest_is_examined() {
    let desk = healthy();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("[defaults]", "[default]")).unwrap();
    assert_snapshot!("settings_typo", desk.lic_on_terminal(&["doctor"], []).code(1));
    std::fs::remove_file(&settings).unwrap();
    says(&desk, "settings", "error", "lic.toml");
    std::fs::write(&settings, text.replace("# issuer = \"example-software\"", "issuer = \"other\"")).unwrap();
    says(&desk, "settings", "warning", "has the issuer 'other', and the ledger 'example-software'");
}

#[test]
fn a_clock_that_runs_behind_is_an_error() {
    let desk = healthy();
    desk.set_time("2026-11-21T09:00:00Z");
    says(&desk, "clock", "error", "it is 24 hours behind the newest event");
    desk.set_time("2027-11-21T09:00:00Z");
    assert!(found(&desk.lic(&["doctor", "--json"])).iter().all(|(area, ..)| area != "clock"));
}

#[cfg(unix)]
#[test]
fn files_that_others_may_read_or_write_are_told_with_the_mode_they_should_have() {
    let desk = healthy();
    let copy = key_file(&desk, "license", "/ops.pem");
    let test = key_file(&desk, "test", "/ops.pem");
    let pass = desk.path("pass");
    for (path, mode, level, what) in [
        (desk.home(), 0o755, "warning", "everybody may look into the home (mode 755)"),
        (desk.home(), 0o777, "error", "everybody may write in the home (mode 777)"),
        (desk.home().join("ledger.db"), 0o644, "warning", "everybody may read the ledger (mode 644)"),
        (desk.home().join("ledger.db"), 0o666, "error", "everybody may write the ledger (mode 666)"),
        (desk.home().join("lic.toml"), 0o646, "error", "everybody may write lic.toml"),
        (desk.home().join("keys"), 0o755, "warning", "everybody may look into the keys folder"),
        (copy, 0o644, "error", "others may read keys/"),
        (test, 0o640, "error", "unprotected)"),
        (pass.clone(), 0o640, "error", "others may read the passphrase file"),
    ] {
        let before = crate::support::mode(&path);
        set_mode(&path, mode);
        let run = desk.command(&["doctor", "--json"]).env("LIC_PASSPHRASE_FILE", &pass).run();
        let found = found(&run);
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        assert!(found[0].0 == "files" && found[0].1 == level && found[0].2.contains(what), "{what}: {found:?}");
        // The command that is told mends it.
        let mend =
            run.json()["findings"].as_array().unwrap().iter().find_map(|one| one["mend"].as_str().map(str::to_owned)).unwrap();
        let mend = mend.replace("/tmp/lic-test-folder", desk.path("..").canonicalize().unwrap().to_str().unwrap());
        assert!(std::process::Command::new("sh").args(["-c", &mend]).status().unwrap().success(), "{mend}");
        let run = desk.command(&["doctor", "--json"]).env("LIC_PASSPHRASE_FILE", &pass).run().done();
        assert_eq!(self::found(&run), [], "{mend}");
        set_mode(&path, before);
    }
    let run = desk.command(&["doctor"]).env("LIC_PASSPHRASE_FILE", "gone").run().code(1);
    assert!(run.stdout.contains("cannot be found"), "{run}");
}

#[test]
fn what_a_killed_command_left_is_told() {
    let desk = healthy();
    std::fs::create_dir(desk.home().join(".lic-restore-AbCdEf")).unwrap();
    says(&desk, "files", "warning", ".lic-restore-AbCdEf was left by a command that was cut off");
}

#[test]
fn a_ledger_that_is_not_as_it_was_is_told_and_the_doctor_lives() {
    for (name, fault) in [("gone", None), ("text", Some(b"no database at all".repeat(999))), ("empty", Some(Vec::new()))] {
        let desk = healthy();
        let ledger = desk.home().join("ledger.db");
        match fault {
            None => std::fs::remove_file(&ledger).unwrap(),
            Some(bytes) => std::fs::write(&ledger, bytes).unwrap(),
        }
        assert_snapshot!(format!("ledger_{name}"), desk.lic_on_terminal(&["doctor"], []).code(1));
    }
    let desk = healthy();
    let bytes = std::fs::read(desk.home().join("ledger.db")).unwrap();
    for length in [100, 5_000, 8_192, 8_193, bytes.len() / 2, bytes.len() - 8_192] {
        std::fs::write(desk.home().join("ledger.db"), &bytes[..length]).unwrap();
        says(&desk, "ledger", "error", "");
    }
}

#[test]
fn a_changed_row_a_changed_event_and_a_dropped_tail_are_found() {
    for (sql, what) in [
        ("UPDATE customers SET name = 'Acme SE' WHERE slug = 'acme'", "name is \"Acme SE\", and by the events \"Acme GmbH\""),
        (
            "DROP TRIGGER events_are_never_changed; UPDATE events SET body = replace(body, 'Acme GmbH', 'Acme SE')",
            "events_are_never_changed is not as this program makes it",
        ),
        ("PRAGMA foreign_keys = OFF; INSERT INTO signing_key_copies VALUES (99, 2, 1, 0)", "refers to a row of signing_keys"),
        ("PRAGMA user_version = 99", "this program knows versions up to"),
        ("PRAGMA application_id = 99", "is not a ledger"),
    ] {
        let desk = healthy();
        tamper(&desk, sql);
        says(&desk, "ledger", "error", what);
    }
}

#[test]
fn a_history_that_was_rewritten_as_a_whole_is_found_by_the_newest_backup() {
    // The same commands, the same times, and another customer: a ledger that agrees with itself.
    let desk = healthy();
    let other = {
        let desk = empty();
        let pass = desk.write_private("pass", "correct horse battery staple\n");
        desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", pass]).done();
        desk.lic(&["customer", "add", "acme", "--name", "Acme SE"]).done();
        desk
    };
    std::fs::copy(other.home().join("ledger.db"), desk.home().join("ledger.db")).unwrap();
    says(&desk, "backups", "error", "history was rewritten");
    // And a tail that was dropped, with everything it did.
    let short = {
        let desk = empty();
        let pass = desk.write_private("pass", "correct horse battery staple\n");
        desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", pass]).done();
        desk
    };
    std::fs::copy(short.home().join("ledger.db"), desk.home().join("ledger.db")).unwrap();
    says(&desk, "backups", "warning", "and the ledger has only");
}

#[test]
fn backups_that_are_missing_or_old_are_told() {
    let desk = healthy();
    desk.set_time("2026-12-22T09:00:00Z");
    // Nothing happened since: the old one is as good as a new one.
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    desk.lic(&["customer", "add", "bolt", "--name", "Bolt"]).done();
    says(&desk, "backups", "warning", "the newest of 1 is 30 days old, and the ledger has gone on since");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("# max_age_days = 7", "max_age_days = 60")).unwrap();
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    std::fs::remove_dir_all(desk.home().join("backups")).unwrap();
    says(&desk, "backups", "warning", "there is none in");
}

#[test]
fn signing_keys_that_are_not_where_the_ledger_says_are_told() {
    let desk = healthy();
    let copy = key_file(&desk, "license", "/ops.pem");
    let public = key_file(&desk, "license", ".pub.pem");
    let other = key_file(&desk, "test", ".pub.pem");
    let bytes = std::fs::read(&copy).unwrap();
    std::fs::remove_file(&copy).unwrap();
    says(&desk, "keys", "error", "nobody has a copy of the active key");
    assert_snapshot!("copy_missing", desk.lic_on_terminal(&["doctor"], []).code(1));
    std::fs::write(&copy, "nonsense").unwrap();
    set_mode(&copy, 0o600);
    says(&desk, "keys", "error", "is no signing key any more");
    std::fs::write(&copy, &bytes).unwrap();
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    let stranger = copy.with_file_name("eve.pem");
    std::fs::copy(&copy, &stranger).unwrap();
    says(&desk, "keys", "warning", "is a copy for 'eve', who is no operator");
    std::fs::remove_file(&stranger).unwrap();
    std::fs::copy(&other, &public).unwrap();
    says(&desk, "keys", "error", "holds another key than the ledger");
    std::fs::remove_file(&public).unwrap();
    says(&desk, "keys", "warning", ".pub.pem is missing");
    let unknown = desk.home().join("keys/Qm9vdHN0cmFwS2V5.pub.pem");
    std::fs::copy(&other, unknown).unwrap();
    says(&desk, "keys", "warning", "the ledger knows no key of keys/Qm9vdHN0cmFwS2V5.pub.pem");
    says(&with_customer("acme"), "keys", "warning", "no passphrase protects keys/");
}

#[test]
fn a_key_that_has_signed_for_years_is_told() {
    let desk = healthy();
    desk.set_time("2029-01-01");
    says(&desk, "keys", "warning", "has signed for 770 days");
}

#[cfg(unix)]
#[test]
fn a_home_of_another_user_is_examined_as_far_as_it_goes() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    let desk = healthy();
    let program = desk.path("lic");
    std::fs::copy(env!("CARGO_BIN_EXE_lic"), &program).unwrap();
    for (path, mode) in
        [(desk.path(".."), 0o755), (desk.path(""), 0o755), (desk.home(), 0o555), (desk.home().join("ledger.db"), 0o444)]
    {
        set_mode(&path, mode);
    }
    let mut command = std::process::Command::new(program);
    command.args(["doctor", "-o", "tsv"]).env_clear().env("LIC_HOME", desk.home()).current_dir("/");
    if std::fs::metadata(desk.path("")).unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    set_mode(&desk.home(), 0o700);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("settings\terror") || told.contains("settings\tok"), "{told}");
    assert!(told.contains("ledger\tok"), "{told}");
}

/// The desk, with more in its settings.
fn with_settings(more: &str) -> Desk {
    let desk = healthy();
    let settings = desk.home().join("lic.toml");
    std::fs::write(&settings, std::fs::read_to_string(&settings).unwrap() + more).unwrap();
    desk
}

#[test]
fn a_status_list_that_is_missing_or_about_to_end_is_told() {
    let desk = healthy();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("# uri = ", "uri = ")).unwrap();
    says(&desk, "status", "warning", "nothing was published there yet");
    desk.lic(&["status", "publish", "--out", "lists"]).done();
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    desk.set_time("2030-01-01");
    says(&desk, "status", "error", "verifiers take it no more");
}

#[test]
fn mail_that_cannot_leave_and_notices_that_stopped_are_told() {
    let desk = with_settings(
        "\n[mail]\nfrom = 'a@vendor.example'\ntransport = 'smtp'\nhost = 'mail.vendor.example'\nuser = 'a'\npassword_file = 'mail.pass'\n",
    );
    says(&desk, "mail", "error", "the password file");
    std::fs::write(desk.home().join("mail.pass"), "secret").unwrap();
    set_mode(&desk.home().join("mail.pass"), 0o644);
    says(&desk, "mail", "error", "others may read the password file");
    set_mode(&desk.home().join("mail.pass"), 0o600);
    says(&desk, "mail", "warning", "'lic notify' never went well");
}

#[test]
fn mails_for_a_folder_that_is_a_file_and_days_without_notices_are_told() {
    let desk = with_settings("\n[mail]\nfrom = 'a@vendor.example'\ntransport = 'folder'\nfolder = 'mails'\n");
    std::fs::write(desk.home().join("mails"), "").unwrap();
    says(&desk, "mail", "error", "is a file, and mails are to go into a folder");
    std::fs::remove_file(desk.home().join("mails")).unwrap();
    desk.lic(&["notify"]).done();
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    assert!(desk.lic(&["doctor"]).done().stdout.contains("'lic notify' last went well at 2026-"));
    desk.set_time("2026-11-30");
    says(&desk, "mail", "warning", "'lic notify' last went well ");
}

#[test]
fn keys_that_wait_to_sign_and_keys_that_are_compromised_are_told() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--for", "2y", "--out", "acme.lic", "-q"]).done();
    let old = key_file(&desk, "license", "");
    let old = old.file_name().unwrap().to_str().unwrap();
    let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name", "-q"]).done().stdout.trim().to_owned();
    desk.set_time("2027-06-30");
    says(&desk, "keys", "warning", &format!("{next} has waited to sign for 219 days"));
    desk.lic(&["key", "compromised", old, "--yes", "-q"]).done();
    let run = says(&desk, "keys", "error", "no key is active: nothing can be issued");
    assert!(run.stdout.contains(&format!("lic key activate {next}")), "{run}");
    let run = says(&desk, "keys", "error", &format!("{old} is compromised; signed by it and still in use: 1 license"));
    assert!(run.stdout.contains(&format!("lic key reissue {old}")), "{run}");
}

#[test]
fn private_halves_that_are_missing_or_otherwise_protected_are_told() {
    let desk = healthy();
    let half = key_file(&desk, "status", ".key.pem");
    let kept = half.with_extension("kept");
    std::fs::rename(&half, &kept).unwrap();
    says(&desk, "keys", "error", "the private half of the status key");
    std::fs::rename(&kept, &half).unwrap();
    assert_eq!(found(&desk.lic(&["doctor", "--json"])), []);
    tamper(&desk, "UPDATE signing_key_copies SET protected = 0");
    says(&desk, "keys", "warning", "/ops.pem is not protected, and it is otherwise");
}
