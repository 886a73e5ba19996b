//! Changes to the outbox, each in one transaction.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Attempt, MailLine, NewMail};
use crate::ledger::{Ledger, LedgerError, Tables};
use crate::license::{Slug, Timestamp};

/// Changes to the outbox, in one transaction.
pub struct Outbox<'c> {
    db: &'c Connection,
}

impl Ledger {
    /// Changes the outbox in one transaction: all of it is on the disk when this returns, or nothing.
    ///
    /// # Errors
    /// What `work` returns, and nothing is kept; [`LedgerError::Busy`] where another process writes for too long.
    pub fn outbox<T, E: From<LedgerError>>(&mut self, work: impl FnOnce(&Outbox<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = rusqlite::Transaction::new(&mut self.db, TransactionBehavior::Immediate).map_err(LedgerError::from)?;
        let result = work(&Outbox { db: &transaction })?;
        transaction.commit().map_err(LedgerError::from)?;
        Ok(result)
    }
}

impl Ledger {
    /// As [`Ledger::outbox`], on the disk no later than with the next such transaction. A process that is killed loses nothing of
    /// it; a machine that loses its power may lose the last one. For what can be found out again, at half the cost.
    ///
    /// # Errors
    /// As [`Ledger::outbox`].
    pub fn outbox_soon<T, E: From<LedgerError>>(&mut self, work: impl FnOnce(&Outbox<'_>) -> Result<T, E>) -> Result<T, E> {
        self.db.pragma_update(None, "synchronous", "NORMAL").map_err(LedgerError::from)?;
        let result = self.outbox(work);
        self.db.pragma_update(None, "synchronous", "FULL").map_err(LedgerError::from)?;
        result
    }
}

impl Outbox<'_> {
    /// The tables as they stand in this transaction.
    #[must_use]
    pub fn read(&self) -> Tables<'_> {
        Tables { db: self.db }
    }

    /// Notes the first run.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn begin(&self, at: Timestamp) -> Result<(), LedgerError> {
        let sql = "INSERT INTO mail_runs (one, began_at) VALUES (1, ?) ON CONFLICT DO NOTHING";
        self.db.prepare_cached(sql)?.execute([at.seconds()])?;
        Ok(())
    }

    /// Notes a run that left nothing behind that failed.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn went_well(&self, at: Timestamp) -> Result<(), LedgerError> {
        self.db.prepare_cached("UPDATE mail_runs SET good_at = ?")?.execute([at.seconds()])?;
        Ok(())
    }

    /// Puts a mail into the outbox.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written, or holds the mail already.
    pub fn queue(&self, mail: &NewMail) -> Result<(), LedgerError> {
        // One that was given up comes back as what it was, with all that may have become of it.
        let mut insert = self.db.prepare_cached(
            "INSERT INTO mails (kind, day, since, customer, recipient, name, message_id, state, attempts, unanswered)
             VALUES (?, ?, ?, (SELECT id FROM customers WHERE slug = ?), ?, ?, ?, 'queued', 0, 0)
             ON CONFLICT (message_id) DO UPDATE SET state = 'queued', since = excluded.since WHERE state = 'dropped'
             RETURNING id",
        )?;
        let (day, since) = (mail.day.start().seconds(), mail.since.start().seconds());
        let customer = mail.customer.as_ref().map(Slug::as_str);
        let values = params![mail.kind.as_str(), day, since, customer, mail.recipient, mail.name, mail.message_id];
        let number: Option<i64> = insert.query_row(values, |row| row.get(0)).optional()?;
        let number = number.ok_or_else(|| LedgerError::already("mail", &mail.message_id))?;
        let mut line = self.db.prepare_cached(
            "INSERT INTO mail_lines (license, ends, window, recipient, mail)
             SELECT status_index, ?, ?, ?, ? FROM licenses WHERE number = ?",
        )?;
        for one in &mail.lines {
            line.execute(params![one.ends.seconds(), one.window, mail.recipient, number, one.license.number()])?;
        }
        Ok(())
    }

    /// Takes a line out of a mail, so that another mail may tell it.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn take_out(&self, mail: i64, line: &MailLine) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare_cached(
            "DELETE FROM mail_lines WHERE mail = ? AND ends = ? AND window = ?
             AND license = (SELECT status_index FROM licenses WHERE number = ?)",
        )?;
        statement.execute(params![mail, line.ends.seconds(), line.window, line.license.number()])?;
        Ok(())
    }

    /// Gives a mail up, and says why. Other mails may tell what it would have told.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn give_up(&self, mail: i64, why: &str) -> Result<(), LedgerError> {
        self.db.prepare_cached("DELETE FROM mail_lines WHERE mail = ?")?.execute([mail])?;
        self.db.prepare_cached("UPDATE mails SET state = 'dropped', answer = ? WHERE id = ?")?.execute(params![why, mail])?;
        Ok(())
    }

    /// Claims a mail that is about to be handed over: from here on until it is settled, nobody knows whether it was taken. False
    /// where it no longer has to go, or where what it would tell is no longer so; nothing is claimed then.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn claim(&self, mail: i64, lines: usize, at: Timestamp) -> Result<bool, LedgerError> {
        let mut count = self.db.prepare_cached(
            "SELECT count(*) FROM mail_lines n JOIN licenses l ON l.status_index = n.license JOIN mails m ON m.id = n.mail
             WHERE n.mail = ? AND l.ends = n.ends AND l.standing = 0 AND l.customer = m.customer",
        )?;
        let good: i64 = count.query_row([mail], |row| row.get(0))?;
        if usize::try_from(good) != Ok(lines) {
            return Ok(false);
        }
        let mut claim = self.db.prepare_cached(
            "UPDATE mails SET state = 'sending', unanswered = unanswered + 1, tried_at = ?
             WHERE id = ? AND state IN ('queued', 'sending', 'failed')",
        )?;
        Ok(claim.execute(params![at.seconds(), mail])? == 1)
    }

    /// Records what became of an attempt. `answered` is whether it is known that a mail once claimed was taken or not.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn settle(&self, mail: i64, attempt: &Attempt<'_>) -> Result<(), LedgerError> {
        let mut settle = self.db.prepare_cached(
            "UPDATE mails SET state = ?, attempts = attempts + 1, unanswered = unanswered - ?, tried_at = ?, answer = ?
             WHERE id = ? AND state IN ('queued', 'sending', 'failed')",
        )?;
        let taken_back = i64::from(attempt.claimed && attempt.answered);
        settle.execute(params![attempt.state.as_str(), taken_back, attempt.at.seconds(), attempt.answer, mail])?;
        Ok(())
    }

    /// Leaves a mail alone for good that was handed over too often without an answer.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be written.
    pub fn leave_in_doubt(&self, mail: i64, why: &str) -> Result<(), LedgerError> {
        self.db.prepare_cached("UPDATE mails SET state = 'unknown', answer = ? WHERE id = ?")?.execute(params![why, mail])?;
        Ok(())
    }

    /// How often a mail was handed over without an answer.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn unanswered(&self, mail: i64) -> Result<u32, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT unanswered FROM mails WHERE id = ?")?;
        Ok(statement.query_row([mail], |row| row.get(0)).optional()?.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, ledger, record, slug};
    use crate::ledger::{Fact, Ledger};
    use crate::ledger::{MailFilter, MailKind, MailRuns, MailState};

    fn mail(number: u32, licenses: &[u64]) -> NewMail {
        let lines = licenses.iter().map(|number| MailLine { license: id(*number), ends: day(365), window: 30 }).collect();
        NewMail {
            kind: MailKind::Customer,
            day: day(340).date(),
            since: day(339).date(),
            customer: Some(slug("acme")),
            recipient: "jane@acme.example".into(),
            name: Some("Jane".into()),
            message_id: format!("{number}@vendor.example"),
            lines,
        }
    }

    fn queued(licenses: &[u64]) -> (Ledger, i64) {
        let mut ledger = ledger();
        let facts: Vec<Fact> = (1..4).map(|number| issue(number, "acme", |terms| terms.ends = Some(day(365)))).collect();
        record(&mut ledger, 1, &facts);
        ledger.outbox(|outbox| outbox.queue(&mail(1, licenses))).unwrap();
        let number = ledger.read().open_mails().unwrap()[0].number;
        (ledger, number)
    }

    fn claim(ledger: &mut Ledger, number: i64, lines: usize) -> bool {
        ledger.outbox(|outbox| outbox.claim(number, lines, day(341))).unwrap()
    }

    fn settle(ledger: &mut Ledger, number: i64, state: MailState, answered: bool) {
        let attempt = Attempt { state, claimed: true, answered, answer: "250 ok", at: day(341) };
        ledger.outbox(|outbox| outbox.settle(number, &attempt)).unwrap();
    }

    #[test]
    fn a_mail_reads_back_with_what_it_tells() {
        let (ledger, number) = queued(&[1, 3]);
        let open = ledger.read().open_mails().unwrap();
        assert_eq!((open[0].licenses, open[0].state, open[0].customer.clone()), (2, MailState::Queued, Some(slug("acme"))));
        assert_eq!(ledger.read().mail_lines(number).unwrap(), mail(1, &[1, 3]).lines);
        assert_eq!(ledger.read().window_told(id(3), day(365), "jane@acme.example").unwrap(), Some(30));
        assert_eq!(ledger.read().window_told(id(3), day(366), "jane@acme.example").unwrap(), None);
        assert_eq!(ledger.read().window_told(id(2), day(365), "jane@acme.example").unwrap(), None);
    }

    #[test]
    fn a_window_is_told_to_a_recipient_once() {
        let (mut ledger, _) = queued(&[1]);
        assert!(ledger.outbox(|outbox| outbox.queue(&mail(2, &[1]))).is_err());
        assert_eq!(ledger.read().open_mails().unwrap().len(), 1);
    }

    #[test]
    fn a_mail_whose_words_are_no_longer_so_cannot_be_claimed() {
        for fact in [
            Fact::LicenseRevoked { license: id(1), reason: "refund".into(), note: None },
            crate::ledger::testing::revise(1, 2, "acme", |terms| terms.ends = Some(day(730))),
            crate::ledger::testing::revise(1, 2, "globex", |terms| terms.ends = Some(day(365))),
        ] {
            let (mut ledger, number) = queued(&[1, 2]);
            record(&mut ledger, 2, &[fact]);
            assert!(!claim(&mut ledger, number, 2));
            assert_eq!(ledger.read().open_mails().unwrap()[0].state, MailState::Queued);
        }
    }

    #[test]
    fn what_was_handed_over_without_an_answer_is_counted_until_there_is_one() {
        let (mut ledger, number) = queued(&[1]);
        let doubts = |ledger: &Ledger| ledger.read().open_mails().unwrap()[0].unanswered;
        assert!(claim(&mut ledger, number, 1));
        assert_eq!(doubts(&ledger), 1);
        let synchronous =
            |ledger: &Ledger| -> i64 { ledger.db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap() };
        ledger.outbox_soon(|_| Ok::<_, LedgerError>(())).unwrap();
        assert!(ledger.outbox_soon(|_| Err::<(), _>(LedgerError::Busy)).is_err());
        assert_eq!(synchronous(&ledger), 2, "what is claimed is on the disk before it is handed over");
        // As after a crash: the same mail is claimed again.
        assert!(claim(&mut ledger, number, 1));
        assert_eq!(doubts(&ledger), 2);
        settle(&mut ledger, number, MailState::Failed, true);
        assert_eq!(doubts(&ledger), 1);
        settle(&mut ledger, number, MailState::Sent, false);
        assert_eq!(ledger.read().open_mails().unwrap(), []);
        assert!(!claim(&mut ledger, number, 1));
    }

    #[test]
    fn what_a_mail_given_up_would_have_told_can_be_told_by_another() {
        let (mut ledger, number) = queued(&[1, 2]);
        let line = mail(1, &[1]).lines.remove(0);
        ledger.outbox(|outbox| outbox.take_out(number, &line)).unwrap();
        ledger.outbox(|outbox| outbox.queue(&mail(2, &[1]))).unwrap();
        ledger.outbox(|outbox| outbox.give_up(number, "renewed")).unwrap();
        ledger.outbox(|outbox| outbox.queue(&mail(3, &[2]))).unwrap();
        let states: Vec<_> = ledger.read().mails(&MailFilter::default()).unwrap().iter().map(|mail| mail.state).collect();
        assert_eq!(states, [MailState::Queued, MailState::Queued, MailState::Dropped]);
    }

    #[test]
    fn a_mail_given_up_comes_back_with_its_doubts() {
        let (mut ledger, number) = queued(&[1]);
        assert!(claim(&mut ledger, number, 1));
        ledger.outbox(|outbox| outbox.give_up(number, "suspended")).unwrap();
        assert_eq!(ledger.read().open_mails().unwrap(), []);
        ledger.outbox(|outbox| outbox.queue(&mail(1, &[1]))).unwrap();
        let open = ledger.read().open_mails().unwrap();
        assert_eq!((open[0].number, open[0].unanswered, open[0].licenses), (number, 1, 1));
    }

    #[test]
    fn the_outbox_is_no_part_of_what_a_replay_compares() {
        let (mut ledger, number) = queued(&[1]);
        ledger.outbox(|outbox| outbox.begin(day(341))).unwrap();
        settle(&mut ledger, number, MailState::Sent, true);
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn the_last_good_run_is_kept_and_so_is_the_first() {
        let mut ledger = ledger();
        assert_eq!(ledger.read().mail_runs().unwrap(), None);
        ledger.outbox(|outbox| outbox.begin(day(1))).unwrap();
        ledger.outbox(|outbox| outbox.begin(day(2)).and_then(|()| outbox.went_well(day(2)))).unwrap();
        assert_eq!(ledger.read().mail_runs().unwrap(), Some(MailRuns { began: day(1), good: Some(day(2)) }));
    }
}
