//! The gate of a program: everything it asks of its license, and what it says to the customer.
//!
//! Take this file as it is, and change the words.

use std::path::Path;

use lic::guard::Guard;
use lic::license::{Slug, Status, Timestamp};
use lic::machine::Machine;
use lic::token::{KeySet, License, Reason, Refusal, Verifier};

/// A license that opened the gate.
pub struct Gate {
    license: License,
    /// What the customer should know, though the program runs.
    pub notices: Vec<String>,
}

/// Opens the gate with a key, on this machine, at this moment; or says what the customer can do.
pub fn open(key: &[u8], trusted: &str, product: &Slug, machine: &Machine, state: &Path, now: Timestamp) -> Result<Gate, String> {
    let trusted = KeySet::parse(trusted).map_err(|why| format!("this build has no vendor's key: {why}"))?;
    let verifier = Verifier::new(trusted, product.clone()).machine(machine.id()).activated_only();
    let mut guard = Guard::open(state, machine).map_err(|why| format!("The license cannot be checked: {why}."))?;
    let first_start = guard.is_new();
    let license = guard.verify(&verifier, key, now).map_err(|refusal| explain(&refusal, machine))?;
    let mut notices = Vec::new();
    if let Err(why) = guard.save() {
        notices.push(format!("The license was checked, but not noted: {why}."));
    } else if first_start {
        notices.push("Licensed on this machine from now on.".to_owned());
    }
    match (license.status(now), license.days_left(now)) {
        (Status::Expiring, Some(days)) => notices.push(format!("The license ends in {days} days: ask the vendor to renew it.")),
        (Status::Grace, Some(days)) => notices.push(format!("The license ended {} days ago and stops soon: renew it.", -days)),
        _ => {}
    }
    Ok(Gate { license, notices })
}

/// What a refusal means to a customer.
fn explain(refusal: &Refusal, machine: &Machine) -> String {
    let what_to_do = match refusal.reason {
        Reason::NotActivated | Reason::WrongMachine | Reason::MachineRequired => {
            format!("Send this machine ID to the vendor: {}", machine.id())
        }
        Reason::Expired => "Ask the vendor to renew the license.".to_owned(),
        Reason::ClockSetBack => "Set the clock of this machine right.".to_owned(),
        Reason::OlderRevision => "Install the newest key that the vendor sent.".to_owned(),
        Reason::GivenBack => "This machine gave its seat back. Ask the vendor to activate it again.".to_owned(),
        _ => "Ask the vendor for help, and send this message along.".to_owned(),
    };
    format!("Not licensed: {}. {what_to_do}", refusal.detail)
}

impl Gate {
    /// To whom, and until when.
    pub fn greeting(&self) -> String {
        let until = self.license.ends().map_or_else(|| "for good".to_owned(), |end| format!("until {}", end.last_day()));
        format!("Licensed to {}, {}, {until}", self.license.customer(), self.license.tier_name())
    }

    /// Whether a feature is granted.
    pub fn feature(&self, name: &str) -> Result<(), String> {
        if self.license.has_feature(name) {
            return Ok(());
        }
        Err(format!("'{name}' is not part of {}. Ask the vendor for an upgrade.", self.license.tier_name()))
    }

    /// Whether one more person may work with it, where so many do already.
    pub fn seat(&self, taken: u32) -> Result<(), String> {
        match self.license.seats() {
            Some(seats) if taken >= seats => Err(format!("All {seats} seats are taken. Ask the vendor for more.")),
            _ => Ok(()),
        }
    }
}
