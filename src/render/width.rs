//! Text measured in the columns of a terminal: cutting, wrapping and padding by what is seen, not by bytes or characters.
//!
//! Wide characters (CJK, most emoji) take two columns, combining ones none, and a cluster such as `é` or a family emoji is never
//! split. All of it runs in time linear in the text, whatever the text is.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::view::Align;

/// How many columns the text takes. The text has no control characters: they have been escaped.
#[must_use]
pub fn of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// The longest start of `text` that fits into `width` columns, and the rest.
fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (place, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > width {
            return text.split_at(place);
        }
    }
    (text, "")
}

/// `text` in at most `width` columns, its end replaced by `…` where it is longer.
pub(super) fn cut(text: &str, width: usize) -> String {
    if of(text) <= width {
        return text.to_owned();
    }
    format!("{}…", split(text, width.saturating_sub(1)).0.trim_end())
}

/// `text` broken at blanks into lines of at most `width` columns; a longer word is broken where the line ends. A single cluster
/// that is wider than that overflows.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    loop {
        let (mut line, mut after) = split(rest, width);
        if line.is_empty() {
            // Without this, the loop would never end.
            (line, after) = rest.split_at(rest.graphemes(true).next().map_or(rest.len(), str::len));
        }
        if !after.is_empty()
            && !after.starts_with(' ')
            && let Some(blank) = line.trim_end().rfind(' ').filter(|blank| !line[..*blank].trim().is_empty())
        {
            (line, after) = rest.split_at(blank);
        }
        lines.push(line.trim_end());
        rest = after.trim_start_matches(' ');
        if rest.is_empty() {
            return lines;
        }
    }
}

/// Adds `text` to `line`, with blanks to make it `width` columns.
pub(super) fn pad(line: &mut String, text: &str, width: usize, align: Align) {
    let blanks = width.saturating_sub(of(text));
    let (before, after) = match align {
        Align::Left => (0, blanks),
        Align::Right => (blanks, 0),
    };
    line.extend(std::iter::repeat_n(' ', before));
    line.push_str(text);
    line.extend(std::iter::repeat_n(' ', after));
}

/// `text` with blanks behind it to make it `width` columns.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + width);
    pad(&mut out, text, width, Align::Left);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_is_what_is_seen() {
        for (text, width) in [("acme", 4), ("日本語", 6), ("e\u{301}", 1), ("👩\u{200d}👩\u{200d}👧", 2), ("", 0)] {
            assert_eq!(of(text), width, "{text}");
        }
    }

    #[test]
    fn a_cut_never_splits_what_belongs_together() {
        assert_eq!(cut("Acme Corporation", 16), "Acme Corporation");
        assert_eq!(cut("Acme Corporation", 8), "Acme Co…");
        assert_eq!(cut("Acme Corporation", 6), "Acme…");
        assert_eq!(cut("株式会社日本", 6), "株式…");
        assert_eq!(cut("cafe\u{301}s", 5), "cafe\u{301}s");
        assert_eq!(cut("cafe\u{301}teria", 5), "cafe\u{301}…");
        assert_eq!(cut("👩\u{200d}👩\u{200d}👧abc", 3), "👩\u{200d}👩\u{200d}👧…");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("bought at the fair, renew by hand", 12), ["bought at", "the fair,", "renew by", "hand"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
        assert_eq!(wrap("", 10), [""]);
    }

    proptest! {
        #[test]
        fn cut_and_wrapped_text_fits(text in "\\PC{0,60}", width in 2usize..30) {
            prop_assert!(of(&cut(&text, width)) <= width);
            for line in wrap(&text, width) {
                prop_assert!(of(line) <= width || line.graphemes(true).count() == 1);
            }
        }

        #[test]
        fn wrapping_loses_nothing_but_blanks(text in "\\PC{0,60}", width in 1usize..30) {
            let solid = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&wrap(&text, width).concat()), solid(&text));
        }
    }
}
