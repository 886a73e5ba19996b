//! Reads of the operators.

use rusqlite::Row;

use super::{LedgerError, Tables, column};
use crate::license::{Operator, Slug};

const ONE: &str = "SELECT slug, name, mail, role, limits FROM operators WHERE slug = ? AND NOT removed";
const ALL: &str = "SELECT slug, name, mail, role, limits FROM operators WHERE NOT removed ORDER BY slug";

fn operator(row: &Row<'_>) -> Result<Operator, LedgerError> {
    Ok(Operator {
        slug: column::parsed(row, 0)?,
        name: row.get(1)?,
        mail: row.get(2)?,
        role: column::parsed(row, 3)?,
        limits: column::json(row, 4)?,
    })
}

impl Tables<'_> {
    /// The operator with this short name; `None` for one who was removed.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn operator(&self, slug: &Slug) -> Result<Option<Operator>, LedgerError> {
        let mut statement = self.db.prepare_cached(ONE)?;
        let mut rows = statement.query([slug.as_str()])?;
        rows.next()?.map(operator).transpose()
    }

    /// Everyone who may act, by short name.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn operators(&self) -> Result<Vec<Operator>, LedgerError> {
        let mut statement = self.db.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        let mut operators = Vec::new();
        while let Some(row) = rows.next()? {
            operators.push(operator(row)?);
        }
        Ok(operators)
    }
}
