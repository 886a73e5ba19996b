//! `lic notify` killed by the kernel at any moment: nothing is lost, and what is sent twice is one mail in doubt for each kill.

#[path = "../smtp/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use self::server::{Received, Server};
use super::Place;

/// How often a run is killed. The harness kills two hundred: `cargo run --release --example harness -- notify`.
const KILLS: usize = 12;
const CONTACTS: usize = 6;

fn place(server: &Server) -> Place {
    let place = Place::open();
    let settings = place.path("home/lic.toml");
    let mail = format!(
        "\n[mail]\ntransport = \"smtp\"\nfrom = \"licenses@example.com\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
        server.port
    );
    std::fs::write(&settings, std::fs::read_to_string(&settings).unwrap() + &mail).unwrap();
    let contacts: Vec<String> = (0..CONTACTS).map(|number| format!("contact{number}@initech.example")).collect();
    let args: Vec<&str> = contacts.iter().flat_map(|contact| ["--contact", contact]).collect();
    place.done(&[&["customer", "add", "initech", "--name", "Initech"], args.as_slice()].concat());
    place
}

fn by_id(received: &[Received]) -> BTreeMap<String, usize> {
    received.iter().fold(BTreeMap::new(), |mut ids, one| {
        *ids.entry(one.message_id()).or_default() += 1;
        ids
    })
}

#[test]
fn a_killed_run_loses_no_mail_and_doubles_at_most_the_one_in_doubt() {
    let server = Server::start();
    let place = place(&server);
    let issue = || place.done(&["issue", "initech", "--tier", "basic", "--for", "7d", "--out", "keys/", "-q"]);
    issue();
    let started = Instant::now();
    place.done(&["notify", "-q"]);
    let whole = started.elapsed();
    let mut killed = 0;
    for kill in 1..=KILLS {
        issue();
        let mut child = place.lic(&["notify"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread evenly over the time that a run takes, and in no order.
        thread::sleep(whole.mul_f64((kill as f64 * 0.618_034).fract() * 0.95) + Duration::from_micros(kill as u64 * 37 % 1000));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        place.done(&["notify", "-q"]);
    }
    place.done(&["notify"]);
    let ids = by_id(&server.received());
    let doubled = ids.values().filter(|times| **times == 2).count();
    assert_eq!(ids.len(), (KILLS + 1) * CONTACTS, "every mail arrived");
    assert!(ids.values().all(|times| *times <= 2), "{ids:?}");
    assert!(doubled <= killed, "{doubled} mails twice after {killed} kills");
    assert!(killed > 0, "no run was still at work when it was to be killed");
    println!("{killed} runs killed, {} mails, {doubled} of them twice", ids.len());
    let open = place.done(&["notify", "history", "--limit", "0", "-o", "tsv"]);
    assert!(open.lines().skip(1).all(|line| line.contains("\tsent\t")), "{open}");
}

#[test]
fn of_two_runs_at_once_one_works_and_the_other_leaves_quietly() {
    let server = Server::start();
    let place = place(&server);
    for _ in 0..8 {
        place.done(&["issue", "initech", "--tier", "basic", "--for", "7d", "--out", "keys/", "-q"]);
        let mut both: Vec<_> =
            (0..2).map(|_| place.lic(&["notify", "-q"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).collect();
        for child in both.drain(..) {
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
        }
    }
    let ids = by_id(&server.received());
    assert_eq!(ids.len(), 8 * CONTACTS);
    assert!(ids.values().all(|times| *times == 1));
}
