//! What a text may hold that nobody sees, wherever it is read or shown.

/// Whether a terminal acts on the character, or shows nothing for it while it changes how its neighbours look: control characters,
/// line and paragraph separators, bidirectional marks, embeddings, overrides and isolates, and the invisible format
/// characters. The joiners U+200C and U+200D are not among them: Persian, the scripts of India and emoji need them.
#[must_use]
#[inline]
pub fn is_hidden(character: char) -> bool {
    // Most of what is asked about is one of these.
    !matches!(character, ' '..='~') && is_hidden_sign(character)
}

fn is_hidden_sign(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_cannot_see_is_hidden_and_nothing_else_is() {
        for hidden in
            ['\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}']
        {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        for shown in ['a', ' ', '~', 'é', 'ß', '–', '…', '日', '🦀'] {
            assert!(!is_hidden(shown), "{shown:?}");
        }
    }
}
