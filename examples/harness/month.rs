//! A month of days on which `lic notify` runs, or does not: a transcript, and checks of what it promises.
//!
//! The program runs inside this process on a clock that is set day by day, and mails to a server of this process. On some days
//! nothing runs; for days the server is out of order; two runs begin at once; licenses are renewed, suspended, reinstated,
//! revoked and issued in between. What must have been sent follows from the days and the licenses alone, and is compared with what
//! the server got:
//!
//! - no end of a license is told twice in one window to one recipient, except by a mail of which nobody can know the outcome;
//! - what is told is the tightest window of that day, and nothing of what was renewed, suspended or revoked;
//! - after a run that went well, everybody was told of everything that is due;
//! - a second run sends nothing, and of two at once one works.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use lic::ledger::{Access, Ledger, LicenseFilter, LicenseRecord};
use lic::license::{Date, LicenseId, Standing, Timestamp};

use super::inside::{Done, Inside};
use super::server::{Fault, Place, Received, Server, Step};
use super::stage::Random;

const BEGIN: &str = "2027-01-04";
const DAYS: u32 = 31;
const WINDOWS: [i64; 5] = [30, 14, 7, 1, 0];

/// What a day is like.
#[derive(Clone, Copy, PartialEq)]
enum Day {
    Usual,
    Twice,
    AtOnce,
    /// The machine is off.
    Missed,
    /// The mail server closes every connection.
    Closed,
    /// The mail server has no room: 4xx to every recipient.
    Later,
    /// The mail server takes the third mail and dies before it says so.
    Dies,
}

fn kind(number: u32) -> Day {
    match number {
        3 | 12 | 23 => Day::Twice,
        5 | 20 => Day::AtOnce,
        7..=9 | 25 => Day::Missed,
        14..=16 | 28 => Day::Closed,
        17 => Day::Later,
        18 => Day::Dies,
        _ => Day::Usual,
    }
}

/// An end of a license, told to somebody in a window.
type Telling = (LicenseId, Timestamp, String, i64);

/// The month as far as it has come.
struct Month {
    inside: Inside,
    server: Server,
    random: Random,
    customers: u64,
    /// What was told, and by which mail.
    told: BTreeMap<Telling, String>,
    /// How many of the server's mails were looked at.
    seen: usize,
    /// The last day on which everything went.
    good: Option<Date>,
    /// The last day whose digest arrived.
    digested: Option<Date>,
    transcript: String,
}

/// Lives through a month with so many customers.
///
/// # Errors
/// The first promise that was broken.
pub fn run(customers: u64, seed: u64) -> Result<String, String> {
    let folder = tempfile::Builder::new().prefix("lic-month-").tempdir().map_err(|error| error.to_string())?;
    let begin: Date = BEGIN.parse().map_err(|_| "the first day")?;
    let mut month = Month {
        inside: Inside::new(folder.path(), seed),
        server: Server::start(),
        random: Random::new(seed),
        customers,
        told: BTreeMap::new(),
        seen: 0,
        good: None,
        digested: None,
        transcript: String::new(),
    };
    month.set_up(begin)?;
    for number in 1..=DAYS {
        let day = begin.plus_days(number - 1).ok_or("the calendar ends")?;
        month.live(number, day).map_err(|why| format!("{}\n{day}: {why}", month.transcript))?;
    }
    let (mails, told) = (month.seen, month.told.len());
    let unsure = month.transcript.matches("once more").count();
    writeln!(
        month.transcript,
        "{mails} mails over {} connections told {told} times of an end; {unsure} in doubt went once more. Every end was told once \
         in a window to each recipient, in the tightest window of the day, to everybody, and nothing that was renewed, suspended or \
         revoked.",
        month.server.connections()
    )
    .map_err(|error| error.to_string())?;
    Ok(month.transcript)
}

fn tightest(left: i64) -> Option<i64> {
    WINDOWS.into_iter().filter(|window| *window >= left).min()
}

/// The first last day of a license that counts as just ended: yesterday, or the day up to which people know.
fn back_to(last: Option<Date>, day: Date) -> Date {
    let yesterday = day.start().plus_days(-1).date();
    last.map_or(yesterday, |last| last.min(yesterday))
}

fn at(day: Date, hour: i64) -> Timestamp {
    day.start().plus_seconds(hour * 3600)
}

impl Month {
    fn set_up(&mut self, begin: Date) -> Result<(), String> {
        let now = at(begin, 0).plus_days(-60);
        self.inside.done(now, &["init", "--name", "Harness", "--product", "cockpit", "--no-passphrase"])?;
        let settings = self.inside.home().join("lic.toml");
        let text = std::fs::read_to_string(&settings).map_err(|error| error.to_string())?;
        let mail = format!(
            "\n[mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"licenses@vendor.example\"\n\
             [notify]\ndigest = [\"sales@vendor.example\"]\n",
            self.server.port
        );
        std::fs::write(&settings, text + &mail).map_err(|error| error.to_string())?;
        for number in 0..self.customers {
            let slug = format!("customer-{number}");
            let contacts: Vec<String> = (0..1 + number % 2).map(|contact| format!("c{contact}@{slug}.example")).collect();
            let contacts = contacts.iter().flat_map(|contact| ["--contact", contact]);
            let words: Vec<&str> = ["customer", "add", &slug, "--name", &slug].into_iter().chain(contacts).collect();
            self.inside.done(now, &words)?;
            for _ in 0..1 + number % 3 {
                self.issue(now, begin, &slug)?;
            }
        }
        Ok(())
    }

    /// Issues a license that ends somewhere in the ten weeks after the first day.
    fn issue(&mut self, now: Timestamp, begin: Date, customer: &str) -> Result<String, String> {
        let left = self.random.below(70) as u32;
        let end = begin.plus_days(left).ok_or("the calendar ends")?.max(now.date()).to_string();
        let words = ["issue", customer, "--tier", "basic", "--until", &end, "--out", "keys/", "-q", "-o", "name"];
        let internal: &[&str] = if self.random.below(8) == 0 { &["--internal"] } else { &[] };
        Ok(self.inside.done(now, &[&words[..], internal].concat())?.trim().to_owned())
    }

    fn live(&mut self, number: u32, day: Date) -> Result<(), String> {
        let kind = kind(number);
        self.server.recover();
        match kind {
            Day::Closed => self.server.script(|place: &Place| (place.step == Step::Greeting).then_some(Fault::Close)),
            Day::Later => self.server.script(|place: &Place| (place.step == Step::Rcpt).then_some(Fault::Later)),
            Day::Dies => {
                let seen = std::sync::Mutex::new(Vec::<String>::new());
                self.server.script(move |place: &Place| {
                    // A lock that a panicking thread held is none: then nothing fails.
                    let mut seen = seen.lock().ok().filter(|_| place.step == Step::End)?;
                    if !seen.contains(&place.recipient) {
                        seen.push(place.recipient.clone());
                    }
                    (seen.get(2) == Some(&place.recipient)).then_some(Fault::Close)
                });
            }
            Day::Usual | Day::Twice | Day::AtOnce | Day::Missed => {}
        }
        let said = |done: &Done| {
            let why = done.stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or_default();
            if done.code == 0 { "exit 0".to_owned() } else { format!("exit {}, {why}", done.code) }
        };
        let five = at(day, 5);
        let runs: Vec<Done> = match kind {
            Day::Missed => Vec::new(),
            Day::AtOnce => std::thread::scope(|scope| {
                let inside = &self.inside;
                let both = [scope.spawn(|| inside.run(five, &["notify"])), scope.spawn(|| inside.run(five, &["notify"]))];
                both.into_iter().map(|one| one.join().map_err(|_| "a run panicked".to_owned())).collect::<Result<_, _>>()
            })?,
            _ => vec![self.inside.run(five, &["notify"])],
        };
        let port = self.server.port.to_string();
        let what = match (kind, runs.as_slice()) {
            (Day::AtOnce, [one, two]) => format!("two runs at once: {}, {}", said(one), said(two)),
            (_, [one]) => said(one).replace(&port, "PORT"),
            _ => "nothing runs".to_owned(),
        };
        let sent = self.take(day)?;
        writeln!(self.transcript, "{number:>2}  {day}  {what}{sent}").map_err(|error| error.to_string())?;
        // Where the server is out of order, only a day on which nothing is due goes well.
        let may_fail = matches!(kind, Day::Closed | Day::Later | Day::Dies);
        if let Some(run) = runs.iter().find(|run| run.code != 0 && !(may_fail && run.code == 75)) {
            return Err(format!("exit {}: {}", run.code, run.stderr));
        }
        if runs.iter().any(|run| run.code == 0) {
            self.all_told(day)?;
            self.good = Some(day);
        }
        if kind == Day::Twice {
            let again = self.inside.run(at(day, 6), &["notify"]);
            if (again.code, again.stderr.as_str(), self.server.received().len()) != (0, "", self.seen) {
                return Err(format!("a second run sent or said something: {}", again.stderr));
            }
            writeln!(self.transcript, "                again: exit 0, nothing sent, nothing said")
                .map_err(|error| error.to_string())?;
        }
        self.change(day)
    }

    fn licenses(&self, day: Date) -> Result<BTreeMap<LicenseId, LicenseRecord>, String> {
        let ledger = Ledger::open(&self.inside.home().join("ledger.db"), Access::ReadOnly).map_err(|error| error.to_string())?;
        let licenses = ledger.read().licenses(&LicenseFilter::new(day.start())).map_err(|error| error.to_string())?;
        Ok(licenses.into_iter().map(|license| (license.id, license)).collect())
    }

    /// Looks at what the server got since the last time; in words.
    fn take(&mut self, day: Date) -> Result<String, String> {
        let received = self.server.received().split_off(self.seen);
        self.seen += received.len();
        let licenses = self.licenses(day)?;
        let (mut windows, mut digests, mut again) = (BTreeMap::<i64, u64>::new(), Vec::new(), 0);
        for mail in &received {
            let ids = ids_in(mail)?;
            if mail.to == "sales@vendor.example" {
                let due: BTreeSet<LicenseId> =
                    licenses.values().filter(|one| self.in_digest(one, day)).map(|one| one.id).collect();
                if ids != due {
                    return Err(format!("the digest names {ids:?} in place of {due:?}"));
                }
                digests.push(ids.len());
                continue;
            }
            let mut repeated = false;
            for id in ids {
                let license = licenses.get(&id).ok_or_else(|| format!("{id} is no license"))?;
                let (Some(end), Standing::Good, false) = (license.ends, license.standing, license.internal) else {
                    return Err(format!("{id} was told of, and must not be"));
                };
                let window = tightest(end.last_day().days_since(day)).ok_or_else(|| format!("{id} is in no window"))?;
                let last = format!("{}", end.last_day());
                if !mail.text.contains(&last) {
                    return Err(format!("a mail about {id} does not name its end, {last}"));
                }
                let telling = (id, end, mail.to.clone(), window);
                match self.told.insert(telling, mail.message_id()) {
                    None => *windows.entry(window).or_default() += 1,
                    Some(before) if before == mail.message_id() => repeated = true,
                    Some(_) => return Err(format!("{id} was told twice to {} in the window of {window} days", mail.to)),
                }
            }
            again += u64::from(repeated);
        }
        let mut words: Vec<String> = digests.iter().map(|licenses| format!("digest of {licenses}")).collect();
        if digests.len() > 1 {
            return Err("there were two digests".to_owned());
        }
        if !digests.is_empty() {
            self.digested = Some(day);
        }
        let told: Vec<String> = windows.iter().rev().map(|(window, count)| format!("{window}d: {count}")).collect();
        if !told.is_empty() {
            words.push(format!("{} mails to customers ({})", received.len() - digests.len(), told.join(", ")));
        }
        if again > 0 {
            words.push(format!("{again} of them in doubt, sent once more"));
        }
        Ok(if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) })
    }

    fn in_digest(&self, license: &LicenseRecord, day: Date) -> bool {
        let since = back_to(self.digested, day);
        let last = license.ends.map(Timestamp::last_day);
        license.standing == Standing::Good && last.is_some_and(|last| last >= since && last.days_since(day) <= WINDOWS[0])
    }

    /// Everybody was told of everything that is due.
    fn all_told(&self, day: Date) -> Result<(), String> {
        let since = back_to(self.good, day);
        for license in self.licenses(day)?.values() {
            let Some(end) = license.ends.filter(|_| license.standing == Standing::Good && !license.internal) else { continue };
            let left = end.last_day().days_since(day);
            let Some(window) = tightest(left).filter(|_| end.last_day() >= since) else { continue };
            let number: u64 = license.customer.as_str().trim_start_matches("customer-").parse().map_err(|_| "a customer")?;
            for contact in 0..1 + number % 2 {
                let to = format!("c{contact}@{}.example", license.customer);
                if !self.told.contains_key(&(license.id, end, to.clone(), window)) {
                    return Err(format!("{to} was not told of {} in the window of {window} days", license.id));
                }
            }
        }
        Ok(())
    }

    /// What people do in the afternoon.
    fn change(&mut self, day: Date) -> Result<(), String> {
        let (now, licenses) = (at(day, 14), self.licenses(day)?);
        let near = |license: &&LicenseRecord| license.ends.is_some_and(|end| (0..=30).contains(&end.last_day().days_since(day)));
        let good: Vec<&LicenseRecord> = licenses.values().filter(near).filter(|one| one.standing == Standing::Good).collect();
        let suspended: Vec<&LicenseRecord> =
            licenses.values().filter(near).filter(|one| one.standing == Standing::Suspended).collect();
        let mut said = Vec::new();
        let mut pick = |of: &[&LicenseRecord], odds: u64| -> Option<String> {
            let chosen =
                (self.random.below(odds) == 0 && !of.is_empty()).then(|| of[self.random.below(of.len() as u64) as usize]);
            chosen.map(|license| license.id.to_string())
        };
        let (renewed, withdrawn) = (pick(&good, 2), pick(&good, 3));
        let withdrawn = withdrawn.filter(|id| renewed.as_ref() != Some(id));
        let reinstated = pick(&suspended, 3);
        if let Some(id) = renewed {
            self.inside.done(now, &["renew", &id, "--for", "1mo", "--out", "keys/", "-q"])?;
            said.push(format!("renewed {id} for a month"));
        }
        if let Some(id) = withdrawn {
            if self.random.below(2) == 0 {
                self.inside.done(now, &["revoke", &id, "--reason", "refund", "--yes", "-q"])?;
                said.push(format!("revoked {id}"));
            } else {
                self.inside.done(now, &["suspend", &id, "--yes", "-q"])?;
                said.push(format!("suspended {id}"));
            }
        }
        if let Some(id) = reinstated {
            self.inside.done(now, &["reinstate", &id, "--yes", "-q"])?;
            said.push(format!("reinstated {id}"));
        }
        if self.random.below(3) == 0 {
            let customer = format!("customer-{}", self.random.below(self.customers));
            let id = self.issue(now, day, &customer)?;
            said.push(format!("issued {id}"));
        }
        if !said.is_empty() {
            writeln!(self.transcript, "                {}", said.join(", ")).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// The licenses that a mail names.
fn ids_in(mail: &Received) -> Result<BTreeSet<LicenseId>, String> {
    // Quoted-printable may break a line in the middle of an id.
    let text = mail.text.replace("=\n", "");
    let mut ids = BTreeSet::new();
    for (place, _) in text.match_indices("LIC-") {
        let id = text.get(place..place + 13).ok_or("an id that is cut off")?;
        ids.insert(id.parse().map_err(|error| format!("{id}: {error}"))?);
    }
    if ids.is_empty() { Err(format!("a mail to {} names no license", mail.to)) } else { Ok(ids) }
}
