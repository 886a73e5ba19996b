//! What can be rendered: views, and the columns, cells and sections they are made of.
//!
//! A view says what there is to see and knows no format. It is a plain struct in the module of the command or the use case it
//! belongs to; this room knows none of them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::license::{Date, LicenseId, Slug, Timestamp};

/// One row of a list.
///
/// The fields that serde writes are the JSON of the view: snake_case, absent where unknown
/// (`#[serde(skip_serializing_if = "Option::is_none")]`), times as [`Moment`]. A column and the JSON member with its key say the
/// same; JSON may hold more.
pub trait View: Serialize {
    /// The view's name in JSON: of one object, and of a list of them.
    const NOUN: Noun;

    /// The columns of a list, in order.
    fn columns() -> &'static [Column];

    /// One cell for each column.
    fn cells(&self) -> Vec<Cell<'_>>;

    /// The one word that names this object on a command line.
    fn name(&self) -> Cow<'_, str>;
}

/// A view that can be shown alone, at length.
pub trait Detail: View {
    /// What people see, in reading order.
    fn sections(&self) -> Vec<Section<'_>>;
}

/// The name of a view, for one and for many.
#[derive(Debug, Clone, Copy)]
pub struct Noun {
    /// `license`.
    pub one: &'static str,
    /// `licenses`.
    pub many: &'static str,
}

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text, ids and dates.
    Left,
    /// Numbers.
    Right,
}

/// Whether a table shows a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Whatever the width.
    Always,
    /// While there is room, and at least one row has something to say. The higher the number, the sooner the column is left out.
    Optional(u8),
    /// Only where nothing has to be cut for it.
    Wide,
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name for programs: the header in CSV and TSV, and the member in JSON.
    pub key: &'static str,
    /// The name for people: the header of a table.
    pub title: &'static str,
    pub(super) align: Align,
    pub(super) cut: bool,
    pub(super) shown: Shown,
}

impl Column {
    /// A column of ids, dates, words: never cut.
    #[must_use]
    pub const fn new(key: &'static str, title: &'static str) -> Self {
        Self { key, title, align: Align::Left, cut: false, shown: Shown::Always }
    }

    /// A column of names and other text, which a narrow table cuts with `…`.
    #[must_use]
    pub const fn text(key: &'static str, title: &'static str) -> Self {
        Self { cut: true, ..Self::new(key, title) }
    }

    /// A column of numbers or amounts: to the right, never cut.
    #[must_use]
    pub const fn number(key: &'static str, title: &'static str) -> Self {
        Self { align: Align::Right, ..Self::new(key, title) }
    }

    /// The column, left out of a table that is too narrow: the highest `rank` first, of equals the rightmost.
    /// Left out at any width where no row has anything in it.
    #[must_use]
    pub const fn optional(self, rank: u8) -> Self {
        Self { shown: Shown::Optional(rank), ..self }
    }

    /// The column, shown only in a table that has room for everything uncut.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self { shown: Shown::Wide, ..self }
    }
}

/// A value in a list or in a section. Each format prints it in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Unknown: nothing in CSV and TSV, no member in JSON, `–` for people.
    Missing,
    /// Absent, which says something: people read the word (`unlimited`, `never`), programs what they get for [`Cell::Missing`].
    Absent(&'static str),
    /// Text from anywhere: the formats make it safe.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i128),
    /// Yes or no; `true` and `false` for programs.
    Flag(bool),
    /// A day.
    Date(Date),
    /// A moment: RFC 3339 for programs, to the minute for people.
    Moment(Timestamp),
    /// Several texts: an array in JSON, parted by `;` in CSV and TSV, by commas for people.
    List(Vec<Cow<'a, str>>),
}

/// The dash that people see for an unknown value.
const DASH: &str = "–";

impl<'a> Cell<'a> {
    /// Several texts; [`Cell::Missing`] where there are none.
    pub fn list<T: Into<Cow<'a, str>>>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<_> = items.into_iter().map(Into::into).collect();
        if items.is_empty() { Self::Missing } else { Self::List(items) }
    }

    /// The cell; where it is missing, the word that people read instead.
    #[must_use]
    pub fn or(self, word: &'static str) -> Self {
        if matches!(self, Self::Missing) { Self::Absent(word) } else { self }
    }

    /// Whether the cell holds no value.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing | Self::Absent(_))
    }

    /// Whether the value is text that came from anywhere, and not in the form of a number, a date or a fixed word.
    pub(super) fn is_free_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::List(_))
    }

    /// The cell for people, not yet escaped.
    pub(super) fn for_people(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => DASH.into(),
            Self::Absent(word) => (*word).into(),
            Self::Flag(yes) => if *yes { "yes" } else { "no" }.into(),
            Self::Moment(moment) => {
                let text = moment.to_string();
                format!("{} {}Z", &text[..10], &text[11..16]).into()
            }
            Self::List(items) => items.join(", ").into(),
            Self::Text(_) | Self::Number(_) | Self::Date(_) => self.for_programs(),
        }
    }

    /// The cell for programs, not yet escaped.
    pub(super) fn for_programs(&self) -> Cow<'_, str> {
        match self {
            Self::Missing | Self::Absent(_) => "".into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => number.to_string().into(),
            Self::Flag(yes) => if *yes { "true" } else { "false" }.into(),
            Self::Date(date) => date.to_string().into(),
            Self::Moment(moment) => moment.to_string().into(),
            Self::List(items) => items.join(";").into(),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a Slug> for Cell<'a> {
    fn from(slug: &'a Slug) -> Self {
        slug.as_str().into()
    }
}

impl From<LicenseId> for Cell<'_> {
    fn from(id: LicenseId) -> Self {
        id.to_string().into()
    }
}

impl From<bool> for Cell<'_> {
    fn from(yes: bool) -> Self {
        Self::Flag(yes)
    }
}

impl From<Date> for Cell<'_> {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(moment: Timestamp) -> Self {
        Self::Moment(moment)
    }
}

impl From<Moment> for Cell<'_> {
    fn from(moment: Moment) -> Self {
        Self::Moment(moment.0)
    }
}

impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as i128)
    }
}

macro_rules! number_cells {
    ($($number:ty),*) => {$(
        impl From<$number> for Cell<'_> {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

number_cells!(u32, i32, u64, i64);

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// A moment in a view: RFC 3339 in JSON, where a [`Timestamp`] alone would be the number of seconds that tokens hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A part of a detail. One without content is left out.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    pub(super) title: Option<&'static str>,
    pub(super) body: Body<'a>,
}

/// What a section holds.
#[derive(Debug, Clone)]
pub(super) enum Body<'a> {
    /// Names and values.
    Facts(Vec<(Cow<'a, str>, Cell<'a>)>),
    /// A list inside the detail.
    Rows(&'static [Column], Vec<Vec<Cell<'a>>>),
    /// Lines that stay as they are, to be copied whole.
    Block(Cow<'a, str>),
}

impl<'a> Section<'a> {
    /// Names and values, one a line.
    #[must_use]
    pub fn facts<N: Into<Cow<'a, str>>>(facts: impl IntoIterator<Item = (N, Cell<'a>)>) -> Self {
        Self { title: None, body: Body::Facts(facts.into_iter().map(|(name, cell)| (name.into(), cell)).collect()) }
    }

    /// A list, with the columns of its view.
    pub fn rows<V: View + 'a>(views: impl IntoIterator<Item = &'a V>) -> Self {
        Self { title: None, body: Body::Rows(V::columns(), views.into_iter().map(View::cells).collect()) }
    }

    /// Lines that are neither wrapped nor cut, such as a key.
    pub fn block(text: impl Into<Cow<'a, str>>) -> Self {
        Self { title: None, body: Body::Block(text.into()) }
    }

    /// The section under a heading.
    #[must_use]
    pub fn titled(self, title: &'static str) -> Self {
        Self { title: Some(title), ..self }
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.body {
            Body::Facts(facts) => facts.is_empty(),
            Body::Rows(_, rows) => rows.is_empty(),
            Body::Block(text) => text.is_empty(),
        }
    }
}

/// Fails the test where a view's cells and its JSON differ: for the tests of every view.
#[cfg(test)]
pub(crate) fn assert_agrees<V: View>(view: &V) {
    use serde_json::Value;

    fn assert_no_null(value: &Value) {
        match value {
            Value::Null => panic!("JSON has a null; a missing value is an absent member"),
            Value::Array(items) => items.iter().for_each(assert_no_null),
            Value::Object(members) => members.values().for_each(assert_no_null),
            _ => {}
        }
    }

    let json = serde_json::to_value(view).unwrap();
    assert_no_null(&json);
    let cells = view.cells();
    assert_eq!(V::columns().len(), cells.len(), "one cell for each column");
    for (Column { key, .. }, cell) in V::columns().iter().zip(&cells) {
        assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{key} is not snake_case");
        let expected = match cell {
            Cell::Missing | Cell::Absent(_) => None,
            Cell::Number(number) => Some(serde_json::to_value(number).unwrap()),
            Cell::Flag(yes) => Some(Value::Bool(*yes)),
            Cell::List(items) => Some(items.iter().map(|item| Value::from(item.as_ref())).collect()),
            Cell::Text(_) | Cell::Date(_) | Cell::Moment(_) => Some(Value::from(cell.for_programs())),
        };
        // A flag that is off may be left out of JSON.
        if !(json.get(key).is_none() && *cell == Cell::Flag(false)) {
            assert_eq!(json.get(key), expected.as_ref(), "the cell and the member of {key}");
        }
    }
}
