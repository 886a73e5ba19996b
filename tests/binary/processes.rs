//! Processes with pipes: what they hand on, how they end, and what is left of those that do not end by themselves.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::{Place, text};

/// Runs with this on standard input; gives the exit code and what was printed.
fn fed(place: &Place, args: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = place.lic(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stdout))
}

#[test]
fn a_pipe_carries_data_and_nothing_else() {
    let place = Place::open();
    let output = place.run(&["issue", "acme", "--tier", "basic", "--out", "-"]);
    let (key, said) = (text(&output.stdout), text(&output.stderr));
    assert!(key.starts_with("-----BEGIN LICENSE-----\n") && key.ends_with("\n-----END LICENSE-----\n"), "{key}");
    assert!(said.starts_with("✓ LIC-") && !said.contains('\u{1b}'), "{said}");
    assert_eq!(fed(&place, &["verify", "-o", "name"], &key), (Some(0), format!("{}\n", place.licenses()[0])));
    assert_eq!(fed(&place, &["verify", "--at", "2999-01-01"], &key).0, Some(3));
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let place = Place::open();
    for args in [&["issue"][..], &["init", "--home", "elsewhere"]] {
        // There is an answer to be had, but nobody who gives it.
        assert_eq!(fed(&place, args, "acme\nbasic\ny\n").0, Some(2), "{args:?}");
    }
    assert!(place.licenses().is_empty() && !place.path("elsewhere").exists());
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let place = Place::open();
    place.done(&["issue", "acme", "--tier", "basic", "--count", "500", "--out", "keys/", "-q"]);
    for (args, code) in [
        (&["list"][..], 0),
        (&["list", "--json"], 0),
        (&["--help"], 0),
        (&["key", "export", "--format", "snippet", "--lang", "c"], 0),
        (&["verify", "keys/acme-basic.lic", "--explain"], 0),
        // A verdict is heard all the same.
        (&["verify", "keys/acme-basic.lic", "--at", "2999-01-01"], 3),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.lic(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(code), String::new()), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_at_the_other_end_is_a_failure_that_is_told() {
    let place = Place::open();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = place.lic(&["customer", "list"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no space left"), "{}", text(&output.stderr));
}

#[test]
fn nothing_in_the_environment_makes_two_authorities_alike() {
    let kids =
        |place: &Place| -> BTreeSet<String> { place.done(&["key", "list", "-o", "name"]).lines().map(str::to_owned).collect() };
    let (one, other) = (Place::open(), Place::open());
    assert!(kids(&one).is_disjoint(&kids(&other)));
    let id = |place: &Place| place.done(&["issue", "acme", "--tier", "basic", "--out", "-", "-o", "name"]);
    assert_ne!(id(&one), id(&other));
}

/// Who a process is follows from the kernel's word, and from no variable that anybody can set.
#[test]
fn the_operator_is_the_system_user_whatever_the_environment_says() {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(name) = fields.find(|fields| fields.get(2) == Some(&uid.as_str())).map(|fields| fields[0].to_owned()) else {
        return;
    };
    let place = Place::open();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lic"));
    command.args(["-v", "quick", "--out", "-"]).current_dir(place.folder()).env_clear().env("LIC_HOME", place.path("home"));
    command.env("USER", "ops").env("LOGNAME", "ops").env("USERNAME", "ops");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains(&format!("there is no operator '{name}'")), "{}", text(&output.stderr));
}

#[test]
fn two_processes_that_issue_at_once_lose_nothing() {
    const EACH: usize = 15;
    let place = Place::open();
    let issue = |folder: &str| -> Vec<String> {
        let one = |_| place.done(&["issue", "acme", "--tier", "basic", "--out", folder, "-o", "name"]).trim().to_owned();
        (0..EACH).map(one).collect()
    };
    let told: Vec<String> = thread::scope(|scope| {
        let both = [scope.spawn(|| issue("one/")), scope.spawn(|| issue("other/"))];
        both.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let told: BTreeSet<String> = told.into_iter().collect();
    assert_eq!(told.len(), 2 * EACH);
    assert_eq!(place.licenses().into_iter().collect::<BTreeSet<_>>(), told);
    for folder in ["one", "other"] {
        let files: Vec<_> = std::fs::read_dir(place.path(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), EACH);
        for file in files {
            place.done(&["verify", file.to_str().unwrap()]);
        }
    }
}

#[test]
fn one_request_from_two_processes_at_once_is_one_license() {
    let place = Place::open();
    let issue = || place.done(&["issue", "acme", "--tier", "basic", "--request-id", "order-4711", "--out", "-"]);
    let keys: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(issue)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(place.licenses().len(), 1);
}

#[test]
fn what_is_killed_leaves_a_whole_ledger_and_a_rerun_doubles_nothing() {
    const ROUNDS: u32 = 20;
    let place = Place::open();
    let request = |round: u32| {
        ["issue", "acme", "--tier", "basic", "--out", "keys/", "-o", "name", "--request-id"]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("order-{round}")])
            .collect::<Vec<String>>()
    };
    let args = |request: &[String]| -> Vec<String> { request.to_vec() };
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        let request = args(&request(round));
        let request: Vec<&str> = request.iter().map(String::as_str).collect();
        let mut child = place.lic(&request).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Somewhere between its first and its last instruction: where does not matter.
        thread::sleep(Duration::from_millis(u64::from(round) * 4));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        told.extend(text(&output.stdout).lines().filter(|_| output.status.success()).map(|id| (round, id.to_owned())));
    }
    let after = place.licenses();
    assert!(after.len() >= told.len() && after.len() <= ROUNDS as usize, "{} told, {} there", told.len(), after.len());
    assert!(told.iter().all(|(_, id)| after.contains(id)), "{told:?} {after:?}");

    let again: Vec<String> = (0..ROUNDS)
        .map(|round| place.done(&request(round).iter().map(String::as_str).collect::<Vec<_>>()).trim().to_owned())
        .collect();
    assert!(told.iter().all(|(round, id)| again[*round as usize] == *id), "{told:?} {again:?}");
    assert_eq!(place.licenses().len(), ROUNDS as usize);
    assert!(after.iter().all(|id| again.contains(id)), "{after:?} {again:?}");
    for id in &again {
        let key = place.done(&["show", id, "--key"]);
        assert_eq!(fed(&place, &["verify"], &key).0, Some(0));
    }
}
