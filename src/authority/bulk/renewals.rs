//! What the rows of a renewal file say. Pure: whether the licenses are known is not asked here.

use super::cells::{Columns, PROBLEM};
use super::fields::RenewalField;
use super::orders::{quantity, term, until};
use crate::authority::Error;
use crate::authority::csv_import::columns::normal;
use crate::authority::csv_import::sheet::Row;
use crate::authority::csv_import::{ColumnName, Problem};
use crate::authority::order::{End, Quantity};
use crate::authority::renew::Renewal;

/// The columns of a list of licenses, and of a list of keys, that say nothing about a renewal.
const OF_LISTS: [&str; 17] = [
    "customer",
    "customer name",
    "product",
    "tier",
    "type",
    "internal",
    "starts",
    "days left",
    "status",
    "issued by",
    "issued at",
    "foreign",
    "file",
    "key",
    "revision",
    "repeated",
    PROBLEM,
];

/// A renewal as a row has it, with its license as it is typed.
#[derive(Debug, Clone)]
pub(in crate::authority) struct TypedRenewal {
    /// The license.
    pub license: String,
    /// What is asked for. Its choice of licenses does not count.
    pub renewal: Renewal,
    /// The last day that the row names: it counts where the license does not end on it already.
    pub until: Option<End>,
    /// Whether the row has a term of its own: another last day beside it contradicts it.
    pub term_in_row: bool,
    /// The seats that the row names.
    pub seats: Option<Quantity>,
}

/// How the rows of a renewal file are read.
pub(in crate::authority) struct RenewalForm {
    columns: Columns<RenewalField>,
    defaults: Renewal,
}

impl RenewalForm {
    /// Reads a header. What a row leaves out is as in `defaults`.
    ///
    /// # Errors
    /// What is wrong with the header as a whole.
    pub fn read(header: &[ColumnName], map: &[(RenewalField, String)], defaults: Renewal) -> Result<Self, Vec<String>> {
        let columns = Columns::find(header, map, |name| OF_LISTS.contains(&normal(name).as_str()))?;
        if !columns.has(RenewalField::License) {
            let has: Vec<&str> = header.iter().map(|column| column.name.as_str()).collect();
            return Err(vec![format!("no column for the license (license, id); the file has: {}", has.join(", "))]);
        }
        Ok(Self { columns, defaults })
    }

    /// The columns that say nothing about a renewal, those of a list apart.
    pub fn ignored(&self) -> Vec<String> {
        let unused = self.columns.others().filter(|(_, column)| !OF_LISTS.contains(&normal(&column.name).as_str()));
        unused.map(|(_, column)| column.name.clone()).filter(|name| !name.is_empty()).collect()
    }

    /// The renewal of a row, and the name that the row has.
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn renewal(&self, row: &Row) -> Result<(TypedRenewal, Option<String>), Vec<Problem>> {
        use RenewalField as F;
        let mut cells = self.columns.of(row);
        let mut renewal = self.defaults.clone();
        let license = cells.line(F::License);
        if license.is_none() && cells.text(F::License).is_none() {
            cells.refuse(Some(F::License), "the license is missing");
        }
        let term_in_row = cells.text(F::Term).is_some();
        renewal.end = cells.parsed(F::Term, term).or(renewal.end);
        let until = cells.parsed(F::Until, until);
        let seats = cells.parsed(F::Seats, quantity);
        renewal.note = cells.line(F::Note).or(renewal.note);
        let request = cells.line(F::Request);
        match license {
            Some(license) if cells.problems.is_empty() => {
                Ok((TypedRenewal { license, renewal, until, term_in_row, seats }, request))
            }
            _ => Err(cells.problems),
        }
    }

    /// Where the reason for refusing a renewal stands.
    pub fn problem(&self, row: &Row, error: &Error) -> Problem {
        use RenewalField as F;
        let message = super::in_words(error);
        let field = match error {
            Error::UnknownLicense(_)
            | Error::NotALicense { .. }
            | Error::AmbiguousLicense { .. }
            | Error::Revoked(_)
            | Error::Perpetual(_) => Some(F::License),
            Error::Invalid(why) if why.starts_with("the same license") => Some(F::License),
            Error::NotLonger { .. } => Some(F::Until),
            Error::RequestReused { .. } => Some(F::Request),
            Error::Invalid(why) if why.starts_with("a request id") || why.starts_with("the same request") => Some(F::Request),
            Error::Invalid(why) if why.starts_with("a term and") => Some(F::Until),
            Error::Invalid(why) if why.contains("ends after the year") => Some(F::Term),
            _ => None,
        };
        self.columns.problem(row, field.filter(|field| self.columns.has(*field)), message)
    }
}
