//! Where the authority is found, and homes and ledgers that will not do.
//!
//! Whether a file may be read is decided by the system, and not for its administrator. Where the tests run as root, those of
//! permissions run the real program as `nobody`.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::{Desk, authority, empty, with_customer};

fn ledger(desk: &Desk) -> PathBuf {
    desk.home().join("ledger.db")
}

/// Changes the ledger behind the program's back.
fn tamper(desk: &Desk, sql: &str) {
    let db = Connection::open(ledger(desk)).unwrap();
    db.execute_batch(sql).unwrap();
    db.close().unwrap();
}

#[test]
fn the_home_is_the_one_named_else_that_of_the_environment_else_here_else_the_users() {
    let desk = authority();
    let home = |desk: &Desk, args: &[&str], environment: &[(&str, PathBuf)]| {
        let mut command = desk.command(&[&["config", "show", "-o", "tsv"], args].concat());
        for (name, value) in environment {
            command = command.env(name, value);
        }
        let run = command.run().done();
        run.stdout.lines().find_map(|line| line.strip_prefix("home\t")).unwrap().trim().to_owned()
    };
    let nowhere = desk.path("nowhere");
    assert_eq!(home(&desk, &["--home", "../home"], &[("LIC_HOME", nowhere)]), "/tmp/lic-test-folder/work/../home");
    assert_eq!(home(&desk, &[], &[]), "/tmp/lic-test-folder/home");
    let unset = ("LIC_HOME", PathBuf::new());
    std::fs::create_dir_all(desk.path("../.local/share")).unwrap();
    std::fs::rename(desk.home(), desk.path("../.local/share/lic")).unwrap();
    assert_eq!(home(&desk, &[], std::slice::from_ref(&unset)), "/tmp/lic-test-folder/.local/share/lic");
    std::fs::create_dir(desk.path("data")).unwrap();
    std::fs::rename(desk.path("../.local/share/lic"), desk.path("data/lic")).unwrap();
    let data = ("XDG_DATA_HOME", desk.path("data"));
    assert_eq!(home(&desk, &[], &[unset.clone(), data.clone()]), "/tmp/lic-test-folder/work/data/lic");
    for file in ["lic.toml", "ledger.db"] {
        std::fs::rename(desk.path("data/lic").join(file), desk.path(file)).unwrap();
    }
    assert_eq!(home(&desk, &[], &[unset, data]), "/tmp/lic-test-folder/work");
}

#[test]
fn a_home_that_holds_nothing_is_no_authority() {
    let desk = empty();
    assert_snapshot!("no_home", desk.lic(&["list"]));
    std::fs::create_dir(desk.home()).unwrap();
    assert_snapshot!("an_empty_home", desk.lic(&["list"]));
    assert_snapshot!("a_home_with_escape_codes", desk.lic(&["list", "--home", "\u{1b}[2J"]).tame());
}

#[test]
fn a_home_that_is_a_file_is_called_by_its_own_name() {
    let desk = empty();
    desk.lic(&["list", "--home", desk.write("file", "")]).code(1).says("/work/file: is a file, not a folder");
}

#[test]
fn a_ledger_that_is_gone_is_not_made_anew() {
    let desk = authority();
    std::fs::remove_file(ledger(&desk)).unwrap();
    assert_snapshot!(desk.lic(&["customer", "add", "acme", "--name", "Acme"]));
    assert!(!ledger(&desk).exists());
}

#[test]
fn a_ledger_that_is_none_is_told() {
    let desk = authority();
    std::fs::write(ledger(&desk), "this is no database at all, whatever its name says\n".repeat(100)).unwrap();
    assert_snapshot!("ledger_is_a_text", desk.lic(&["list"]));
    std::fs::write(ledger(&desk), "").unwrap();
    assert_snapshot!("ledger_is_empty", desk.lic(&["list"]));
    std::fs::remove_file(ledger(&desk)).unwrap();
    tamper(&desk, "CREATE TABLE notes (text TEXT)");
    assert_snapshot!("ledger_of_another_program", desk.lic(&["list"]));
    std::fs::remove_file(ledger(&desk)).unwrap();
    std::fs::create_dir(ledger(&desk)).unwrap();
    assert_snapshot!("ledger_is_a_folder", desk.lic(&["list"]));
}

#[test]
fn a_newer_ledger_is_left_alone() {
    let desk = authority();
    tamper(&desk, "PRAGMA user_version = 99");
    let before = desk.files();
    assert_snapshot!("newer_to_read", desk.lic(&["list"]));
    assert_snapshot!("newer_to_write", desk.lic(&["customer", "add", "acme", "--name", "Acme"]));
    assert_eq!(desk.files(), before);
}

#[test]
fn a_ledger_cut_short_is_told() {
    let desk = with_customer("acme");
    let bytes = std::fs::read(ledger(&desk)).unwrap();
    std::fs::write(ledger(&desk), &bytes[..bytes.len() / 2]).unwrap();
    desk.lic(&["customer", "list"]).code(1).says("the ledger is damaged");
}

/// The one test that waits: the program is patient with other writers for ten seconds.
#[test]
fn a_ledger_that_another_process_keeps_locked_is_given_up_after_a_while() {
    let desk = authority();
    let other = Connection::open(ledger(&desk)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.lic(&["customer", "list"]).done();
    assert_snapshot!(desk.lic(&["customer", "add", "acme", "--name", "Acme"]));
    other.execute_batch("ROLLBACK").unwrap();
    desk.lic(&["customer", "add", "acme", "--name", "Acme"]).done();
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;

    use super::*;
    use crate::support::set_mode;

    const NOBODY: u32 = 65_534;

    /// Runs the real program as somebody whom file permissions hold, on the desk's home.
    fn unprivileged(desk: &Desk, args: &[&str]) -> Output {
        // A copy, because the folder of the build may be closed to others.
        let program = desk.path("lic");
        if !program.exists() {
            std::fs::copy(env!("CARGO_BIN_EXE_lic"), &program).unwrap();
        }
        set_mode(desk.path("..").as_path(), 0o755);
        let mut command = std::process::Command::new(program);
        command.args(args).env_clear().env("LIC_HOME", desk.home()).stdin(Stdio::null()).current_dir("/");
        if std::fs::metadata(desk.path("")).unwrap().uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().unwrap()
    }

    fn told(desk: &Desk, output: &Output) -> String {
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        let folder = desk.path("..").canonicalize().unwrap();
        let code = output.status.code().unwrap();
        format!("exit {code}\n{errors}").replace(&*folder.to_string_lossy(), "/tmp/lic-test-folder")
    }

    fn open_for_reading(desk: &Desk) {
        set_mode(&desk.home(), 0o555);
        set_mode(&desk.home().join("lic.toml"), 0o444);
        set_mode(&ledger(desk), 0o444);
    }

    #[test]
    fn a_home_of_another_user_is_told() {
        let desk = with_customer("acme");
        set_mode(&desk.home(), 0o000);
        let output = unprivileged(&desk, &["customer", "list"]);
        set_mode(&desk.home(), 0o700);
        let told = told(&desk, &output);
        assert!(told.contains("permission") && !told.contains("lic init"), "{told}");
    }

    #[test]
    fn a_ledger_of_another_user_is_told() {
        let desk = with_customer("acme");
        set_mode(&desk.home(), 0o755);
        set_mode(&desk.home().join("lic.toml"), 0o644);
        set_mode(&ledger(&desk), 0o000);
        let output = unprivileged(&desk, &["customer", "list"]);
        assert_snapshot!(told(&desk, &output));
    }

    #[test]
    fn a_read_only_ledger_can_be_read_and_not_changed() {
        let desk = with_customer("acme");
        open_for_reading(&desk);
        let listed = unprivileged(&desk, &["customer", "list", "-o", "name"]);
        let added = unprivileged(&desk, &["customer", "add", "bolt", "--name", "Bolt", "--as", "ops"]);
        set_mode(&desk.home(), 0o700);
        assert_eq!(told(&desk, &listed), "exit 0\n");
        assert_eq!(String::from_utf8(listed.stdout).unwrap(), "acme\ninternal\n");
        assert_snapshot!(told(&desk, &added));
    }

    #[test]
    fn a_signing_key_of_another_user_stays_locked() {
        let desk = with_customer("acme");
        set_mode(&desk.home(), 0o777);
        set_mode(&desk.home().join("lic.toml"), 0o644);
        set_mode(&ledger(&desk), 0o666);
        for (key, _) in desk.files().into_iter().filter(|(path, _)| path.ends_with("ops.pem")) {
            set_mode(&key, 0o000);
            set_mode(key.parent().unwrap(), 0o755);
            set_mode(key.parent().unwrap().parent().unwrap(), 0o755);
        }
        let output = unprivileged(&desk, &["issue", "acme", "--tier", "basic", "--out", "-", "--as", "ops"]);
        set_mode(&desk.home(), 0o700);
        let told = told(&desk, &output);
        assert!(told.contains("permission denied"), "{told}");
        assert_eq!(desk.lic(&["list", "-o", "name"]).done().stdout, "");
    }

    #[test]
    fn a_home_that_may_not_be_made_is_told() {
        let desk = empty();
        std::fs::create_dir(desk.path("closed")).unwrap();
        set_mode(&desk.path("closed"), 0o555);
        let home = desk.path("closed/home");
        let flags = ["--name", "Example", "--product", "cockpit", "--operator", "ops", "--no-passphrase"];
        let output = unprivileged(&desk, &[&["init", "--home", home.to_str().unwrap()], &flags[..]].concat());
        set_mode(&desk.path("closed"), 0o755);
        let told = told(&desk, &output);
        assert!(told.starts_with("exit 1\n"), "{told}");
        assert!(told.contains("permission denied"), "{told}");
        assert!(!home.exists());
    }
}
