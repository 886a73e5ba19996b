//! The layout of a table for people: which columns are shown and how wide they are. comfy-table draws it.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};

use super::view::{Align, Cell, Column, Shown};
use super::{escape, width};

/// A line under the header, and nothing else.
const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
/// Between two columns.
const GAP: usize = 2;
/// Optional columns are left out rather than a column of text made narrower than this.
const COMFORTABLE: usize = 16;
/// No column of text is cut to less than this, nor to less than its title.
const LEAST: usize = 6;

/// Rows gathered until their widths are known.
pub(super) struct Table {
    columns: Vec<Column>,
    /// How many of the rows at the end are sums, below a rule of their own.
    sums: usize,
    rows: Vec<Vec<String>>,
    /// How wide each column is with nothing cut.
    natural: Vec<usize>,
    /// Whether any row has something to say in the column.
    filled: Vec<bool>,
}

impl Table {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        let natural = columns.iter().map(|column| width::of(column.title)).collect();
        let filled = vec![false; columns.len()];
        Self { columns, sums: 0, rows: Vec::new(), natural, filled }
    }

    /// A row of sums, after all others.
    pub(super) fn push_sum(&mut self, cells: &[Cell<'_>]) {
        self.push(cells);
        self.sums += 1;
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>]) {
        let row: Vec<_> = cells.iter().map(|cell| escape::human(&cell.for_people()).into_owned()).collect();
        for (place, (cell, text)) in cells.iter().zip(&row).enumerate().take(self.columns.len()) {
            self.natural[place] = self.natural[place].max(width::of(text));
            self.filled[place] |= !cell.is_missing();
        }
        self.rows.push(row);
    }

    /// The lines for `available` columns, or as wide as the content where that is `None`. None at all for an empty table.
    pub(super) fn lines(&self, available: Option<usize>) -> impl Iterator<Item = String> {
        let shown: Vec<(usize, usize)> =
            self.fit(available).into_iter().enumerate().filter_map(|(place, width)| Some((place, width?))).collect();
        // Widths and cuts are settled here, because comfy-table knows neither which columns matter nor that ids are never cut.
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(RULED).set_content_arrangement(ContentArrangement::Disabled);
        let row = |texts: &[&str]| -> Vec<String> {
            shown.iter().map(|&(place, width)| width::cut(texts.get(place).copied().unwrap_or(""), width)).collect()
        };
        drawn.set_header(row(&self.columns.iter().map(|column| column.title).collect::<Vec<_>>()));
        for texts in &self.rows {
            drawn.add_row(row(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        for (number, &(place, width)) in shown.iter().enumerate() {
            let Some(column) = drawn.column_mut(number) else { continue };
            let last = number + 1 == shown.len();
            let gap = if last { 0 } else { GAP };
            column.set_padding((0, u16::try_from(gap).unwrap_or(u16::MAX)));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(width + gap).unwrap_or(u16::MAX))));
            column.set_cell_alignment(match self.columns[place].align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        let mut lines: Vec<String> =
            if self.rows.is_empty() { Vec::new() } else { drawn.lines().map(|line| line.trim_end().to_owned()).collect() };
        // The rule under the header, once more.
        if let (true, Some(rule)) = (self.sums > 0, lines.get(1).cloned()) {
            lines.insert(lines.len().saturating_sub(self.sums), rule);
        }
        lines.into_iter()
    }

    /// The width of each column; `None` for those left out.
    fn fit(&self, available: Option<usize>) -> Vec<Option<usize>> {
        let says_something = |place: usize| self.filled[place] || self.columns[place].shown == Shown::Always;
        let mut widths: Vec<Option<usize>> =
            self.natural.iter().enumerate().map(|(place, natural)| says_something(place).then_some(*natural)).collect();
        let Some(available) = available else { return widths };

        if total(&widths) > available {
            self.leave_out(&mut widths, |column| column.shown == Shown::Wide);
        }
        while total(&self.comfortable(&widths)) > available {
            let ranks = self.columns.iter().zip(&widths).filter(|(_, width)| width.is_some());
            let Some(highest) = ranks.filter_map(|(column, _)| rank(column)).max() else { break };
            let last = (0..widths.len()).rfind(|place| widths[*place].is_some() && rank(&self.columns[*place]) == Some(highest));
            last.into_iter().for_each(|place| widths[place] = None);
        }
        self.shrink(&mut widths, available);
        widths
    }

    fn leave_out(&self, widths: &mut [Option<usize>], which: impl Fn(&Column) -> bool) {
        for (width, _) in widths.iter_mut().zip(&self.columns).filter(|(_, column)| which(column)) {
            *width = None;
        }
    }

    /// The widths with text cut as far as it reads well.
    fn comfortable(&self, widths: &[Option<usize>]) -> Vec<Option<usize>> {
        let cut = |(width, column): (&Option<usize>, &Column)| width.map(|w| if column.cut { w.min(COMFORTABLE) } else { w });
        widths.iter().zip(&self.columns).map(cut).collect()
    }

    /// Makes the columns of text narrower, the widest first, until all fit or none can give any more.
    fn shrink(&self, widths: &mut [Option<usize>], available: usize) {
        let mut excess = total(widths).saturating_sub(available);
        while excess > 0 {
            let room = |place: &usize| match widths[*place] {
                Some(width) if self.columns[*place].cut => width.saturating_sub(width::of(self.columns[*place].title).max(LEAST)),
                _ => 0,
            };
            let mut places: Vec<usize> = (0..widths.len()).filter(|place| room(place) > 0).collect();
            places.sort_by_key(|place| std::cmp::Reverse(widths[*place]));
            let Some(&widest) = places.first() else { return };
            // Down to the next widest in one step; among equals one column each in turn.
            let lead = places.get(1).map_or(usize::MAX, |second| widths[widest].unwrap_or(0) - widths[*second].unwrap_or(0));
            let step = lead.max(1).min(room(&widest)).min(excess);
            widths[widest] = widths[widest].map(|width| width - step);
            excess -= step;
        }
    }
}

fn rank(column: &Column) -> Option<u8> {
    match column.shown {
        Shown::Optional(rank) => Some(rank),
        Shown::Always | Shown::Wide => None,
    }
}

fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::sample::{Word, hostile, licenses, list, written};
    use super::super::{Format, Options};
    use super::*;

    fn table(columns: u16) -> String {
        list(&licenses(), Format::Table, Some(columns))
    }

    #[test]
    fn a_wide_terminal_shows_every_column_uncut() {
        insta::assert_snapshot!(table(200), @"
        License        Customer                                                                  Tier                           Seats  Ends        Status  Days  Note
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        LIC-0000-007E  日本株式会社ソフトウェア開発センター東京                                  Professional               unlimited  never       active     –  –
        LIC-0000-008G  Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG  Enterprise Unlimited Plus       1500  2026-11-19  grace     -3  bought at the fair, renew by hand
        LIC-C938-NKRA  Acme GmbH                                                                 Professional                      12  2027-11-22  active   365  –
        ");
    }

    #[test]
    fn at_80_columns_the_least_important_columns_go_first() {
        insta::assert_snapshot!(table(80), @"
        License        Customer          Tier                  Seats  Ends        Status
        ────────────────────────────────────────────────────────────────────────────────
        LIC-0000-007E  日本株式会社ソ…   Professional      unlimited  never       active
        LIC-0000-008G  Müller, Söhne &…  Enterprise Unli…       1500  2026-11-19  grace
        LIC-C938-NKRA  Acme GmbH         Professional             12  2027-11-22  active
        ");
    }

    #[test]
    fn at_60_columns_text_is_cut_and_ids_and_dates_are_not() {
        insta::assert_snapshot!(table(60), @"
        License        Customer     Tier          Ends        Status
        ────────────────────────────────────────────────────────────
        LIC-0000-007E  日本株式会…  Professional  never       active
        LIC-0000-008G  Müller, Sö…  Enterprise…   2026-11-19  grace
        LIC-C938-NKRA  Acme GmbH    Professional  2027-11-22  active
        ");
    }

    #[test]
    fn without_a_width_nothing_is_cut() {
        assert_eq!(list(&licenses(), Format::Table, None), table(u16::MAX));
    }

    #[test]
    fn an_optional_column_with_nothing_in_it_is_left_out() {
        insta::assert_snapshot!(list(&licenses()[2..], Format::Table, Some(200)), @"
        License        Customer   Tier          Seats  Ends        Status  Days  Features  Issued
        ────────────────────────────────────────────────────────────────────────────────────────────────────
        LIC-C938-NKRA  Acme GmbH  Professional     12  2027-11-22  active   365  api, sso  2026-11-22 14:03Z
        ");
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        insta::assert_snapshot!(list(&[hostile()], Format::Table, None), @r#"
        License        Customer                                                      Tier  Seats  Ends        Status  Days  Features  Issued
        ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        LIC-C938-NKRA  =HYPERLINK("http://x")\u{1b}[2J\u{202e}gpj|<b>\t'a','b'\r\n\  -1+2     12  2027-11-22  active    -3  api, sso  2026-11-22 14:03Z
        "#);
    }

    #[test]
    fn the_footer_stands_under_the_table() {
        let options = Options::new(Format::Table).width(Some(60)).footer(Some("… and 41 more: --limit 0 shows all".into()));
        insta::assert_snapshot!(written(|out| crate::render::list(out, &licenses()[2..], &options)), @"
        License        Customer   Tier          Ends        Status
        ──────────────────────────────────────────────────────────
        LIC-C938-NKRA  Acme GmbH  Professional  2027-11-22  active
        … and 41 more: --limit 0 shows all
        ");
    }

    #[test]
    fn an_empty_table_is_nothing() {
        assert_eq!(list::<Word>(&[], Format::Table, Some(80)), "");
    }

    #[test]
    fn a_long_text_takes_no_longer_than_it_must() {
        let words = [Word { word: "e\u{301}".repeat(1 << 19) }];
        let shown = list(&words, Format::Table, Some(40));
        assert_eq!(width::of(shown.lines().last().unwrap()), 40);
    }

    proptest! {
        #[test]
        fn no_control_character_reaches_the_terminal(text: String, columns in 1u16..200) {
            let shown = list(&[Word { word: text }], Format::Table, Some(columns));
            prop_assert_eq!(shown.lines().count(), 3);
            prop_assert!(!shown.lines().any(|line| line.contains(escape::is_hidden)));
        }

        #[test]
        fn the_table_fits_wherever_its_uncuttable_columns_do(texts in vec("\\PC{0,40}", 1..5), columns in 51u16..200) {
            let mut views = licenses();
            views.iter_mut().zip(texts).for_each(|(view, text)| view.customer = text);
            for line in list(&views, Format::Table, Some(columns)).lines() {
                prop_assert!(width::of(line) <= usize::from(columns), "{}", line);
            }
        }
    }
}
