//! A run: what is due goes out, one mail after the other, and what became of each is kept.

use super::compose::Composer;
use super::plan::{self, Planned};
use crate::authority::{Authority, Error};
use crate::ledger::{Attempt, Ledger, LedgerError, MailState};
use crate::license::{Slug, Timestamp};
use crate::mail::{Outcome, Transport, address};

/// How often a mail may be handed over without an answer.
const MOST_UNANSWERED: u32 = 2;
const IN_DOUBT: &str = "handed over twice without an answer; it may have arrived, and is not sent again";

/// What became of a mail.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The customer; `None` for a digest.
    pub customer: Option<Slug>,
    /// The address.
    pub to: String,
    /// How many licenses it tells of.
    pub licenses: usize,
    /// Its subject; empty where it came to none.
    pub subject: String,
    /// The Message-ID, without its angle brackets.
    pub message_id: String,
    /// Where it stands.
    pub state: MailState,
    /// The answer, with the address masked where the server repeats it.
    pub answer: String,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many mails were sent.
    pub sent: usize,
    /// How many were tried and not sent.
    pub failed: usize,
    /// How many were not tried, because the way out is closed.
    pub left: usize,
    /// Why the way out is closed.
    pub down: Option<String>,
}

impl Report {
    /// Whether everything that was to go has gone.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed == 0 && self.left == 0
    }
}

impl Authority {
    /// Plans what is due at `now()`, and sends it. `heard` is told of each mail.
    ///
    /// # Errors
    /// When the ledger cannot be read or written. What was sent by then stands in the outbox as sent.
    pub fn send_mails(
        &mut self,
        composer: &Composer,
        transport: &mut Transport,
        now: &mut dyn FnMut() -> Timestamp,
        heard: &mut dyn FnMut(&Settled),
    ) -> Result<Report, Error> {
        let at = now();
        plan::bring_up(&mut self.ledger, &self.settings, at)?;
        let open = plan::open(&self.read(), &self.settings, at)?;
        let mut report = Report::default();
        for (place, planned) in open.iter().enumerate() {
            let (settled, down) = self.send_one(planned, composer, transport, now)?;
            if let Some(settled) = &settled {
                heard(settled);
                if settled.state == MailState::Sent { report.sent += 1 } else { report.failed += 1 }
            }
            if let Some(why) = down {
                report.left = open.len() - place - 1;
                report.down = Some(why);
                break;
            }
        }
        transport.close();
        if report.is_good() {
            self.ledger.outbox(|outbox| outbox.went_well(at))?;
        }
        Ok(report)
    }

    /// Sends a mail. What it tells may have changed since it was planned: then once more with what is so now.
    fn send_one(
        &mut self,
        planned: &Planned,
        composer: &Composer,
        transport: &mut Transport,
        now: &mut dyn FnMut() -> Timestamp,
    ) -> Result<(Option<Settled>, Option<String>), Error> {
        let Some(number) = planned.number else { return Ok((None, None)) };
        if planned.unanswered >= MOST_UNANSWERED {
            self.ledger.outbox(|outbox| outbox.leave_in_doubt(number, IN_DOUBT))?;
            return Ok((Some(settled(planned, MailState::Unknown, IN_DOUBT)), None));
        }
        match attempt(&mut self.ledger, number, planned, composer, transport, now)? {
            Some(done) => Ok(done),
            None => {
                plan::bring_up(&mut self.ledger, &self.settings, now())?;
                let again = plan::open(&self.read(), &self.settings, now())?.into_iter().find(|mail| mail.number == Some(number));
                let Some(again) = again else { return Ok((None, None)) };
                let done = attempt(&mut self.ledger, number, &again, composer, transport, now)?;
                // Changed twice within a moment: the next run will see.
                Ok(done.unwrap_or((None, None)))
            }
        }
    }
}

type Done = (Option<Settled>, Option<String>);

/// One attempt; `None` where the mail could not be claimed as it was worded.
fn attempt(
    ledger: &mut Ledger,
    number: i64,
    planned: &Planned,
    composer: &Composer,
    transport: &mut Transport,
    now: &mut dyn FnMut() -> Timestamp,
) -> Result<Option<Done>, Error> {
    let composed = match composer.compose(planned, &ledger.read(), now()) {
        Ok(composed) => composed,
        // An address that was taken once and cannot be written to: that harms this mail alone.
        Err(Error::Invalid(why)) => {
            settle(ledger, number, MailState::Refused, false, true, &why, now())?;
            return Ok(Some((Some(settled(planned, MailState::Refused, &why)), None)));
        }
        Err(error) => return Err(error),
    };
    let mut claimed = false;
    let outcome = transport.send(&composed.message, || -> Result<bool, LedgerError> {
        claimed = ledger.outbox(|outbox| outbox.claim(number, planned.lines.len(), now()))?;
        Ok(claimed)
    })?;
    let (state, answered, answer, down) = match outcome {
        Outcome::Withheld => return Ok(None),
        Outcome::Sent(answer) => (MailState::Sent, true, answer, false),
        Outcome::Refused(answer) => (MailState::Refused, true, answer, false),
        Outcome::Failed(answer) => (MailState::Failed, true, answer, false),
        Outcome::Down(answer) => (MailState::Failed, true, answer, true),
        Outcome::Unknown(answer) => {
            let again = ledger.outbox(|outbox| outbox.unanswered(number))? < MOST_UNANSWERED;
            (if again { MailState::Failed } else { MailState::Unknown }, false, answer, false)
        }
    };
    settle(ledger, number, state, claimed, answered, &answer, now())?;
    let settled = Settled { subject: composed.subject, ..settled(planned, state, &answer) };
    let why = down.then(|| settled.answer.clone());
    Ok(Some((Some(settled), why)))
}

fn settle(
    ledger: &mut Ledger,
    number: i64,
    state: MailState,
    claimed: bool,
    answered: bool,
    answer: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let attempt = Attempt { state, claimed, answered, answer, at };
    // Were it lost with the power, the mail would count as unanswered, and go once more.
    Ok(ledger.outbox_soon(|outbox| outbox.settle(number, &attempt))?)
}

/// Servers like to repeat the address in their answer, and what a run says is logged.
fn discreet(answer: &str, to: &str) -> String {
    let wire = address::on_the_wire(to).unwrap_or_else(|_| to.to_owned());
    answer.replace(to, &address::masked(to)).replace(&wire, &address::masked(&wire))
}

fn settled(planned: &Planned, state: MailState, answer: &str) -> Settled {
    Settled {
        customer: planned.recipient.customer().cloned(),
        to: planned.to.address.clone(),
        licenses: planned.licenses.len(),
        subject: String::new(),
        message_id: planned.message_id.clone(),
        state,
        answer: discreet(answer, &planned.to.address),
    }
}
