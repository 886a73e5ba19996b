//! The dashboard as a terminal shows it: blocks of lines, one below the other, or side by side where there is room.

use crate::cli::style::Styles;
use crate::cli::views::dashboard::{AlertView, DashboardView, TierView};
use crate::license::Status;
use crate::render::chart::{Glyphs, bar, columns, grouped, short};
use crate::render::{View, escape, pad, text_width, wrap};

/// As wide as the screen gets where nothing says how wide the terminal is.
const USUAL: usize = 80;
/// From here on, blocks stand side by side.
const SIDE_BY_SIDE: usize = 110;
/// Wider lines are not easier to read.
const WIDEST: usize = 160;
/// Between blocks that stand side by side.
const GUTTER: usize = 4;
/// How many tiers have a bar.
const TIERS: usize = 8;
/// How many lines the columns of the weeks take.
const TALL: usize = 3;

/// From here on, the newest licenses have room for their tiers.
const ROOM_FOR_TIERS: usize = 56;

/// How the dashboard is drawn.
pub(super) struct Screen {
    styles: Styles,
    glyphs: Glyphs,
    width: usize,
}

/// Lines with colors in them, and how wide each is seen.
type Block = Vec<(String, usize)>;

impl Screen {
    pub fn new(styles: Styles, glyphs: Glyphs, width: Option<u16>) -> Self {
        Self { styles, glyphs, width: width.map_or(USUAL, usize::from).clamp(20, WIDEST) }
    }

    pub fn show(&self, view: &DashboardView) -> String {
        let mut blocks = vec![self.head(view)];
        if let Some(begin) = &view.begin {
            let how = format!("{} {}", begin.how, begin.command);
            blocks.push(vec![(begin.what.to_owned(), 0), (format!("  {} {how}", self.glyphs.arrow()), 0)]);
        }
        if !view.alerts.is_empty() {
            blocks.push(self.alerts(&view.alerts));
        }
        if view.begin.is_none() {
            if self.width >= SIDE_BY_SIDE {
                let half = (self.width - GUTTER) / 2;
                blocks.push(beside(self.statuses(view, half), self.tiers(view, half), half));
                blocks.push(beside(self.weeks(view, half), self.newest(view, half), half));
            } else {
                blocks.extend([
                    self.statuses(view, self.width),
                    self.tiers(view, self.width),
                    self.weeks(view, self.width),
                    self.newest(view, self.width),
                ]);
            }
        }
        let shown = blocks.iter().map(|block| block.iter().map(|(line, _)| format!("{}\n", line.trim_end())).collect::<String>());
        shown.collect::<Vec<_>>().join("\n")
    }

    fn head(&self, view: &DashboardView) -> Block {
        let dot = self.glyphs.dot();
        let day = view.day().to_string();
        let room = self.width.saturating_sub(day.len() + 3);
        let vendor = self.glyphs.cut(&escape::human(&view.vendor), room);
        let mut block = vec![(format!("{} {}", self.styles.strong(&vendor), self.styles.faint(&format!("{dot} {day}"))), 0)];
        if view.begin.is_none() {
            let noun = if view.licenses == 1 { "license" } else { "licenses" };
            let counts = format!("{} {noun} {dot} {} in use", grouped(view.licenses), grouped(view.in_use));
            let well = view.alerts.is_empty().then(|| format!(" {dot} {} nothing needs attention", self.glyphs.tick()));
            block.push((counts + &well.map(|well| self.styles.good(&well)).unwrap_or_default(), 0));
        }
        block
    }

    fn title(&self, text: &str) -> (String, usize) {
        (self.styles.strong(text), text.len())
    }

    /// What was found, wrapped, and the command that shows more, which is never broken.
    fn alerts(&self, alerts: &[AlertView]) -> Block {
        let mut block = vec![self.title("Needs attention")];
        for alert in alerts {
            let mark = if alert.grave { self.styles.bad("!") } else { self.styles.careful("!") };
            let what = format!("{}: {}", alert.title(), escape::human(&alert.what));
            for (number, line) in wrap(&what, self.width.saturating_sub(4)).into_iter().enumerate() {
                block.push((if number == 0 { format!("  {mark} {line}") } else { format!("    {line}") }, 0));
            }
            block.push((self.styles.faint(&format!("    {} {}", self.glyphs.arrow(), escape::human(&alert.next))), 0));
        }
        block
    }

    fn statuses(&self, view: &DashboardView, width: usize) -> Block {
        let shown = |status: &Status, licenses: u64| licenses > 0 || *status == Status::Active;
        let rows: Vec<Row> = view
            .statuses
            .iter()
            .filter(|one| shown(&one.status, one.licenses))
            .map(|one| Row { name: one.status.to_string(), value: one.licenses, number: grouped(one.licenses), status: one.status })
            .collect();
        let mut block = vec![self.title("By status")];
        block.extend(self.bars(&rows, width));
        block
    }

    fn tiers(&self, view: &DashboardView, width: usize) -> Block {
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

    fn weeks(&self, view: &DashboardView, width: usize) -> Block {
        let values: Vec<u64> = view.weeks.iter().map(|week| week.licenses).collect();
        let all: u64 = values.iter().sum();
        let told = if all == 0 { "none".to_owned() } else { grouped(all) };
        let mut block = vec![self.title(&format!("Ends in the next {} weeks: {told}", values.len()))];
        // A column with the blank behind it; four characters take every number.
        let broad = (width.saturating_sub(2) / values.len().max(1)).clamp(5, 8) - 1;
        if (broad + 1) * values.len() + 1 > width {
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

    fn newest(&self, view: &DashboardView, width: usize) -> Block {
        let mut block = vec![self.title("Newest licenses")];
        let tiers = view.newest.iter().map(|license| license.tier().as_str().len()).max().unwrap_or(0).min(width / 4);
        for license in &view.newest {
            let tier = pad(&self.glyphs.cut(license.tier().as_str(), tiers), tiers);
            let tier = if width < ROOM_FOR_TIERS { String::new() } else { format!("{tier}  ") };
            let begin = format!("  {}  {}  {tier}", license.name(), license.issued_on());
            let name = self.glyphs.cut(&escape::human(license.customer_name()), width.saturating_sub(text_width(&begin)));
            block.push((format!("{begin}{name}"), text_width(&begin) + text_width(&name)));
        }
        block
    }
}

/// A line of a chart.
struct Row {
    name: String,
    value: u64,
    number: String,
    status: Status,
}

/// Two blocks side by side, the left one `width` wide.
fn beside(left: Block, right: Block, width: usize) -> Block {
    let lines = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let line = |_| {
        let (text, seen) = left.next().unwrap_or_default();
        let (other, _) = right.next().unwrap_or_default();
        (format!("{text}{}{other}", " ".repeat((width + GUTTER).saturating_sub(seen))), 0)
    };
    (0..lines).map(line).collect()
}
