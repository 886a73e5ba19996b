//! The charts of the screen: bars by status and tier, columns by week.

use super::{Block, Screen};
use crate::cli::views::dashboard::{DashboardView, TierView};
use crate::license::Status;
use crate::render::chart::{bar, columns, grouped, short};
use crate::render::{pad, text_width};

/// How many tiers have a bar.
const TIERS: usize = 8;
/// How many lines the columns of the weeks take.
const TALL: usize = 3;

/// A line of a chart.
struct Row {
    name: String,
    value: u64,
    number: String,
    status: Status,
}

impl Screen {
    pub(super) fn statuses(&self, view: &DashboardView, width: usize) -> Block {
        let shown = |status: &Status, licenses: u64| licenses > 0 || *status == Status::Active;
        let rows: Vec<Row> = view
            .statuses
            .iter()
            .filter(|one| shown(&one.status, one.licenses))
            .map(|one| Row {
                name: one.status.to_string(),
                value: one.licenses,
                number: grouped(one.licenses),
                status: one.status,
            })
            .collect();
        let mut block = vec![self.title("By status")];
        block.extend(self.bars(&rows, width));
        block
    }

    pub(super) fn tiers(&self, view: &DashboardView, width: usize) -> Block {
        let one_product = view.is_of_one_product();
        let mut tiers: Vec<&TierView> = view.tiers.iter().collect();
        tiers.sort_by_key(|tier| std::cmp::Reverse(tier.in_use));
        let (most, rest) = tiers.split_at(if tiers.len() > TIERS + 1 { TIERS } else { tiers.len() });
        let row = |tier: &&TierView| Row {
            name: if one_product { tier.tier.to_string() } else { tier.full_name() },
            value: tier.in_use,
            number: grouped(tier.in_use),
            status: Status::Active,
        };
        let mut block = vec![self.title("In use, by tier")];
        block.extend(self.bars(&most.iter().map(row).collect::<Vec<_>>(), width));
        if !rest.is_empty() {
            let others: u64 = rest.iter().map(|tier| tier.in_use).sum();
            let line = format!("  {} and {} other tiers with {}", self.glyphs.ellipsis(), rest.len(), grouped(others));
            block.push((self.styles.faint(&line), text_width(&line)));
        }
        block
    }

    /// Lines of a name, a bar and a number.
    fn bars(&self, rows: &[Row], width: usize) -> Block {
        let names = rows.iter().map(|row| text_width(&row.name)).max().unwrap_or(0).min(width / 3);
        let numbers = rows.iter().map(|row| row.number.len()).max().unwrap_or(0);
        let room = width.saturating_sub(names + numbers + 6).max(4);
        let largest = rows.iter().map(|row| row.value).max().unwrap_or(0);
        let line = |row: &Row| {
            let name = pad(&self.glyphs.cut(&row.name, names), names);
            let drawn = bar(row.value, largest, room, self.glyphs);
            let blanks = " ".repeat(room - drawn.chars().count().min(room));
            let line = format!("  {name}  {}{blanks}  {:>numbers$}", self.paint(row.status, &drawn), row.number);
            (line, names + room + numbers + 6)
        };
        rows.iter().map(line).collect()
    }

    fn paint(&self, status: Status, drawn: &str) -> String {
        match status {
            Status::Active => self.styles.good(drawn),
            Status::Expiring | Status::Grace => self.styles.careful(drawn),
            Status::Expired => self.styles.bad(drawn),
            Status::Scheduled | Status::Suspended | Status::Revoked => self.styles.faint(drawn),
        }
    }

    pub(super) fn weeks(&self, view: &DashboardView, width: usize) -> Block {
        let values: Vec<u64> = view.weeks.iter().map(|week| week.licenses).collect();
        let all: u64 = values.iter().sum();
        let told = if all == 0 { "none".to_owned() } else { grouped(all) };
        let mut block = vec![self.title(&format!("Ends in the next {} weeks: {told}", values.len()))];
        // A column is as broad as its number at least, with a blank behind it; where that is too much for the line, a list has room.
        let numbers = values.iter().map(|value| short(*value).len()).max().unwrap_or(0);
        let broad = (width.saturating_sub(2) / values.len().max(1)).clamp(4, 8) - 1;
        if broad < numbers || (broad + 1) * values.len() + 1 > width {
            let told = view.weeks.iter().filter(|week| week.licenses > 0);
            block.extend(told.map(|week| (format!("  {}  {}", week.first, grouped(week.licenses)), 14)));
            return block;
        }
        if all == 0 {
            return block;
        }
        let mut numbers = String::new();
        let mut names = String::new();
        // The first day of the week, `12-06`, where there is room for it.
        let every = if broad >= 5 { 1 } else { 2 };
        for (place, week) in view.weeks.iter().enumerate() {
            let number = if week.licenses == 0 { self.glyphs.dot().to_owned() } else { short(week.licenses) };
            numbers.push_str(&pad(&number, broad + 1));
            let day = if place % every == 0 { week.first.to_string()[5..].to_owned() } else { String::new() };
            let name = pad(&day, (broad + 1) * every);
            if place % every == 0 {
                names.push_str(&name);
            }
        }
        let line = |text: &str| (format!("  {text}"), 2 + text_width(text));
        block.push(line(numbers.trim_end()));
        for drawn in columns(&values, TALL, broad, self.glyphs) {
            block.push((format!("  {}", self.styles.careful(&drawn)), 2 + drawn.chars().count()));
        }
        let names = names.trim_end();
        block.push((format!("  {}", self.styles.faint(names)), 2 + names.len()));
        block
    }
}
