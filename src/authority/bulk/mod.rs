//! Bulk work: the licenses of a file issued or renewed, by the same rules as one alone.
//!
//! The whole file is copied where nobody changes it ([`Spool`]), and read twice: once to check it, so that all of its problems
//! are told before anything is written, and once to do it. Batches of rows are planned, signed on every core, and recorded in
//! one transaction each, in the order of the file. A row has a name of its own ([`naming`]), so that the same file again goes on
//! where it stopped and gives nothing twice.
//!
//! # What others may do meanwhile
//!
//! A batch is planned and signed without a lock, for the places in the log and in the status lists that come next. When its
//! transaction begins and anybody else has written since, what was planned no longer counts: the batch is planned and signed
//! anew in the transaction. Between two transactions the lock is free for a moment.

mod cells;
mod check;
mod fields;
mod naming;
mod orders;
mod planner;
mod renewals;
mod run;
mod signing;
mod spool;
mod template;

use std::collections::BTreeSet;
use std::io::Read;

pub use self::cells::PROBLEM;
pub use self::fields::{OrderField, RenewalField, UnknownOrderField, UnknownRenewalField};
use self::naming::Repeated;
pub use self::orders::OrderDefaults;
use self::orders::{OrderForm, TypedOrder};
use self::renewals::{RenewalForm, TypedRenewal};
pub use self::spool::Spool;
pub use self::template::{ORDERS, RENEWALS};
use super::Error;
use super::csv_import::Problem;
use super::csv_import::sheet::Row;
use super::csv_import::stream::SheetStream;
use super::issue::Issued;
use super::renew::Renewal;
use crate::license::{LicenseId, LicenseType};

/// How many rows are recorded in one transaction.
pub const BATCH: usize = 2048;
/// The most rows of one file: the names of so many are known again within the memory that bulk work may take.
pub const MOST_ROWS: u64 = 1_800_000;
/// How many problems are kept; the others are counted.
const KEPT: usize = 1000;

/// What the rows of a file are.
pub(super) enum Form {
    /// Orders.
    Orders(Box<OrderForm>),
    /// Renewals.
    Renewals(RenewalForm),
}

/// What a row says.
#[derive(Debug, Clone)]
pub(super) enum Typed {
    /// An order.
    Order(TypedOrder),
    /// A renewal.
    Renewal(TypedRenewal),
}

/// A file whose header is understood.
pub struct BulkFile {
    spool: Spool,
    form: Form,
    header: Vec<String>,
    /// The name that stands before the names of its rows.
    name: Option<String>,
    /// How many rows are recorded in one transaction.
    pub batch: usize,
}

impl BulkFile {
    /// Reads the header of an order file. `map` says which column a field is in, over what the names suggest; `name` is the
    /// name of the file, where the same orders are wanted once more.
    ///
    /// # Errors
    /// What is wrong with the header, or with the file as a whole.
    pub fn orders(
        spool: Spool,
        map: &[(OrderField, String)],
        defaults: OrderDefaults,
        name: Option<String>,
    ) -> Result<Self, Vec<Problem>> {
        Self::open(spool, name, |header| OrderForm::read(header, map, defaults).map(|form| Form::Orders(Box::new(form))))
    }

    /// Reads the header of a renewal file. What a row leaves out is as in `defaults`.
    ///
    /// # Errors
    /// What is wrong with the header, or with the file as a whole.
    pub fn renewals(
        spool: Spool,
        map: &[(RenewalField, String)],
        defaults: Renewal,
        name: Option<String>,
    ) -> Result<Self, Vec<Problem>> {
        Self::open(spool, name, |header| RenewalForm::read(header, map, defaults).map(Form::Renewals))
    }

    fn open(
        spool: Spool,
        name: Option<String>,
        form: impl FnOnce(&[super::csv_import::ColumnName]) -> Result<Form, Vec<String>>,
    ) -> Result<Self, Vec<Problem>> {
        let unread = |why: std::io::Error| vec![Problem::new(1, None, why.to_string())];
        let mut stream = Self::stream_of(&spool).map_err(unread)?;
        if stream.header().is_empty() {
            let part = stream.next_part().map_err(unread)?;
            return Err(part.map(|part| part.problems).unwrap_or_default());
        }
        let line = stream.header_line();
        let told = |wrong: Vec<String>| wrong.into_iter().map(|why| Problem::new(line, None, why)).collect::<Vec<_>>();
        let form = form(stream.header()).map_err(told)?;
        let header = stream.header().iter().map(|column| column.name.clone()).collect();
        Ok(Self { spool, form, header, name, batch: BATCH })
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The columns that were left out, as the header spells them.
    #[must_use]
    pub fn ignored(&self) -> Vec<String> {
        match &self.form {
            Form::Orders(form) => form.ignored(),
            Form::Renewals(form) => form.ignored(),
        }
    }

    fn stream_of(spool: &Spool) -> std::io::Result<SheetStream<impl Read + use<>>> {
        SheetStream::open(spool.read()?, spool.carriage_returns())
    }

    fn stream(&self) -> Result<SheetStream<impl Read + use<>>, Error> {
        Self::stream_of(&self.spool).map_err(unreadable)
    }

    /// What a row says, and the name it has.
    fn typed(&self, row: &Row) -> Result<(Typed, Option<String>), Vec<Problem>> {
        match &self.form {
            Form::Orders(form) => form.order(row).map(|(order, name)| (Typed::Order(order), name)),
            Form::Renewals(form) => form.renewal(row).map(|(renewal, name)| (Typed::Renewal(renewal), name)),
        }
    }
}

/// Who follows the work, and may end it.
pub trait Watch {
    /// What the follower fails with.
    type Failure: From<Error>;

    /// So many rows were looked at, of at most so many; `false` ends the check.
    fn looked_at(&mut self, rows: u64, most: u64) -> bool;

    /// A row that cannot be done, as it stands in the file, and everything that is wrong with it.
    ///
    /// # Errors
    /// Whatever keeps the follower from noting it down: nothing is done then.
    fn bad_row(&mut self, cells: &[&str], problems: &[Problem]) -> Result<(), Self::Failure>;

    /// A license that is on the disk, now or from before, in the order of the file.
    ///
    /// # Errors
    /// Whatever keeps the follower from passing it on: the work ends after this batch.
    fn done(&mut self, line: u64, issued: Issued) -> Result<(), Self::Failure>;

    /// A batch is on the disk, so many rows in all; `false` ends the work.
    ///
    /// # Errors
    /// As [`Watch::done`].
    fn committed(&mut self, rows: u64) -> Result<bool, Self::Failure>;
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// How many licenses are to be signed.
    pub fresh: u64,
    /// How many rows were answered before.
    pub answered: u64,
    /// How many rows cannot be done.
    pub bad: u64,
    /// What is wrong, as much of it as anybody reads, in the order of the lines.
    pub problems: Vec<Problem>,
    /// How many problems there are.
    pub problem_count: u64,
    /// What is unusual, as much of it as anybody reads, each with its line.
    pub unusual: Vec<(u64, String)>,
    /// How many rows are unusual.
    pub unusual_count: u64,
    /// The types of the licenses to be signed.
    pub kinds: BTreeSet<LicenseType>,
    /// The revoked licenses that were to be renewed, as many of them as anybody reads about.
    pub revoked: Vec<LicenseId>,
    /// Whether the follower ended it.
    pub cancelled: bool,
    /// Which of the rows' names come more than once.
    repeated: Repeated,
    /// How many events the log had.
    events: u64,
}

impl Checked {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.fresh + self.answered + self.bad
    }

    /// Whether every row is one to be signed.
    fn is_all_fresh(&self) -> bool {
        self.answered == 0 && self.bad == 0
    }

    fn add(&mut self, problems: &[Problem]) {
        self.problem_count += problems.len() as u64;
        let room = KEPT.saturating_sub(self.problems.len());
        self.problems.extend(problems.iter().take(room).cloned());
    }
}

/// What became of the rows.
#[derive(Debug, Clone, Default)]
pub struct Finished {
    /// How many licenses were signed.
    pub signed: u64,
    /// How many rows were answered before.
    pub answered: u64,
    /// How many rows could not be done.
    pub bad: u64,
    /// What is wrong with them, as much of it as anybody reads.
    pub problems: Vec<Problem>,
    /// Whether rows are left: the follower ended the work, or a row could not be done that was good when it was checked.
    pub unfinished: bool,
}

/// Why a row cannot be done, with what is near it.
fn in_words(error: &Error) -> String {
    let close: Vec<String> = match error {
        Error::UnknownCustomer { close, .. } => close.iter().map(ToString::to_string).collect(),
        Error::UnknownTier { close, .. } => close.clone(),
        _ => Vec::new(),
    };
    match &close[..] {
        [] => error.to_string(),
        [one] => format!("{error}: did you mean '{one}'?"),
        several => format!("{error}: did you mean one of {}?", several.join(", ")),
    }
}

fn unreadable(source: std::io::Error) -> Error {
    Error::File { path: "the copy of the file".into(), source }
}
