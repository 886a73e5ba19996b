//! Bulk work in processes: interrupted, killed, without room, and two at once.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::screen::{CTRL_C, Screen};
use super::{Place, text};

/// A narrow terminal.
const COLUMNS: u16 = 60;

/// A little more than ten transactions.
const BATCH: usize = 200;
const ROWS: usize = 10 * BATCH + 50;

/// A place with an order file.
fn place(rows: usize) -> Place {
    let place = Place::open();
    let text: String = (1..=rows).map(|seats| format!("acme,basic,{seats}\n")).collect();
    fs::write(place.path("orders.csv"), format!("customer,tier,seats\n{text}")).unwrap();
    place
}

const ISSUE: [&str; 7] = ["issue", "--from", "orders.csv", "--out", "keys.csv", "--batch", "200"];

fn start(place: &Place) -> Child {
    place.lic(&ISSUE).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How many licenses are on the disk.
fn issued(place: &Place) -> usize {
    place.licenses().len()
}

/// Waits until a batch more is on the disk.
fn wait_for_a_batch(place: &Place, child: &mut Child, before: usize) {
    while issued(place) <= before {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The same command again: everything is there, once, in one list and in the ledger.
fn goes_on(place: &Place) {
    assert!(!place.path("keys.csv").exists(), "no half a list");
    place.done(&ISSUE);
    assert_eq!(issued(place), ROWS);
    let list = fs::read_to_string(place.path("keys.csv")).unwrap();
    let mut seats: Vec<usize> = list.lines().skip(1).map(|line| line.split(',').nth(4).unwrap().parse().unwrap()).collect();
    assert!(seats.is_sorted());
    seats.dedup();
    assert_eq!(seats.len(), ROWS);
    place.done(&["audit", "verify", "-q"]);
    let left: Vec<_> = fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".lic-")), "{left:?}");
}

#[test]
fn ctrl_c_stops_after_a_batch_and_a_second_one_at_once() {
    let place = place(ROWS);
    let mut before = 0;
    for twice in [false, true] {
        let mut child = start(&place);
        wait_for_a_batch(&place, &mut child, before);
        signal(&child, "-INT");
        if twice {
            thread::sleep(Duration::from_millis(5));
            signal(&child, "-INT");
        }
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("stopping after this batch"), "{said}");
        let count = issued(&place);
        assert!(count.is_multiple_of(BATCH) && count < ROWS, "{count}: {said}");
        before = count;
    }
    goes_on(&place);
}

/// What is left standing where each piece was written over the one before.
fn left_standing(line: &str) -> String {
    let mut cells: Vec<char> = Vec::new();
    for piece in line.split('\r') {
        let piece: Vec<char> = piece.chars().collect();
        let breaks = piece.contains(&'█') && piece.len() >= usize::from(COLUMNS);
        assert!(!breaks, "a bar that is broken into two lines cannot be written over: {line:?}");
        cells.resize(cells.len().max(piece.len()), ' ');
        cells[..piece.len()].copy_from_slice(&piece);
    }
    cells.into_iter().collect()
}

#[test]
fn a_person_sees_a_bar_that_is_gone_in_the_end() {
    let place = place(ROWS);
    for interrupted in [true, false] {
        let mut screen = Screen::start(place.lic(&ISSUE), COLUMNS);
        screen.wait_for(&format!("100%  checked {ROWS} of {ROWS}")).wait_for("?").type_in("y");
        screen.wait_for("%  issued");
        if interrupted {
            screen.type_in(CTRL_C).wait_for("stopping after this batch");
        }
        let left = screen.end().ended_with(if interrupted { 130 } else { 0 });
        let shown = left.shown();
        let standing: Vec<String> = shown.lines().map(left_standing).collect();
        // Where the terminal shows the Ctrl-C, the line is left as it was.
        let is_bar = |line: &&String| line.contains(['█', '░']) && !(interrupted && line.trim_end().ends_with("^C"));
        assert_eq!(standing.iter().find(is_bar), None, "{standing:#?}");
        assert_eq!(shown.contains(&format!("issued {ROWS} of {ROWS}")), !interrupted, "{shown}");
        assert_eq!(issued(&place) < ROWS, interrupted);
    }
}

#[test]
fn what_is_killed_goes_on_where_it_was() {
    let place = place(ROWS);
    let mut last = 0;
    for wait in [200, 50, 400] {
        let mut child = start(&place);
        if wait == 200 {
            wait_for_a_batch(&place, &mut child, 0);
        }
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let count = issued(&place);
        assert!((last..=ROWS).contains(&count) && (count.is_multiple_of(BATCH) || count == ROWS), "{count}");
        last = count;
        // It may have been at its end, where the list gets its name.
        let _ = fs::remove_file(place.path("keys.csv"));
        fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().path()).for_each(|path| {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".lic-")) {
                fs::remove_file(path).unwrap();
            }
        });
    }
    goes_on(&place);
}

#[test]
fn two_at_once_and_a_third_beside_them_give_every_license_once() {
    let place = place(ROWS);
    let lic = |name: &str| {
        let args = ["issue", "--from", "orders.csv", "--out", name, "-q", "--batch", "200"];
        place.lic(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [lic("one.csv"), lic("other.csv")];
    for number in 0..5 {
        place.done(&[
            "issue",
            "globex",
            "--tier",
            "basic",
            "--request-id",
            &format!("beside-{number}"),
            "--out",
            "beside/",
            "-q",
        ]);
    }
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    assert_eq!(issued(&place), ROWS + 5);
    let read = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert!(read("one.csv") == read("other.csv"), "both lists hold the same keys");
    place.done(&["audit", "verify", "-q"]);
}

#[test]
fn a_disk_that_is_full_in_the_middle_keeps_whole_batches_and_goes_on() {
    let place = place(ROWS);
    // Files of so many blocks of 512 bytes: room for some batches, and then for no more.
    let script = "trap '' XFSZ; ulimit -f 5000; exec \"$0\" \"$@\"";
    let lic = place.lic(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(lic.get_program()).args(lic.get_args()).args(ISSUE).current_dir(place.folder());
    command.env_clear().env("HOME", place.folder()).env("LIC_HOME", place.path("home")).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: "), "{said}");
    let count = issued(&place);
    assert!(count.is_multiple_of(BATCH) && count < ROWS, "{count}: {said}");
    goes_on(&place);
}
