//! Looking through a whole file before anything of it is done.

use super::naming::Names;
use super::planner::{Asked, Planned, Planner, Refusal, problem};
use super::{BulkFile, Checked, KEPT, MOST_ROWS, Watch};
use crate::authority::csv_import::Problem;
use crate::authority::csv_import::sheet::Row;
use crate::authority::{Actor, Authority, Error};
use crate::ledger::Tables;
use crate::license::{Role, Timestamp};

/// A row that cannot be done.
struct Bad<'r> {
    row: &'r Row,
    problems: Vec<Problem>,
}

impl Authority {
    /// What a file comes to: how many licenses, what is unusual, and everything that is wrong with it. Changes nothing.
    ///
    /// # Errors
    /// A role that does not cover it; a ledger or a copy that cannot be read; what the follower fails with.
    pub fn check_bulk<W: Watch>(
        &self,
        actor: &Actor,
        file: &BulkFile,
        at: Timestamp,
        watch: &mut W,
    ) -> Result<Checked, W::Failure> {
        actor.require(Role::Issuer, "issue licenses", &self.read())?;
        let rows = usize::try_from(file.spool.lines().min(MOST_ROWS)).unwrap_or(0);
        let mut planner = self.planner(actor, at, Names::new(file.name.as_deref(), rows)?);
        let mut stream = file.stream()?;
        let most = file.spool.lines().saturating_sub(1);
        let mut checked = Checked { events: self.ledger.head().map_err(Error::from)?.size(), ..Checked::default() };
        while let Some(part) = stream.next_part().map_err(super::unreadable)? {
            // One look at the ledger for many rows: each of its own would have to lock the file.
            let mut bad: Vec<Bad<'_>> = self.ledger.snapshot(|tables| {
                let checked = part.rows.iter().map(|row| {
                    let problems = check_row(&tables, file, &mut planner, row, &mut checked)?;
                    Ok(problems.map(|problems| Bad { row, problems }))
                });
                checked.filter_map(Result::transpose).collect::<Result<_, Error>>()
            })?;
            let nowhere = Row { line: 0, cells: Vec::new() };
            for problem in part.problems {
                let row = part.ragged.iter().find(|row| row.line == problem.line).unwrap_or(&nowhere);
                bad.push(Bad { row, problems: vec![problem] });
            }
            bad.sort_by_key(|bad| bad.problems.first().map(|problem| problem.line));
            for Bad { row, problems } in bad {
                checked.bad += 1;
                checked.add(&problems);
                let cells: Vec<&str> = row.cells.iter().map(|(_, text)| text.as_str()).collect();
                watch.bad_row(&cells, &problems)?;
            }
            if checked.rows() > MOST_ROWS {
                return Err(Error::Invalid(format!("these are more than {MOST_ROWS} rows: part the file")).into());
            }
            if !watch.looked_at(checked.rows(), most) {
                checked.cancelled = true;
                break;
            }
            if planner.is_full() {
                planner.forget();
            }
            if part.last {
                break;
            }
        }
        checked.repeated = planner.names.repeated();
        Ok(checked)
    }

    pub(super) fn planner(&self, actor: &Actor, at: Timestamp, names: Names) -> Planner {
        Planner::new(actor, at, self.settings.status.uri.clone(), names)
    }
}

/// Checks one row; what is wrong with it, if anything is.
fn check_row(
    tables: &Tables<'_>,
    file: &BulkFile,
    planner: &mut Planner,
    row: &Row,
    checked: &mut Checked,
) -> Result<Option<Vec<Problem>>, Error> {
    let (typed, given) = match file.typed(row) {
        Ok(typed) => typed,
        Err(mut problems) => {
            problems.extend(planner.strangers(tables, &file.form, row)?);
            problems.sort_by_key(|problem| (problem.line, problem.column.as_ref().map(|column| column.number)));
            return Ok(Some(problems));
        }
    };
    let mut asked = Asked { line: row.line, typed, given, request: None, id: None };
    match planner.plan(tables, &mut asked) {
        Ok(Planned::Answered { .. }) => checked.answered += 1,
        Ok(Planned::Draft(draft)) => {
            checked.fresh += 1;
            checked.kinds.insert(draft.terms.kind);
            if let Some(note) = draft.extra.unusual {
                checked.unusual_count += 1;
                if checked.unusual.len() < KEPT {
                    checked.unusual.push((row.line, note));
                }
            }
        }
        Err(Refusal::Row(error)) => {
            if let Error::Revoked(license) = *error
                && checked.revoked.len() < KEPT
            {
                checked.revoked.push(license);
            }
            return Ok(Some(vec![problem(&file.form, row, &error)]));
        }
        Err(Refusal::Whole(error)) => return Err(error),
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    //! What a check found, where others write before it is done: it no longer counts.

    use std::collections::BTreeSet;

    use super::*;
    use crate::authority::Home;
    use crate::authority::bulk::{OrderDefaults, Spool};
    use crate::authority::init::Founding;
    use crate::authority::issue::Issued;
    use crate::authority::order::Order;
    use crate::authority::sample_tiers::sample_tiers;
    use crate::authority::signer::Passphrases;
    use crate::keyring::Passphrase;
    use crate::ledger::Access;
    use crate::license::{LicenseType, Slug};
    use crate::token::Kid;
    use crate::world::Entropy;
    use tempfile::TempDir;

    const ROWS: u64 = 250;

    /// Numbers that look random and are the same in every run.
    struct Mixed(u64);

    impl Entropy for Mixed {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (self.0 >> 56) as u8;
            }
            Ok(())
        }
    }

    /// No key of these tests has a passphrase.
    struct Unasked;

    impl Passphrases for Unasked {
        fn get(&mut self, _: &Kid, _: &Slug, _: u32) -> Result<Option<Passphrase>, Error> {
            Ok(None)
        }
    }

    /// Notes down the keys, and does something after each batch.
    struct Noted<F> {
        keys: Vec<String>,
        after: F,
    }

    impl<F: FnMut(u64)> Watch for Noted<F> {
        type Failure = Error;

        fn looked_at(&mut self, _: u64, _: u64) -> bool {
            true
        }

        fn bad_row(&mut self, _: &[&str], problems: &[Problem]) -> Result<(), Error> {
            panic!("{problems:?}")
        }

        fn done(&mut self, _: u64, issued: Issued) -> Result<(), Error> {
            self.keys.push(issued.key);
            Ok(())
        }

        fn committed(&mut self, rows: u64) -> Result<bool, Error> {
            (self.after)(rows);
            Ok(true)
        }
    }

    fn at() -> Timestamp {
        Timestamp::from_seconds(1_795_305_600).unwrap()
    }

    fn home() -> (TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        let product: Slug = "cockpit".parse().unwrap();
        let founding = Founding {
            name: "Vendor Inc".into(),
            issuer: "vendor".into(),
            operator: "anna".parse().unwrap(),
            passphrase: None,
            tiers: sample_tiers(&product),
            product,
        };
        Authority::init(home.clone(), &founding, at(), &mut Mixed(1)).unwrap().close().unwrap();
        (folder, home)
    }

    /// A process of its own.
    struct Desk {
        authority: Authority,
        actor: Actor,
        file: BulkFile,
        entropy: Mixed,
    }

    impl Desk {
        fn open(home: &Home, rows: &str, seed: u64) -> Self {
            let authority = Authority::open(home.clone(), Access::ReadWrite).unwrap();
            let actor = authority.actor("anna").unwrap();
            let spool = Spool::take(&mut format!("customer,tier,seats\n{rows}").as_bytes(), home.path()).unwrap();
            let defaults = OrderDefaults { customer: None, tier: None, order: Order::new("internal".parse().unwrap(), "basic") };
            let mut file = BulkFile::orders(spool, &[], defaults, None).unwrap();
            file.batch = 100;
            Self { authority, actor, file, entropy: Mixed(seed) }
        }

        fn check(&self) -> Checked {
            self.authority.check_bulk(&self.actor, &self.file, at(), &mut Noted { keys: Vec::new(), after: |_| {} }).unwrap()
        }

        /// Does what was checked: how many were signed, how many were answered before, and the keys in the order of the file.
        fn run(&mut self, checked: &Checked, after: impl FnMut(u64)) -> (u64, u64, Vec<String>) {
            let signers = self.authority.unlock_for(&self.actor, [LicenseType::Commercial], &mut Unasked).unwrap();
            let mut watch = Noted { keys: Vec::new(), after };
            let finished =
                self.authority.run_bulk(&self.actor, &self.file, &signers, checked, false, at(), &mut self.entropy, &mut watch);
            let finished = finished.unwrap();
            assert!(!finished.unfinished && finished.problems.is_empty());
            (finished.signed, finished.answered, watch.keys)
        }
    }

    fn rows(seats: impl Iterator<Item = u64>) -> String {
        seats.map(|seats| format!("internal,basic,{seats}\n")).collect()
    }

    fn licenses(home: &Home) -> u64 {
        let authority = Authority::open(home.clone(), Access::ReadOnly).unwrap();
        assert_eq!(authority.ledger.replay(|_| {}).unwrap().difference, None);
        authority.read().next_status_index().unwrap()
    }

    #[test]
    fn rows_that_somebody_else_issued_since_the_check_are_answered_with_those() {
        let (_folder, home) = home();
        let rows = rows(1..=ROWS);
        let (mut first, mut second) = (Desk::open(&home, &rows, 2), Desk::open(&home, &rows, 3));
        let (checked, also_checked) = (first.check(), second.check());
        assert_eq!((checked.fresh, checked.answered), (ROWS, 0));
        let (signed, answered, keys) = first.run(&checked, |_| {});
        assert_eq!((signed, answered, keys.len() as u64), (ROWS, 0, ROWS));
        assert_eq!(second.run(&also_checked, |_| {}), (0, ROWS, keys));
        assert_eq!(licenses(&home), ROWS);
    }

    #[test]
    fn rows_that_somebody_else_issues_between_two_batches_are_answered_with_those() {
        let (_folder, home) = home();
        let mut first = Desk::open(&home, &rows(1..=ROWS), 2);
        let mut second = Desk::open(&home, &rows(101..=ROWS), 3);
        let checked = first.check();
        let mut theirs = Vec::new();
        let (signed, answered, keys) = first.run(&checked, |rows| {
            if rows == 100 {
                let checked = second.check();
                theirs = second.run(&checked, |_| {}).2;
            }
        });
        assert_eq!((signed, answered), (100, ROWS - 100));
        assert_eq!(keys[100..], theirs[..]);
        assert_eq!(licenses(&home), ROWS);
    }

    #[test]
    fn rows_that_ask_for_the_same_are_one_license_each_and_known_again() {
        let (_folder, home) = home();
        // Equal rows far from each other: in one batch, in the next, and in the last.
        let rows = rows((0..ROWS).map(|row| row % 120 + 1));
        let mut desk = Desk::open(&home, &rows, 2);
        let checked = desk.check();
        assert_eq!((checked.fresh, checked.rows()), (ROWS, ROWS));
        let (signed, _, keys) = desk.run(&checked, |_| {});
        assert_eq!(signed, ROWS);
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len() as u64, ROWS);
        let again = desk.check();
        assert_eq!((again.fresh, again.answered), (0, ROWS));
        assert_eq!(desk.run(&again, |_| {}), (0, ROWS, keys));
        assert_eq!(licenses(&home), ROWS);
    }
}
