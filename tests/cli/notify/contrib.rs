//! The files in `contrib/`, tried as they are written: only the places of the program and of the home are those of the test.

use std::process::Command;

use super::faults::connect;
use super::faults::server::{PASSWORD, Server};
use super::{desk, issue, mails};
use crate::support::{Desk, set_mode, shell_words};

const PROGRAM: &str = "/usr/local/bin/lic";
const HOME: &str = "/var/lib/lic";

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/contrib/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What a unit sets a name to, once for each line.
fn set<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

/// The arguments of a command line that begins with the program, with the home of the desk in the place of the usual one.
fn arguments(desk: &Desk, line: &str) -> Vec<String> {
    let words = shell_words(line);
    assert_eq!(words[0], PROGRAM);
    words[1..].iter().map(|word| word.replace(HOME, desk.home().to_str().unwrap())).collect()
}

#[test]
fn the_service_of_systemd_sends_with_the_password_that_it_hands_over() {
    let unit = file("systemd/lic-notify.service");
    assert_eq!((set(&unit, "Environment"), set(&unit, "ReadWritePaths")), (vec!["LIC_HOME=/var/lib/lic"], vec![HOME]));
    let credential = set(&unit, "LoadCredential")[0].split_once(':').unwrap().0;
    let (server, desk) = (Server::start(), desk(""));
    issue(&desk, "globex", "2026-12-01", &[]);
    connect(&desk, &server, "");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap().replace("password_file = \"pass\"\n", "");
    std::fs::write(&settings, text).unwrap();
    let handed_over = format!("credentials/{credential}");
    desk.write(&handed_over, PASSWORD);
    set_mode(&desk.path(&handed_over), 0o440);
    let command = arguments(&desk, set(&unit, "ExecStart")[0]);
    let run = || {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        desk.command(&words).env("CREDENTIALS_DIRECTORY", desk.path("credentials")).user(|| Some("lic".into())).run()
    };
    let first = run().done();
    assert_eq!((first.stdout.as_str(), first.stderr.as_str(), server.received().len()), ("", "", 1));
    assert!(std::fs::read_to_string(desk.home().join("lic.prom")).unwrap().contains("lic_notify_mails{state=\"sent\"} 1\n"));

    // What is tried again later is what exits with 75, and nothing else that the program exits with.
    issue(&desk, "globex", "2026-12-01", &[]);
    server.script(|_| Some(super::faults::server::Fault::Close));
    assert_eq!(run().code, 75);
    let never_again: Vec<&str> = set(&unit, "RestartPreventExitStatus")[0].split(' ').collect();
    assert_eq!((never_again, set(&unit, "Restart")), (vec!["1", "2", "5", "70"], vec!["on-failure"]));
}

#[test]
fn the_line_of_cron_sends_once_though_it_runs_twice() {
    let text = file("cron/lic-notify");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[..2], ["MAILTO=root", "LIC_HOME=/var/lib/lic"]);
    let words: Vec<&str> = lines[2].split_whitespace().collect();
    let (when, command) = words.split_at(6);
    assert_eq!((lines.len(), when), (3, &["0", "6,7", "*", "*", "*", "lic"][..]));
    // A percent sign would be a line break to cron.
    assert!(!lines[2].contains('%') && text.ends_with('\n'));
    let desk = desk("");
    issue(&desk, "globex", "2026-12-01", &[]);
    let command = arguments(&desk, &command.join(" "));
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let mut sent = Vec::new();
    for hour in when[1].split(',') {
        desk.set_time(&format!("2026-11-23T{:02}:00:00Z", hour.parse::<u8>().unwrap()));
        let run = desk.command(&words).user(|| Some("lic".into())).run().done();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
        sent.push(mails(&desk).len());
    }
    assert_eq!(sent, [1, 1]);
}

/// Where systemd is installed, it reads the units itself.
#[test]
fn systemd_finds_no_fault_in_the_units() {
    let (service, timer) = (file("systemd/lic-notify.service"), file("systemd/lic-notify.timer"));
    for (unit, sections) in [(&service, &["[Unit]", "[Service]"][..]), (&timer, &["[Unit]", "[Timer]", "[Install]"])] {
        let found: Vec<&str> = unit.lines().filter(|line| line.starts_with('[')).collect();
        assert_eq!(found, sections);
    }
    let folder = tempfile::tempdir().unwrap();
    // The manual page is not installed here, and neither is the program.
    let settled = |unit: &str| unit.replace(PROGRAM, "/bin/true").replace("Documentation=man:lic-notify(1)\n", "");
    let paths = [("lic-notify.service", service), ("lic-notify.timer", timer)].map(|(name, unit)| {
        let path = folder.path().join(name);
        std::fs::write(&path, settled(&unit)).unwrap();
        path
    });
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").args(paths).output() else { return };
    assert!(verified.status.success() && verified.stderr.is_empty(), "{}", String::from_utf8_lossy(&verified.stderr));
}
