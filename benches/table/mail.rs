//! How fast `lic notify` sends: 10,000 mails to a mail server of this process, beside the same dialogue without anything around it.
//!
//! The program is the real one, with its outbox: before a mail is handed over, its claim is on the disk. What that costs on this
//! disk is shown by the second reference, which writes and syncs one small record before each mail and does nothing else. That
//! every mail arrived once is checked.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

use lic::ledger::{Access, Fact, KeyPurpose, Ledger};
use lic::license::{Contact, Customer, CustomerKind, LicenseId, LicenseType, MachineTerms, Slug, Terms, Timestamp};
use server::{Received, Server};

use crate::Outcome;
use crate::home::{self, lic};
use crate::sheet::{self, Wanted};

#[path = "../../tests/smtp/server.rs"]
mod server;

const MAILS: u64 = 10_000;

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let mails = wanted.number().unwrap_or(MAILS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let home = folder.path().join("home");
    let server = Server::start();
    fill(&home, mails, server.port)?;

    let start = Instant::now();
    lic(&home, &["notify", "--quiet"])?;
    let notify = start.elapsed().as_secs_f64();
    let received = server.received();
    let connections = server.connections();
    let addresses: std::collections::BTreeSet<&str> = received.iter().map(|mail| mail.to.as_str()).collect();
    if (received.len() as u64, addresses.len() as u64, connections) != (mails, mails, 1) {
        return Err(format!(
            "{} mails to {} addresses over {connections} connections in place of {mails} over one",
            received.len(),
            addresses.len()
        )
        .into());
    }
    let start = Instant::now();
    lic(&home, &["notify", "--quiet"])?;
    let again = start.elapsed().as_secs_f64();

    let start = Instant::now();
    dialogue(server.port, &received, || Ok(()))?;
    let raw = start.elapsed().as_secs_f64();
    let mut record = File::create(folder.path().join("records"))?;
    let start = Instant::now();
    dialogue(server.port, &received, || {
        record.write_all(&[0; 512])?;
        Ok(record.sync_data()?)
    })?;
    let synced = start.elapsed().as_secs_f64();

    let bytes: usize = received.iter().map(|mail| mail.text.len()).sum();
    let size = bytes / received.len();
    sheet::heading(&format!("{mails} mails of {size} bytes over one connection"), "lic notify", "reference");
    let per_second = |seconds: f64| format!("{:.0}/s", mails as f64 / seconds);
    for (name, reference) in [("beside the same dialogue alone", raw), ("beside it with a record synced before each", synced)] {
        sheet::row(name, &per_second(notify), &per_second(reference), reference / notify, None);
    }
    sheet::row("a second run, with nothing to send", &sheet::time(again), &sheet::time(notify), again / notify, None);
    Ok(())
}

/// An authority with one customer, one contact and one license that ends in five days for each mail.
fn fill(home: &Path, mails: u64, port: u16) -> Outcome<()> {
    home::new(home)?;
    let settings = fs::read_to_string(home.join("lic.toml"))?;
    let mail = format!(
        "\n[mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"licenses@example.com\"\n"
    );
    fs::write(home.join("lic.toml"), settings + &mail)?;
    let mut ledger = Ledger::open(&home.join("ledger.db"), Access::ReadWrite)?;
    ledger.expect_bulk()?;
    let by = ledger.read().operators()?.first().ok_or("no operator")?.slug.clone();
    let keys = ledger.read().signing_keys()?;
    let kid = keys.iter().find(|key| key.purpose == KeyPurpose::License).ok_or("no signing key")?.kid;
    let now = home::now()?;
    ledger.write(|transaction| {
        for number in 0..mails {
            let slug: Slug = format!("customer-{number:06}").parse()?;
            let customer = customer(&slug);
            transaction.record(now, &by, &Fact::CustomerAdded(customer))?;
            let issued = Fact::LicenseIssued {
                license: LicenseId::from_random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29),
                customer: slug,
                terms: terms(now)?,
                rev: 1,
                kid,
                key: "k".repeat(800),
                note: None,
                request: None,
                unusual: None,
                occasion: None,
            };
            transaction.record(now, &by, &issued)?;
        }
        Outcome::Ok(())
    })?;
    Ok(ledger.close()?)
}

fn customer(slug: &Slug) -> Customer {
    Customer {
        slug: slug.clone(),
        name: format!("Company {slug}"),
        kind: CustomerKind::Customer,
        contacts: vec![Contact { name: Some("Jane Doe".into()), mail: format!("jane@{slug}.example") }],
        owner: None,
        reference: None,
        notes: None,
        archived: false,
    }
}

fn terms(now: Timestamp) -> Outcome<Terms> {
    Ok(Terms {
        product: "cockpit".parse()?,
        tier: "basic".parse()?,
        tier_name: "Basic".into(),
        rank: 10,
        kind: LicenseType::Commercial,
        internal: false,
        starts: now.date().start(),
        ends: Some(now.date().start().plus_days(5)),
        grace_days: 14,
        warn_days: 30,
        offline_days: None,
        seats: Some(5),
        features: Default::default(),
        limits: Default::default(),
        machines: MachineTerms::default(),
        meta: None,
    })
}

/// The dialogue of the mails over one connection, with something done before each is handed over.
fn dialogue(port: u16, mails: &[Received], mut before: impl FnMut() -> Outcome<()>) -> Outcome<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut answered = |wanted: &str| -> Outcome<()> {
        loop {
            let mut line = String::new();
            answers.read_line(&mut line)?;
            if line.get(3..4) != Some("-") {
                return if line.starts_with(wanted) { Ok(()) } else { Err(line.into()) };
            }
        }
    };
    answered("220")?;
    stream.write_all(b"EHLO localhost\r\n")?;
    answered("250")?;
    for mail in mails {
        stream.write_all(format!("MAIL FROM:<{}>\r\n", mail.from).as_bytes())?;
        answered("250")?;
        stream.write_all(format!("RCPT TO:<{}>\r\n", mail.to).as_bytes())?;
        answered("250")?;
        before()?;
        stream.write_all(b"DATA\r\n")?;
        answered("354")?;
        stream.write_all(format!("{}.\r\n", mail.text.replace('\n', "\r\n")).as_bytes())?;
        answered("250")?;
    }
    stream.write_all(b"QUIT\r\n")?;
    answered("221")
}
