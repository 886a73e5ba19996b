//! Charts made of characters: bars that lie and columns that stand. Uncoloured; the caller knows the width.

use super::width;

/// The characters that charts and marks are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Block elements, in eighths of a character.
    Blocks,
    /// ASCII alone, for terminals that cannot show more.
    Ascii,
}

/// From an eighth to a whole, lying.
const LYING: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// From an eighth to a whole, standing.
const STANDING: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Glyphs {
    /// Between the parts of a line.
    #[must_use]
    pub fn dot(self) -> &'static str {
        match self {
            Self::Blocks => "·",
            Self::Ascii => "-",
        }
    }

    /// Before what to do.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Blocks => "→",
            Self::Ascii => ">",
        }
    }

    /// Before what is as it should be.
    #[must_use]
    pub fn tick(self) -> &'static str {
        match self {
            Self::Blocks => "✓",
            Self::Ascii => "*",
        }
    }

    /// Where text was left out.
    #[must_use]
    pub fn ellipsis(self) -> &'static str {
        match self {
            Self::Blocks => "…",
            Self::Ascii => "...",
        }
    }

    /// `text` in at most `columns` columns; its end left out where it is longer, and said to be.
    #[must_use]
    pub fn cut(self, text: &str, columns: usize) -> String {
        match self {
            Self::Blocks => width::cut(text, columns),
            Self::Ascii if width::of(text) <= columns => text.to_owned(),
            Self::Ascii => {
                let dots = self.ellipsis();
                let cut = width::cut(text, columns.saturating_sub(dots.len() - 1));
                cut.trim_end_matches('…').to_owned() + dots
            }
        }
    }
}

/// How many eighths of `whole` characters a value has beside the largest; at least one where it is not zero, so that little can be told
/// from nothing.
fn eighths(value: u64, largest: u64, whole: usize) -> usize {
    if value == 0 || largest == 0 {
        return 0;
    }
    let all = whole as u128 * 8;
    let part = (u128::from(value.min(largest)) * all + u128::from(largest) / 2) / u128::from(largest);
    usize::try_from(part).unwrap_or(usize::MAX).max(1)
}

/// A lying bar of at most `columns` columns, without blanks behind it.
#[must_use]
pub fn bar(value: u64, largest: u64, columns: usize, glyphs: Glyphs) -> String {
    let eighths = eighths(value, largest, columns);
    match glyphs {
        Glyphs::Blocks => {
            let rest = eighths.checked_rem(8).filter(|rest| *rest > 0).and_then(|rest| LYING.get(rest - 1));
            std::iter::repeat_n('█', eighths / 8).chain(rest.copied()).collect()
        }
        Glyphs::Ascii => "#".repeat(eighths.div_ceil(8)),
    }
}

/// Standing columns, each `broad` characters and a blank behind it, in `rows` lines from the top; without blanks at the ends of lines.
#[must_use]
pub fn columns(values: &[u64], rows: usize, broad: usize, glyphs: Glyphs) -> Vec<String> {
    let largest = values.iter().copied().max().unwrap_or(0);
    let line = |row: usize| {
        let mut line = String::new();
        for value in values {
            let filled = eighths(*value, largest, rows).saturating_sub((rows - 1 - row) * 8).min(8);
            let sign = match (filled, glyphs) {
                (0, _) => ' ',
                (filled, Glyphs::Blocks) => STANDING[filled - 1],
                (1..=3, Glyphs::Ascii) => '.',
                (4..=6, Glyphs::Ascii) => ':',
                (_, Glyphs::Ascii) => '#',
            };
            line.extend(std::iter::repeat_n(sign, broad));
            line.push(' ');
        }
        line.trim_end().to_owned()
    };
    (0..rows).map(line).collect()
}

/// A number with its thousands set apart: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number in at most four characters: `999`, `1.2k`, `57k`, `3M`.
#[must_use]
pub fn short(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    for (unit, sign) in [(1_000, 'k'), (1_000_000, 'M'), (1_000_000_000, 'G')] {
        if number < unit * 10 - unit / 20 {
            let tenths = (number + unit / 20) / (unit / 10);
            return if tenths.is_multiple_of(10) {
                format!("{}{sign}", tenths / 10)
            } else {
                format!("{}.{}{sign}", tenths / 10, tenths % 10)
            };
        }
        // What would be rounded up to a thousand of this unit is one of the next.
        if number < unit * 1_000 - unit / 2 {
            return format!("{}{sign}", (number + unit / 2) / unit);
        }
    }
    ">1T".into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_fills_the_width_and_little_is_not_nothing() {
        assert_eq!(bar(100, 100, 5, Glyphs::Blocks), "█████");
        assert_eq!(bar(50, 100, 5, Glyphs::Blocks), "██▌");
        assert_eq!(bar(1, 1_000_000, 5, Glyphs::Blocks), "▏");
        assert_eq!(bar(0, 100, 5, Glyphs::Blocks), "");
        assert_eq!(bar(0, 0, 5, Glyphs::Blocks), "");
        assert_eq!((bar(50, 100, 5, Glyphs::Ascii), bar(1, 100, 5, Glyphs::Ascii)), ("###".into(), "#".into()));
    }

    #[test]
    fn columns_stand_on_one_line() {
        assert_eq!(columns(&[0, 8, 16, 1], 2, 2, Glyphs::Blocks), ["      ██", "   ██ ██ ▁▁"]);
        assert_eq!(columns(&[0, 8, 16, 1], 2, 2, Glyphs::Ascii), ["      ##", "   ## ## .."]);
        assert_eq!(columns(&[0, 0], 2, 3, Glyphs::Blocks), ["", ""]);
        assert_eq!(columns(&[], 1, 3, Glyphs::Blocks), [""]);
    }

    #[test]
    fn numbers_are_told_as_people_read_them() {
        for (number, long, brief) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1k"),
            (1_234, "1,234", "1.2k"),
            (9_960, "9,960", "10k"),
            (57_000, "57,000", "57k"),
            (999_600, "999,600", "1M"),
            (1_234_567, "1,234,567", "1.2M"),
        ] {
            assert_eq!((grouped(number).as_str(), short(number).as_str()), (long, brief));
        }
    }

    #[test]
    fn ascii_is_cut_with_ascii() {
        assert_eq!(Glyphs::Ascii.cut("Acme Corporation", 8), "Acme...");
        assert_eq!(Glyphs::Ascii.cut("Acme", 4), "Acme");
        assert_eq!(Glyphs::Blocks.cut("Acme Corporation", 8), "Acme Co…");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_its_room(value: u64, largest: u64, room in 4usize..60, text in "\\PC{0,40}") {
            for glyphs in [Glyphs::Blocks, Glyphs::Ascii] {
                prop_assert!(bar(value, largest, room, glyphs).chars().count() <= room);
                prop_assert!(width::of(&glyphs.cut(&text, room)) <= room);
                for line in columns(&[value, largest, 3], 3, room, glyphs) {
                    prop_assert!(line.chars().count() <= 3 * (room + 1));
                }
            }
            prop_assert!(short(value % 999_000_000_000).len() <= 4);
        }
    }
}
