//! The measures of the charts on a page. A chart is as wide as its place, so that what lies along is in hundredths of that, and what
//! stands up is in pixels: no text is ever scaled.

use serde::Serialize;

use crate::render::chart::{grouped, short};

/// The room of one bar with the line of text above it, in pixels.
const ROW: usize = 40;
/// How high the columns stand, in pixels.
const TALL: u64 = 120;
/// Room above the highest column, for its number.
const ABOVE: u64 = 20;

/// Lying bars, one below the other, each with its name and number above it.
#[derive(Debug, Clone, Serialize)]
pub struct Bars {
    id: &'static str,
    title: String,
    about: String,
    height: usize,
    bars: Vec<Bar>,
}

#[derive(Debug, Clone, Serialize)]
struct Bar {
    name: String,
    whole: String,
    number: String,
    class: String,
    text: usize,
    top: usize,
    width: String,
}

/// What one bar is to show.
#[derive(Debug, Clone)]
pub struct Item {
    /// The name above the bar.
    pub name: String,
    /// How many.
    pub value: u64,
    /// The class that gives the bar its color.
    pub class: String,
}

/// How much of a name stands above a bar: more would run into the number on a phone.
const LONGEST_NAME: usize = 34;

impl Bars {
    /// A chart of these items. `id` names it within its page.
    #[must_use]
    pub fn new(id: &'static str, title: &str, items: Vec<Item>) -> Self {
        let largest = items.iter().map(|item| item.value).max().unwrap_or(0);
        let told: Vec<String> = items.iter().map(|item| format!("{} {}", item.name, grouped(item.value))).collect();
        let bar = |(row, item): (usize, Item)| Bar {
            name: crate::render::width::cut(&item.name, LONGEST_NAME),
            number: grouped(item.value),
            class: item.class,
            text: row * ROW + 15,
            top: row * ROW + 21,
            width: hundredths(item.value, largest, 100),
            whole: item.name,
        };
        let height = (items.len() * ROW).max(ROW);
        let bars = items.into_iter().enumerate().map(bar).collect();
        Self { id, title: title.to_owned(), about: told.join(", "), height, bars }
    }
}

/// Standing columns, side by side, with a number above and a name below each.
#[derive(Debug, Clone, Serialize)]
pub struct Columns {
    id: &'static str,
    title: String,
    about: String,
    height: u64,
    base: u64,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, Serialize)]
struct Column {
    name: String,
    number: String,
    left: String,
    middle: String,
    width: String,
    top: u64,
    tall: u64,
    minor: bool,
    zero: bool,
}

/// Every so many columns one whose name also stands on a narrow page.
const NAMED: usize = 3;

impl Columns {
    /// A chart of these names and numbers. `id` names it within its page.
    #[must_use]
    pub fn new(id: &'static str, title: &str, items: &[(String, u64)]) -> Self {
        let largest = items.iter().map(|(_, value)| *value).max().unwrap_or(0);
        let told: Vec<String> = items.iter().map(|(name, value)| format!("{name} {}", grouped(*value))).collect();
        let step = 10_000 / items.len().max(1);
        let column = |(place, (name, value)): (usize, &(String, u64))| {
            let tall = if largest == 0 {
                0
            } else {
                u64::try_from(u128::from(*value) * u128::from(TALL) / u128::from(largest)).unwrap_or(TALL)
            };
            let tall = if *value > 0 { tall.max(2) } else { 0 };
            Column {
                name: name.clone(),
                number: short(*value),
                left: percent(place * step + step / 8),
                middle: percent(place * step + step / 2),
                width: percent(step * 3 / 4),
                top: ABOVE + TALL - tall,
                tall,
                minor: place % NAMED != 0,
                zero: *value == 0,
            }
        };
        let columns = items.iter().enumerate().map(column).collect();
        Self { id, title: title.to_owned(), about: told.join(", "), height: ABOVE + TALL + 24, base: ABOVE + TALL, columns }
    }
}

/// The part of `room` hundredths that a value has beside the largest, as SVG wants it; a sliver at least where it is not zero.
fn hundredths(value: u64, largest: u64, room: u64) -> String {
    if value == 0 || largest == 0 {
        return "0".into();
    }
    let part = u128::from(value) * u128::from(room) * 100 / u128::from(largest);
    percent(usize::try_from(part).unwrap_or_default().max(50))
}

/// Hundredths of a percent as percent: `833` is `8.33%`.
fn percent(hundredths: usize) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, value: u64) -> Item {
        Item { name: name.into(), value, class: "ok".into() }
    }

    #[test]
    fn bars_are_measured_by_the_largest() {
        let bars = Bars::new("x", "Tiers", vec![item("pro", 200), item("basic", 50), item("tiny", 1), item("none", 0)]);
        let widths: Vec<&str> = bars.bars.iter().map(|bar| bar.width.as_str()).collect();
        assert_eq!(widths, ["100.00%", "25.00%", "0.50%", "0"]);
        assert_eq!((bars.height, bars.about.as_str()), (160, "pro 200, basic 50, tiny 1, none 0"));
        assert_eq!(Bars::new("x", "Tiers", vec![item("pro", 0)]).bars[0].width, "0");
    }

    #[test]
    fn columns_stay_inside_their_place_whatever_the_numbers() {
        for values in [vec![0, 0, 0], vec![u64::MAX, 1, 0], vec![3, 2, 1]] {
            let items: Vec<(String, u64)> = values.iter().map(|value| ("w".to_owned(), *value)).collect();
            let chart = Columns::new("x", "Weeks", &items);
            for (column, value) in chart.columns.iter().zip(&values) {
                assert_eq!(column.top + column.tall, chart.base);
                assert!(column.tall <= TALL && (column.tall > 0) == (*value > 0));
            }
        }
        assert!(Columns::new("x", "Weeks", &[]).columns.is_empty());
    }
}
