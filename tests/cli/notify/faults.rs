//! What a mail server can do, at every step of the dialogue, and what comes of it: nothing is lost, and nothing is sent twice that
//! was answered once.

#[path = "../../smtp/server.rs"]
pub mod server;

use std::collections::BTreeMap;
use std::fmt::Write;

use insta::assert_snapshot;

use self::server::{Fault, PASSWORD, Place, Received, Server, Step, certificate};
use super::{configure, desk, issue};
use crate::support::{Desk, authority, set_mode};

/// Lets the desk's mails go to the server.
pub fn connect(desk: &Desk, server: &Server, more: &str) {
    let path = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mail = format!(
        "transport = \"smtp\"\nhost = \"localhost\"\nport = {}\nuser = \"licenses\"\npassword_file = \"pass\"\nca_file = \"ca.pem\"\n{more}",
        server.port
    );
    std::fs::write(&path, text.replace("transport = \"folder\"\n", &mail)).unwrap();
    std::fs::write(desk.home().join("ca.pem"), &certificate().0).unwrap();
    let pass = desk.home().join("pass");
    std::fs::write(&pass, format!("{PASSWORD}\n")).unwrap();
    set_mode(&pass, 0o600);
}

fn counted(received: &[Received]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for one in received {
        *counted.entry(one.to.clone()).or_default() += 1;
    }
    counted
}

/// Two contacts are due. The fault strikes the first connection, or the mail to Jane; Joe's mail comes after hers.
fn struck(step: Step, fault: Fault) -> String {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    // Time enough for a busy machine to answer; what hangs is waited for no longer than it must be.
    connect(&desk, &server, if fault == Fault::Hang { "timeout = 4\n" } else { "" });
    server.script(move |place: &Place| {
        let about_jane = !matches!(step, Step::Rcpt | Step::Data | Step::End) || place.recipient == "jane@acme.example";
        (place.step == step && about_jane && place.connection == 1).then_some(fault)
    });
    let first = desk.lic(&["notify"]).tame();
    let states = |desk: &Desk| {
        let history = desk.lic(&["notify", "history", "--json"]).done().json();
        let mut states: Vec<String> = history["mails"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mail| {
                format!("{} {}", &mail["to"].as_str().unwrap()[..4].trim_end_matches('@'), mail["state"].as_str().unwrap())
            })
            .collect();
        states.sort();
        states.join(", ")
    };
    let after_first = states(&desk);
    server.recover();
    let second = desk.lic(&["notify"]).tame();
    let received = server.received();
    let by_id = received.iter().fold(BTreeMap::<String, usize>::new(), |mut ids, one| {
        *ids.entry(one.message_id()).or_default() += 1;
        ids
    });
    let counted = counted(&received);

    // The rules, whatever the step and the fault.
    let in_doubt = step == Step::End && !matches!(fault, Fault::Later | Fault::No);
    assert!(by_id.values().all(|times| *times <= if in_doubt { 2 } else { 1 }), "{step:?} {fault:?}: {by_id:?}");
    assert_eq!(by_id.len(), counted.len(), "{step:?} {fault:?}: one Message-ID for each recipient: {by_id:?}");
    let refused_for_good = fault == Fault::No && matches!(step, Step::Rcpt | Step::Data | Step::End);
    assert_eq!(counted.contains_key("jane@acme.example"), !refused_for_good, "{step:?} {fault:?}");
    assert_eq!(counted.get("joe@acme.example"), Some(&1), "{step:?} {fault:?}");
    assert!(received.iter().all(|one| one.encrypted && one.user.as_deref() == Some("licenses")), "{step:?} {fault:?}");
    assert!(!first.stderr.contains("jane@") && !first.stdout.contains("jane@"), "{first}");
    assert_eq!(desk.lic(&["notify"]).done().stderr, "");
    assert_eq!(server.received().len(), received.len(), "{step:?} {fault:?}: a third run sends nothing");

    let mut told = String::new();
    writeln!(told, "{step:?} {fault:?}: exit {}, {after_first}; then exit {}, {}", first.code, second.code, states(&desk))
        .unwrap();
    writeln!(told, "    received: {counted:?}").unwrap();
    for line in first.stderr.lines().filter(|line| !line.starts_with("hint")) {
        writeln!(told, "    {}", line.replace(&server.port.to_string(), "PORT")).unwrap();
    }
    told
}

#[test]
fn every_failure_at_every_step_loses_nothing_and_doubles_nothing_that_was_answered() {
    certificate();
    let cases: Vec<(Step, Fault)> = Step::ALL.iter().flat_map(|step| Fault::ALL.map(|fault| (*step, fault))).collect();
    // What hangs waits for its time-out; together they wait no longer than one does.
    let told: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = cases.iter().map(|(step, fault)| scope.spawn(|| struck(*step, *fault))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_snapshot!("every_step_and_fault", told.concat());
}

#[test]
fn refused_for_now_and_refused_for_good_are_told_apart() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    issue(&desk, "globex", "2026-12-01", &[]);
    connect(&desk, &server, "");
    server.script(|place: &Place| match (place.step, place.recipient.as_str()) {
        (Step::Rcpt, "jane@acme.example") => Some(Fault::Later),
        (Step::Rcpt, "joe@acme.example") => Some(Fault::No),
        _ => None,
    });
    assert_snapshot!("one_for_now_one_for_good", desk.lic(&["notify"]));
    assert_eq!(counted(&server.received()).into_keys().collect::<Vec<_>>(), ["ann@globex.example"]);
    assert_eq!(server.connections(), 1);
    assert_snapshot!("tried_again", desk.lic(&["notify"]));
    server.recover();
    desk.lic(&["notify"]).done();
    assert_eq!(counted(&server.received()).into_keys().collect::<Vec<_>>(), ["ann@globex.example", "jane@acme.example"]);
    assert_snapshot!("history_of_refusals", desk.command(&["notify", "history"]).terminal(200).run());
}

#[test]
fn a_mail_handed_over_twice_without_an_answer_is_not_sent_a_third_time() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "globex", "2026-12-01", &[]);
    connect(&desk, &server, "");
    server.script(|place: &Place| (place.step == Step::End).then_some(Fault::Close));
    desk.lic(&["notify"]).code(75);
    assert_snapshot!("in_doubt", desk.lic(&["notify"]).code(75));
    server.recover();
    assert_eq!(desk.lic(&["notify"]).done().stderr, "");
    let ids: Vec<String> = server.received().iter().map(Received::message_id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_server_that_is_down_stops_the_run_and_the_next_one_sends_all() {
    let port = Server::start().port;
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2026-12-01", &[]);
    let server = Server::start();
    connect(&desk, &server, "");
    let settings = std::fs::read_to_string(desk.home().join("lic.toml")).unwrap();
    let down = settings.replace(&format!("port = {}", server.port), &format!("port = {port}"));
    std::fs::write(desk.home().join("lic.toml"), down).unwrap();
    let run = desk.lic(&["notify"]).code(75);
    assert_snapshot!("server_down", run.to_string().replace(&port.to_string(), "PORT"));
    std::fs::write(desk.home().join("lic.toml"), settings).unwrap();
    desk.lic(&["notify"]).done();
    assert_eq!((server.received().len(), server.connections()), (3, 1));
}

#[test]
fn a_server_that_closes_after_every_mail_is_called_again() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    issue(&desk, "globex", "2026-12-01", &[]);
    connect(&desk, &server, "");
    // The second mail of a connection finds it closed.
    let seen = std::sync::Mutex::new(std::collections::HashSet::new());
    server.script(move |place: &Place| {
        let again = place.step == Step::Mail && !seen.lock().unwrap().insert(place.connection);
        again.then_some(Fault::Close)
    });
    desk.lic(&["notify"]).done();
    assert_eq!((server.received().len(), server.connections()), (3, 3));
}

#[test]
fn a_server_whose_certificate_is_not_trusted_gets_nothing() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    connect(&desk, &server, "");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap().replace("ca_file = \"ca.pem\"\n", "");
    std::fs::write(&settings, text).unwrap();
    let run = desk.lic(&["notify"]).code(75);
    assert!(run.stderr.contains("certificate"), "{run}");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "acme", "2026-12-01", &[]);
    connect(&desk, &server, "");
    std::fs::write(desk.home().join("pass"), "wrong horse\n").unwrap();
    let run = desk.lic(&["notify"]).code(75);
    assert_snapshot!("wrong_password", run.to_string().replace(&server.port.to_string(), "PORT"));
    assert!(!run.to_string().contains("horse"));
    let test = desk.lic(&["mail", "test", "jane@acme.example"]).code(1);
    assert_snapshot!("wrong_password_at_a_test", test.to_string().replace(&server.port.to_string(), "PORT"));
}

#[test]
fn the_password_comes_from_the_service_manager_too() {
    let server = Server::start();
    let desk = desk("");
    issue(&desk, "globex", "2026-12-01", &[]);
    connect(&desk, &server, "");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap().replace("password_file = \"pass\"\n", "");
    std::fs::write(&settings, text).unwrap();
    desk.write("credentials/lic-smtp-password", PASSWORD);
    set_mode(&desk.path("credentials/lic-smtp-password"), 0o440);
    desk.command(&["notify"]).env("CREDENTIALS_DIRECTORY", desk.path("credentials")).run().done();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_server_without_encryption_gets_neither_password_nor_mail() {
    // Answers like one that does not know STARTTLS.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 localhost\r\n").unwrap();
        let mut heard = Vec::new();
        for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
            heard.push(line.split(' ').next().unwrap().to_owned());
            if stream.write_all(b"250-localhost\r\n250 AUTH PLAIN LOGIN\r\n").is_err() {
                break;
            }
        }
        heard
    });
    let desk = authority();
    configure(
        &desk,
        &format!(
            "[mail]\ntransport = \"smtp\"\nfrom = \"a@example.com\"\nhost = \"localhost\"\nport = {port}\nuser = \"u\"\npassword_file = \"pass\"\n"
        ),
    );
    std::fs::write(desk.home().join("pass"), "secret").unwrap();
    set_mode(&desk.home().join("pass"), 0o600);
    let run = desk.lic(&["mail", "test", "jane@acme.example"]).code(1);
    assert!(run.stderr.contains("the server offers no encryption (STARTTLS)"), "{run}");
    assert!(!heard.join().unwrap().iter().any(|word| ["AUTH", "MAIL", "DATA"].contains(&word.as_str())));
}

#[test]
fn odd_addresses_reach_the_server_and_what_it_cannot_take_harms_itself_alone() {
    let server = Server::start();
    let desk = desk("");
    let contacts = ["\"a@b\"@acme.example", "jo@müller.example", "jürgen@acme.example", "x@acme.example"];
    let args: Vec<&str> = contacts.iter().flat_map(|contact| ["--contact", contact]).collect();
    desk.lic(&[&["customer", "add", "odd", "--name", "Odd"], args.as_slice()].concat()).done();
    issue(&desk, "odd", "2026-12-01", &[]);
    connect(&desk, &server, "");
    assert_snapshot!("odd_addresses", desk.lic(&["notify"]).code(75));
    let to: Vec<String> = counted(&server.received()).into_keys().collect();
    assert_eq!(to, ["\"a@b\"@acme.example", "jo@xn--mller-kva.example", "x@acme.example"]);
}
