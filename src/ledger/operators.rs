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

    /// Whether there is an operator with this short name, or was one.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn has_had_operator(&self, slug: &Slug) -> Result<bool, LedgerError> {
        Ok(self.db.prepare_cached("SELECT 1 FROM operators WHERE slug = ?")?.exists([slug.as_str()])?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{id, issue, ledger, operator, record, slug};
    use crate::license::{OperatorLimits, Role};

    #[test]
    fn an_operator_who_was_removed_is_gone_from_lists_and_stays_the_creator_of_licenses() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), Fact::OperatorRemoved { operator: slug("anna") }]);
        assert_eq!(ledger.read().operator(&slug("anna")).unwrap(), None);
        assert_eq!(ledger.read().operators().unwrap(), [operator("ben", Role::Issuer)]);
        assert_eq!(ledger.read().license(id(1)).unwrap().unwrap().issued_by, slug("anna"));
        let limits = OperatorLimits { longest: Some("90d".parse().unwrap()), ..OperatorLimits::default() };
        let back = Operator { limits, ..operator("anna", Role::Issuer) };
        record(&mut ledger, 2, &[Fact::OperatorAdded(back.clone())]);
        assert_eq!(ledger.read().operator(&slug("anna")).unwrap(), Some(back));
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }
}
