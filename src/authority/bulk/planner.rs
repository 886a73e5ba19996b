//! What a row comes to on the ledger as it is: by the same rules as one order or one renewal alone, with what many rows ask for
//! again and again looked up once.

use std::collections::HashMap;
use std::sync::Arc;

use super::naming::Names;
use super::{Form, Typed};
use crate::authority::csv_import::Problem;
use crate::authority::csv_import::sheet::Row;
use crate::authority::find::{self, People};
use crate::authority::issue::within_limits;
use crate::authority::order::{Order, not_archived};
use crate::authority::renew::{self, Which};
use crate::authority::request::answer;
use crate::authority::revise::Extra;
use crate::authority::unusual::{Earlier, earlier, note_down, unusual_beside, without_list};
use crate::authority::{Actor, Error};
use crate::ledger::{Request, Tables};
use crate::license::{Customer, LicenseId, Occasion, Role, Slug, Terms, Tier, Timestamp};

/// How many customers are remembered.
const REMEMBERED: usize = 20_000;

/// What a row asks for, with the name it has: read once, and planned again where the ledger has changed since.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub line: u64,
    pub typed: Typed,
    pub given: Option<String>,
    /// The name, once it is found out.
    pub request: Option<Request>,
    /// The id that was drawn for it.
    pub id: Option<LicenseId>,
}

/// What a row comes to.
pub(super) enum Planned {
    /// A license or a revision that this row was answered with before.
    Answered { license: LicenseId, rev: u32 },
    /// A revision to be signed.
    Draft(Box<Draft>),
}

/// A revision that is about to be signed.
#[derive(Debug)]
pub(super) struct Draft {
    pub line: u64,
    /// The license and its place in the status lists; `None`: a new one.
    pub license: Option<(LicenseId, u64)>,
    pub rev: u32,
    pub customer: Arc<Customer>,
    pub terms: Terms,
    pub occasion: Option<Occasion>,
    pub extra: Extra,
}

/// Why a row comes to nothing.
pub(super) enum Refusal {
    /// The row is to blame.
    Row(Arc<Error>),
    /// The row is not: a ledger that cannot be read, a role that does not cover it.
    Whole(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            error @ (Error::Ledger(_) | Error::NotAllowed { .. } | Error::UnknownOperator(_) | Error::Entropy(_)) => {
                Self::Whole(error)
            }
            error => Self::Row(Arc::new(error)),
        }
    }
}

impl From<crate::ledger::LedgerError> for Refusal {
    fn from(error: crate::ledger::LedgerError) -> Self {
        Self::Whole(error.into())
    }
}

/// What a word stands for, or why it stands for nothing.
type Found<T> = Result<Arc<T>, Arc<Error>>;

/// Plans rows, one after the other.
pub(super) struct Planner {
    actor: Actor,
    at: Timestamp,
    /// The address below which status lists are published.
    status: Option<String>,
    pub names: Names,
    customers: HashMap<String, Found<Customer>>,
    tiers: HashMap<(String, Option<Slug>), Found<Tier>>,
    /// The newest licenses of customers, with those that were planned.
    earlier: HashMap<Slug, Vec<Earlier>>,
    people: Option<People>,
    /// Whether it is known that no row was answered: nobody has to be asked about each.
    pub all_fresh: bool,
}

impl Planner {
    pub fn new(actor: &Actor, at: Timestamp, status: Option<String>, names: Names) -> Self {
        Self {
            actor: actor.clone(),
            at,
            status,
            names,
            customers: HashMap::new(),
            tiers: HashMap::new(),
            earlier: HashMap::new(),
            people: None,
            all_fresh: false,
        }
    }

    /// Whether so much is remembered that it should be forgotten, as soon as all that was planned is recorded.
    pub fn is_full(&self) -> bool {
        self.customers.len().max(self.earlier.len()) > REMEMBERED
    }

    /// Forgets what was looked up.
    pub fn forget(&mut self) {
        (self.customers, self.tiers, self.earlier, self.people) = Default::default();
    }

    /// Looks at everything anew, the operator too: the ledger has changed.
    pub fn refresh(&mut self, tables: &Tables<'_>) -> Result<(), Error> {
        self.forget();
        self.all_fresh = false;
        self.actor = self.actor.as_of(tables)?;
        self.actor.require(Role::Issuer, "issue licenses", tables)
    }

    /// What a row comes to. Rows are planned in the order of the file.
    pub fn plan(&mut self, tables: &Tables<'_>, asked: &mut Asked) -> Result<Planned, Refusal> {
        match &asked.typed {
            Typed::Order(_) => self.plan_order(tables, asked),
            Typed::Renewal(_) => self.plan_renewal(tables, asked),
        }
    }

    /// What is wrong with the customer and the tier of a row that has other problems.
    pub fn strangers(&mut self, tables: &Tables<'_>, form: &Form, row: &Row) -> Result<Vec<Problem>, Error> {
        let Form::Orders(orders) = form else { return Ok(Vec::new()) };
        let (customer, tier, product) = orders.words(row);
        let customer = customer.map(|word| self.customer(tables, &word).map(|customer| customer.archived.then_some(customer)));
        let tier = tier.map(|word| self.tier(tables, &word, product.as_ref()));
        let mut problems = Vec::new();
        let refused = [
            match customer {
                Some(Ok(Some(archived))) => Some(Error::ArchivedCustomer(archived.slug.clone()).into()),
                Some(Err(refusal)) => Some(refusal),
                _ => None,
            },
            tier.and_then(Result::err),
        ];
        for refusal in refused.into_iter().flatten() {
            match refusal {
                Refusal::Row(error) => problems.push(problem(form, row, &error)),
                Refusal::Whole(error) => return Err(error),
            }
        }
        Ok(problems)
    }

    fn plan_order(&mut self, tables: &Tables<'_>, asked: &mut Asked) -> Result<Planned, Refusal> {
        let Typed::Order(typed) = &mut asked.typed else { return Err(odd()) };
        let customer = self.customer(tables, &typed.customer)?;
        let tier = self.tier(tables, &typed.tier, typed.order.product.as_ref())?;
        let request = match &asked.request {
            Some(request) => request.clone(),
            None => {
                typed.order.customer = customer.slug.clone();
                // In full, so that a request is the same however its tier was typed.
                typed.order.tier = tier.full_name();
                let request = self.names.order(&typed.order, asked.given.as_deref(), asked.line)?;
                asked.request.insert(request).clone()
            }
        };
        if !self.all_fresh
            && let Some((license, rev)) = answer(tables, &request)?
        {
            return Ok(Planned::Answered { license, rev });
        }
        not_archived(&customer)?;
        let order: &Order = &typed.order;
        let terms = order.granted(&tier, self.at)?;
        within_limits(tables, &self.actor, &terms)?;
        let earlier = match self.earlier.get_mut(&customer.slug) {
            Some(known) => known,
            None => self.earlier.entry(customer.slug.clone()).or_insert(earlier(tables, &customer.slug)?),
        };
        let mut notes = unusual_beside(&terms, earlier, Some(&tier), self.at);
        notes.extend(without_list(&terms, self.status.as_deref()));
        note_down(earlier, &terms);
        let extra = Extra { note: order.note.clone(), request: Some(request), unusual: told(&notes) };
        Ok(Planned::Draft(Box::new(Draft { line: asked.line, license: None, rev: 1, customer, terms, occasion: None, extra })))
    }

    fn plan_renewal(&mut self, tables: &Tables<'_>, asked: &mut Asked) -> Result<Planned, Refusal> {
        let Typed::Renewal(typed) = &mut asked.typed else { return Err(odd()) };
        let record = find::license(tables, &typed.license)?;
        typed.renewal.which = Which::These(vec![record.id]);
        let request = match &asked.request {
            Some(request) => request.clone(),
            None => {
                self.names.renewed_once(record.id, asked.line)?;
                // What the row says stands for itself, whatever the license grants by then.
                typed.renewal.seats = typed.seats;
                let request = self.names.renewal(record.id, &typed.renewal, typed.until, asked.given.as_deref(), asked.line)?;
                asked.request.insert(request).clone()
            }
        };
        if !self.all_fresh
            && let Some((license, rev)) = answer(tables, &request)?
        {
            return Ok(Planned::Answered { license, rev });
        }
        let mut renewal = typed.renewal.clone();
        let now = crate::authority::order::End::of(record.ends);
        if let Some(until) = typed.until.filter(|until| *until != now) {
            if typed.term_in_row {
                return Err(Error::Invalid("a term and another last day: leave one of them empty".into()).into());
            }
            renewal.end = Some(until);
        }
        if typed.seats.is_some_and(|seats| seats.into_option() == record.seats) {
            renewal.seats = None;
        }
        if renewal.note == record.note {
            renewal.note = None;
        }
        let plan = renew::plan(tables, &self.actor, &renewal, record.id, self.at)?;
        let extra = Extra { note: renewal.note.clone(), request: Some(request), unusual: plan.told() };
        Ok(Planned::Draft(Box::new(Draft {
            line: asked.line,
            license: Some((record.id, record.status_index)),
            rev: record.rev.saturating_add(1),
            customer: Arc::new(plan.customer),
            terms: plan.terms,
            occasion: Some(Occasion::Renewal),
            extra,
        })))
    }

    fn customer(&mut self, tables: &Tables<'_>, word: &str) -> Result<Arc<Customer>, Refusal> {
        if let Some(known) = self.customers.get(word) {
            return known.clone().map_err(Refusal::Row);
        }
        let found = match find::customer_of_slug(tables, word)? {
            Some(customer) => Ok(customer),
            None => {
                let people = match &mut self.people {
                    Some(people) => people,
                    none => none.insert(People::of(tables)?),
                };
                people.named(tables, word)
            }
        };
        let found = found.map(Arc::new).map_err(Refusal::from);
        let kept = match &found {
            Ok(customer) => Ok(customer.clone()),
            Err(Refusal::Row(error)) => Err(error.clone()),
            Err(Refusal::Whole(_)) => return found,
        };
        self.customers.insert(word.to_owned(), kept);
        found
    }

    fn tier(&mut self, tables: &Tables<'_>, word: &str, product: Option<&Slug>) -> Result<Arc<Tier>, Refusal> {
        let key = (word.to_owned(), product.cloned());
        if let Some(known) = self.tiers.get(&key) {
            return known.clone().map_err(Refusal::Row);
        }
        let found = find::tier(tables, word, product).map(Arc::new).map_err(Refusal::from);
        let kept = match &found {
            Ok(tier) => Ok(tier.clone()),
            Err(Refusal::Row(error)) => Err(error.clone()),
            Err(Refusal::Whole(_)) => return found,
        };
        self.tiers.insert(key, kept);
        found
    }
}

fn told(notes: &[String]) -> Option<String> {
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn odd() -> Refusal {
    Refusal::Whole(Error::Invalid("a row of another kind of file".into()))
}

/// Where the reason for a refusal stands in a row.
pub(super) fn problem(form: &Form, row: &Row, error: &Error) -> Problem {
    match form {
        Form::Orders(form) => form.problem(row, error),
        Form::Renewals(form) => form.problem(row, error),
    }
}
