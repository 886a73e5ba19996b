//! Columns back into domain types. A value that none of ours could have written means a damaged ledger.

use std::str::FromStr;

use rusqlite::Row;
use serde::de::DeserializeOwned;

use super::LedgerError;
use crate::license::{LicenseType, Standing, Status, Timestamp};

/// A text column that holds the spelling of `T`.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, at: usize) -> Result<T, LedgerError> {
    let text = row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?;
    text.parse().map_err(|_| LedgerError::odd(std::any::type_name::<T>(), text))
}

/// A text column that holds the spelling of `T`, or nothing.
pub(super) fn parsed_if_any<T: FromStr>(row: &Row<'_>, at: usize) -> Result<Option<T>, LedgerError> {
    if row.get_ref(at)? == rusqlite::types::ValueRef::Null { Ok(None) } else { parsed(row, at).map(Some) }
}

/// A text column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<T, LedgerError> {
    let text = row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?;
    serde_json::from_str(text).map_err(|error| LedgerError::Damaged(format!("JSON in a table cannot be read: {error}")))
}

/// A column of seconds.
pub(super) fn moment(row: &Row<'_>, at: usize) -> Result<Timestamp, LedgerError> {
    let seconds: i64 = row.get(at)?;
    Timestamp::from_seconds(seconds).map_err(|_| LedgerError::odd("moment", seconds))
}

/// A column of seconds that may be absent.
pub(super) fn moment_if_any(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>, LedgerError> {
    let seconds: Option<i64> = row.get(at)?;
    seconds.map(|seconds| Timestamp::from_seconds(seconds).map_err(|_| LedgerError::odd("moment", seconds))).transpose()
}

/// The number that stands for a standing, as in a Token Status List: 0 valid, 1 revoked, 2 suspended.
pub(super) fn standing_number(standing: Standing) -> i64 {
    match standing {
        Standing::Good => 0,
        Standing::Revoked => 1,
        Standing::Suspended => 2,
    }
}

/// A column with the number of a standing.
pub(super) fn standing(row: &Row<'_>, at: usize) -> Result<Standing, LedgerError> {
    match row.get::<_, i64>(at)? {
        0 => Ok(Standing::Good),
        1 => Ok(Standing::Revoked),
        2 => Ok(Standing::Suspended),
        number => Err(LedgerError::odd("standing", number)),
    }
}

/// The status at this place of [`Status::ALL`], which [`super::select::STATUS`] gives.
pub(super) fn status_of_number(number: i64) -> Result<Status, LedgerError> {
    let status = usize::try_from(number).ok().and_then(|place| Status::ALL.get(place).copied());
    status.ok_or_else(|| LedgerError::odd("status", number))
}

/// The number that stands for a license type.
pub(super) fn type_number(kind: LicenseType) -> i64 {
    match kind {
        LicenseType::Commercial => 0,
        LicenseType::Trial => 1,
        LicenseType::Test => 2,
    }
}

/// A column with the number of a license type.
pub(super) fn license_type(row: &Row<'_>, at: usize) -> Result<LicenseType, LedgerError> {
    type_of_number(row.get(at)?)
}

/// The license type that a number stands for.
pub(super) fn type_of_number(number: i64) -> Result<LicenseType, LedgerError> {
    LicenseType::ALL.into_iter().find(|kind| type_number(*kind) == number).ok_or_else(|| LedgerError::odd("license type", number))
}
