//! `lic restore`: into an empty folder, over a ledger, and what is refused.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::{Answer, Desk, authority, mode, with_customer};

/// Makes a backup, and gives its folder as an argument.
fn backed_up(desk: &Desk) -> String {
    let run = desk.lic(&["backup", "-o", "name"]).done();
    let shown = run.stdout.trim().to_owned();
    desk.home().join("backups").join(Path::new(&shown).file_name().unwrap()).to_str().unwrap().to_owned()
}

fn customers(desk: &Desk) -> String {
    desk.lic(&["customer", "list", "-o", "name"]).done().stdout
}

fn add(desk: &Desk, slug: &str) {
    desk.lic(&["customer", "add", slug, "--name", slug]).done();
}

/// The copies of a file of the home that a restore kept.
fn kept(desk: &Desk, file: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(desk.home()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{file}.before-"))).collect()
}

#[test]
fn an_empty_folder_becomes_a_home_that_works() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    assert_snapshot!("new_home", desk.lic(&["restore", &backup, "--home", "new/home"]));
    let home = desk.path("new/home");
    assert_eq!((mode(&home), mode(&home.join("ledger.db")), mode(&home.join("lic.toml"))), (0o700, 0o600, 0o600));
    assert_eq!(desk.lic(&["customer", "list", "-o", "name", "--home", "new/home"]).done().stdout, customers(&desk));
    // A second process may read along while one writes: the ledger is back in the mode that it works in.
    desk.lic(&["customer", "add", "next", "--name", "Next", "--home", "new/home"]).done();
    let mode: String =
        Connection::open(home.join("ledger.db")).unwrap().pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_home_is_restored_with_its_keys_and_signs_again() {
    let desk = crate::support::empty();
    let pass = desk.write_private("pass", "correct horse battery staple\n");
    desk.lic(&["init", "--name", "Example", "--product", "cockpit", "--passphrase-file", pass]).done();
    add(&desk, "acme");
    let run = desk.lic(&["backup", "--with-keys", "-o", "name"]).done();
    let name = Path::new(run.stdout.trim()).file_name().unwrap().to_owned();
    let backup = desk.path("safe");
    std::fs::rename(desk.home().join("backups").join(name), &backup).unwrap();
    std::fs::remove_dir_all(desk.home()).unwrap();
    assert_snapshot!("with_keys", desk.lic(&["restore", "safe"]));
    let issue = ["issue", "acme", "--tier", "basic", "--out", "acme.lic", "--passphrase-file", pass];
    desk.lic(&issue).done();
    desk.lic(&["verify", "acme.lic"]).done();
}

#[test]
fn a_ledger_that_has_gone_on_is_replaced_only_by_force_and_kept_aside() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    add(&desk, "bolt");
    let before = desk.files();
    assert_snapshot!("longer", desk.lic(&["restore", &backup]));
    assert_eq!(desk.files(), before);
    assert_snapshot!("forced", desk.lic(&["restore", &backup, "--force"]));
    assert_eq!(customers(&desk), "acme\ninternal\n");
    let kept = kept(&desk, "ledger.db");
    assert_eq!((kept.len(), mode(&kept[0])), (1, 0o600));
    // The copy is a whole ledger.
    std::fs::create_dir(desk.path("old")).unwrap();
    std::fs::copy(&kept[0], desk.path("old/ledger.db")).unwrap();
    std::fs::copy(desk.home().join("lic.toml"), desk.path("old/lic.toml")).unwrap();
    let listed = desk.lic(&["customer", "list", "-o", "name", "--home", "old"]).done().stdout;
    assert_eq!(listed, "acme\nbolt\ninternal\n");
}

#[test]
fn a_ledger_that_is_a_beginning_of_the_backup_is_brought_forward() {
    let desk = with_customer("acme");
    let early = backed_up(&desk);
    add(&desk, "bolt");
    let late = backed_up(&desk);
    desk.lic(&["restore", &early, "--force"]).done();
    desk.lic(&["restore", &late]).done();
    assert_eq!(customers(&desk), "acme\nbolt\ninternal\n");
    // And once more: what is there is the backup.
    desk.lic(&["restore", &late]).done();
    assert_eq!(kept(&desk, "ledger.db").len(), 3);
}

#[test]
fn another_history_and_another_authority_are_refused() {
    let desk = with_customer("acme");
    let early = backed_up(&desk);
    add(&desk, "bolt");
    let late = backed_up(&desk);
    desk.lic(&["restore", &early, "--force"]).done();
    add(&desk, "crane");
    let before = desk.files();
    assert_snapshot!("diverged", desk.lic(&["restore", &late]));
    assert_eq!(desk.files(), before);
    desk.lic(&["init", "--home", "other", "--name", "Other", "--product", "radar", "--no-passphrase"]).done();
    assert_snapshot!("another_authority", desk.lic(&["restore", &late, "--home", "other"]));
    desk.lic(&["restore", &late, "--home", "other", "--force"]).done();
    assert!(desk.lic(&["customer", "list", "-o", "name", "--home", "other"]).done().stdout.contains("bolt"));
}

#[test]
fn every_fault_of_a_backup_has_its_own_words_and_nothing_is_touched() {
    let desk = with_customer("acme");
    let backup = PathBuf::from(backed_up(&desk));
    add(&desk, "bolt");
    let other = PathBuf::from(backed_up(&desk));
    let edit = |path: &Path, from: &str, to: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from));
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    type Fault<'f> = (&'static str, Box<dyn Fn(&Path) + 'f>);
    let faults: Vec<Fault<'_>> = vec![
        ("no_manifest", Box::new(|at| std::fs::remove_file(at.join("manifest.json")).unwrap())),
        ("no_ledger", Box::new(|at| std::fs::remove_file(at.join("ledger.db")).unwrap())),
        ("no_settings", Box::new(|at| std::fs::remove_file(at.join("lic.toml")).unwrap())),
        ("manifest_edited", Box::new(move |at| edit(&at.join("manifest.json"), "\"size\": ", "\"size\": 1"))),
        ("manifest_cut", Box::new(|at| cut(&at.join("manifest.json"), 100))),
        ("manifest_is_no_text", Box::new(|at| std::fs::write(at.join("manifest.json"), b"\xff\xfe\0").unwrap())),
        ("manifest_newer", Box::new(move |at| edit(&at.join("manifest.json"), "\"format\": 1", "\"format\": 9"))),
        (
            "manifest_of_another",
            Box::new(|at| assert!(std::fs::copy(other.join("manifest.json"), at.join("manifest.json")).is_ok())),
        ),
        ("ledger_cut", Box::new(|at| cut(&at.join("ledger.db"), 8192))),
        ("ledger_empty", Box::new(|at| cut(&at.join("ledger.db"), 0))),
        ("settings_edited", Box::new(move |at| edit(&at.join("lic.toml"), "Example", "Exempla"))),
        ("ledger_newer", Box::new(|at| forge(at, "PRAGMA user_version = 99"))),
        ("ledger_tampered", Box::new(|at| forge(at, "UPDATE customers SET name = 'Acme SE' WHERE slug = 'acme'"))),
        ("ledger_of_another_program", Box::new(|at| forge(at, "PRAGMA application_id = 7"))),
    ];
    for (name, fault) in faults {
        let copy = desk.path(name);
        std::fs::create_dir(&copy).unwrap();
        for file in ["ledger.db", "lic.toml", "manifest.json"] {
            std::fs::copy(backup.join(file), copy.join(file)).unwrap();
        }
        fault(&copy);
        let before = desk.files();
        for home in [&["--home", "new"][..], &["--force"]] {
            let run = desk.lic(&[&["restore", name], home].concat());
            if name == "ledger_cut" || name == "ledger_empty" {
                assert!(run.stderr.contains("ledger.db is cut short: ") && run.stderr.contains(" bytes are left"), "{run}");
            } else if home.len() == 2 {
                assert_snapshot!(format!("fault_{name}"), run);
            }
            run.code(1);
        }
        assert_eq!(desk.files(), before, "{name}");
        assert!(!desk.path("new").exists(), "{name}");
    }
    assert_snapshot!("fault_nothing_there", desk.lic(&["restore", "nothing"]));
    assert_snapshot!("fault_a_file", desk.lic(&["restore", desk.write("file", "")]));
}

fn cut(path: &Path, length: usize) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..length.min(bytes.len())]).unwrap();
}

/// Changes the ledger of a backup, and has the manifest fit it, as somebody who knows how would.
fn forge(backup: &Path, sql: &str) {
    use lic::authority::backup::{FileEntry, Manifest};
    let db = Connection::open(backup.join("ledger.db")).unwrap();
    db.execute_batch(sql).unwrap();
    db.close().unwrap();
    let mut manifest = Manifest::read(backup).unwrap();
    manifest.files[0] = FileEntry::of(&backup.join("ledger.db"), "ledger.db").unwrap();
    std::fs::write(backup.join("manifest.json"), manifest.without(Vec::new()).text()).unwrap();
}

#[test]
fn a_ledger_that_is_broken_is_replaced_by_force_and_one_that_is_gone_without() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    let ledger = desk.home().join("ledger.db");
    let whole = std::fs::read(&ledger).unwrap();
    let broken: [(&str, Vec<u8>); 3] = [
        ("text", b"this is no database at all, whatever its name says\n".repeat(200)),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("empty", Vec::new()),
    ];
    for (name, bytes) in broken {
        std::fs::write(&ledger, &bytes).unwrap();
        let run = desk.lic(&["restore", &backup]);
        assert_snapshot!(format!("broken_{name}"), run);
        desk.lic(&["restore", &backup, "--force"]).done();
        assert_eq!(customers(&desk), "acme\ninternal\n", "{name}");
    }
    std::fs::remove_file(&ledger).unwrap();
    desk.lic(&["restore", &backup]).done();
    assert_eq!(customers(&desk), "acme\ninternal\n");
}

#[test]
fn a_ledger_with_one_bad_page_can_be_replaced() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    let ledger = desk.home().join("ledger.db");
    let page: i64 = Connection::open(&ledger)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'tiers'", [], |row| row.get(0))
        .unwrap();
    let mut bytes = std::fs::read(&ledger).unwrap();
    let start = (page as usize - 1) * 8192;
    bytes[start..start + 100].fill(0xff);
    std::fs::write(&ledger, &bytes).unwrap();
    // Its log is that of the backup: nothing is lost.
    desk.lic(&["restore", &backup]).done();
    desk.lic(&["tier", "list"]).done();
    assert_eq!(std::fs::read(&kept(&desk, "ledger.db")[0]).unwrap().len(), bytes.len());
}

#[test]
fn settings_are_restored_and_those_that_were_there_kept() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    let settings = desk.home().join("lic.toml");
    std::fs::write(&settings, "[authority]\nname = \"Renamed\"\n").unwrap();
    crate::support::set_mode(&settings, 0o640);
    desk.lic(&["restore", &backup]).done();
    assert!(std::fs::read_to_string(&settings).unwrap().contains("Example Software"));
    assert_eq!(mode(&settings), 0o640);
    assert_eq!(std::fs::read_to_string(&kept(&desk, "lic.toml")[0]).unwrap(), "[authority]\nname = \"Renamed\"\n");
    std::fs::write(&settings, "a typo").unwrap();
    desk.lic(&["restore", &backup]).done();
    desk.lic(&["list"]).done();
}

#[test]
fn a_terminal_is_asked_before_a_ledger_is_replaced_and_only_an_admin_may() {
    let desk = with_customer("acme");
    let backup = backed_up(&desk);
    add(&desk, "bolt");
    assert_snapshot!("declined", desk.lic_on_terminal(&["restore", &backup, "--force"], [Answer::No]).code(130));
    assert!(customers(&desk).contains("bolt"));
    desk.lic_on_terminal(&["restore", &backup, "--force"], [Answer::Yes]).done();
    assert!(!customers(&desk).contains("bolt"));
    desk.lic(&["operator", "add", "eve", "--role", "issuer", "--no-passphrase", "-q"]).done();
    assert_snapshot!("not_an_admin", desk.lic(&["restore", &backup, "--force", "--as", "eve"]));
}

#[test]
fn a_restore_by_name_takes_it_from_the_folder_of_backups() {
    let desk = authority();
    let backup = backed_up(&desk);
    let name = Path::new(&backup).file_name().unwrap().to_str().unwrap();
    desk.lic(&["restore", name]).done();
}

#[test]
fn mails_that_left_after_the_backup_may_go_again_and_that_is_said() {
    let desk = with_customer("acme");
    let path = desk.home().join("lic.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, settings + "\n[mail]\ntransport = \"folder\"\nfrom = \"licenses@example.com\"\n").unwrap();
    // Before the first run there is nothing to say.
    let before = backed_up(&desk);
    desk.lic(&["notify"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--for", "7d", "--out", "keys/", "-q"]).done();
    let backup = backed_up(&desk);
    desk.lic(&["notify"]).done();
    assert_snapshot!("mails_may_go_again", desk.lic(&["restore", &backup]));
    assert_eq!(desk.lic(&["notify", "--dry-run", "-o", "name"]).done().stdout.lines().count(), 1);
    let run = desk.lic(&["restore", &before, "--force"]).done();
    assert!(!run.stderr.contains("mails"), "{run}");
}
