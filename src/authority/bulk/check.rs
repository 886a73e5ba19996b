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
