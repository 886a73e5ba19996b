//! What can be wrong with a ledger, as a replay finds it.

use std::fmt;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A table, an index or a trigger is not the one that this program makes.
    Schema {
        /// Its name.
        name: String,
    },
    /// Events are missing between others, or at the end.
    EventsMissing {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// An event does not have the hash it was written with.
    EventChanged {
        /// Its place in the log.
        number: u64,
    },
    /// An event cannot be read, or cannot have happened after those before it.
    EventRefused {
        /// Its place in the log.
        number: u64,
        /// Why.
        reason: String,
    },
    /// A column beside an event does not say what the event says.
    EventColumn {
        /// The event's place in the log.
        number: u64,
        /// The column.
        column: &'static str,
    },
    /// The head of the log does not belong to its events.
    Head,
    /// A row does not say what the events say.
    Row {
        /// The table.
        table: String,
        /// The values of the row's key.
        row: String,
        /// The first column that differs.
        column: String,
        /// What it says.
        found: String,
        /// What the events say.
        expected: String,
    },
    /// A row is missing.
    RowMissing {
        /// The table.
        table: String,
        /// The values of the row's key.
        row: String,
    },
    /// A row that no event made.
    RowAdded {
        /// The table.
        table: String,
        /// The values of the row's key.
        row: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema { name } => write!(out, "{name} is not as this program makes it"),
            Self::EventsMissing { first, last } if first == last => write!(out, "event {first} is missing"),
            Self::EventsMissing { first, last } => write!(out, "events {first} to {last} are missing"),
            Self::EventChanged { number } => write!(out, "event {number} was changed after it was written"),
            Self::EventRefused { number, reason } => write!(out, "event {number} cannot be replayed: {reason}"),
            Self::EventColumn { number, column: "number" } => write!(out, "event {number} stands in the place of another"),
            Self::EventColumn { number, column } => write!(out, "the column {column} of event {number} contradicts the event"),
            Self::Head => write!(out, "the head of the log does not belong to its events"),
            Self::Row { table, row, column, found, expected } => {
                write!(out, "{table} ({row}): {column} is {found}, and by the events {expected}")
            }
            Self::RowMissing { table, row } => write!(out, "{table} ({row}) is missing"),
            Self::RowAdded { table, row } => write!(out, "{table} ({row}) comes from no event"),
        }
    }
}
