//! The dashboard as a terminal shows it: blocks of lines, one below the other, or side by side where there is room.

mod charts;

use crate::cli::style::Styles;
use crate::cli::views::dashboard::{AlertView, DashboardView};
use crate::render::chart::{Glyphs, grouped};
use crate::render::{View, escape, pad, text_width, wrap};

/// As wide as the screen gets where nothing says how wide the terminal is.
const USUAL: usize = 80;
/// From here on, blocks stand side by side.
const SIDE_BY_SIDE: usize = 110;
/// Wider lines are not easier to read.
const WIDEST: usize = 160;
/// Between blocks that stand side by side.
const GUTTER: usize = 4;

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
