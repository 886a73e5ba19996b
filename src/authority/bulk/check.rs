//! Looking through a whole file before anything of it is done.

use super::naming::Names;
use super::planner::{Asked, Planned, Planner, Refusal, problem};
use super::{BulkFile, Checked, KEPT, MOST_ROWS, Watch};
use crate::authority::csv_import::Problem;
use crate::authority::csv_import::sheet::Row;
use crate::authority::{Actor, Authority, Error};
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
        let mut planner = self.planner(actor, file, at)?;
        let mut stream = file.stream()?;
        let most = file.spool.lines().saturating_sub(1);
        let mut checked = Checked::default();
        while let Some(part) = stream.next_part().map_err(super::unreadable)? {
            let mut bad: Vec<Bad<'_>> = Vec::new();
            for row in &part.rows {
                match self.check_row(file, &mut planner, row, &mut checked) {
                    Ok(Some(problems)) => bad.push(Bad { row, problems }),
                    Ok(None) => {}
                    Err(error) => return Err(error.into()),
                }
            }
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
        Ok(checked)
    }

    /// Checks one row; what is wrong with it, if anything is.
    fn check_row(
        &self,
        file: &BulkFile,
        planner: &mut Planner,
        row: &Row,
        checked: &mut Checked,
    ) -> Result<Option<Vec<Problem>>, Error> {
        let (typed, given) = match file.typed(row) {
            Ok(typed) => typed,
            Err(mut problems) => {
                problems.extend(planner.strangers(&self.read(), &file.form, row)?);
                problems.sort_by_key(|problem| (problem.line, problem.column.as_ref().map(|column| column.number)));
                return Ok(Some(problems));
            }
        };
        let mut asked = Asked { line: row.line, typed, given, request: None, id: None };
        match planner.plan(&self.read(), &mut asked) {
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

    pub(super) fn planner(&self, actor: &Actor, file: &BulkFile, at: Timestamp) -> Result<Planner, Error> {
        let rows = usize::try_from(file.spool.lines().min(MOST_ROWS)).unwrap_or(0);
        let names = Names::new(file.name.as_deref(), rows)?;
        Ok(Planner::new(actor, at, self.settings.status.uri.clone(), names))
    }
}
