//! A text as a string literal of a language: between double quotes, with everything escaped that could end the literal, be
//! expanded inside it, or show as something else in an editor.

use super::Language;

/// `text` as a string literal of `language`, quotes included. It stays on one line.
pub(super) fn of(language: Language, text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            '\n' => literal.push_str(r"\n"),
            '\r' => literal.push_str(r"\r"),
            '\t' => literal.push_str(r"\t"),
            // PHP would expand a variable; C before C23 may read a trigraph, and one of them is a backslash.
            '$' if language == Language::Php => literal.push_str(r"\$"),
            '?' if language == Language::C => literal.push_str(r"\?"),
            _ if stands_for_itself(language, character) => literal.push(character),
            _ => escape(&mut literal, language, character),
        }
    }
    literal.push('"');
    literal
}

/// Letters and digits of every script may stand in a source file, but for those of C and Java, which some compilers do not read
/// as UTF-8. Other characters may be invisible, or turn the order of the line around.
fn stands_for_itself(language: Language, character: char) -> bool {
    match character {
        ' '..='~' => true,
        _ => character.is_alphanumeric() && !character.is_ascii() && !matches!(language, Language::C | Language::Java),
    }
}

fn escape(literal: &mut String, language: Language, character: char) {
    let code = u32::from(character);
    match language {
        Language::Python | Language::Go | Language::CSharp if code <= 0xffff => literal.push_str(&format!(r"\u{code:04x}")),
        Language::Python | Language::Go | Language::CSharp => literal.push_str(&format!(r"\U{code:08x}")),
        Language::Node | Language::Php | Language::Rust => literal.push_str(&format!(r"\u{{{code:x}}}")),
        // Java replaces its \u escapes before it looks for the ends of literals and lines, so that ASCII must not be written so.
        Language::Java if character.is_ascii() => literal.push_str(&format!(r"\{code:03o}")),
        Language::Java => {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| literal.push_str(&format!(r"\u{unit:04x}")));
        }
        Language::C => {
            character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| literal.push_str(&format!(r"\{byte:03o}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_spelled_as_the_language_wants_it() {
        let text = "a\"\\\n\u{0}7 $x? é\u{2028}\u{1f511}";
        for (language, literal) in [
            (Language::Python, r#""a\"\\\n\u00007 $x? é\u2028\U0001f511""#),
            (Language::Go, r#""a\"\\\n\u00007 $x? é\u2028\U0001f511""#),
            (Language::CSharp, r#""a\"\\\n\u00007 $x? é\u2028\U0001f511""#),
            (Language::Node, r#""a\"\\\n\u{0}7 $x? é\u{2028}\u{1f511}""#),
            (Language::Rust, r#""a\"\\\n\u{0}7 $x? é\u{2028}\u{1f511}""#),
            (Language::Php, r#""a\"\\\n\u{0}7 \$x? é\u{2028}\u{1f511}""#),
            (Language::Java, r#""a\"\\\n\0007 $x? \u00e9\u2028\ud83d\udd11""#),
            (Language::C, r#""a\"\\\n\0007 $x\? \303\251\342\200\250\360\237\224\221""#),
        ] {
            assert_eq!(of(language, text), literal, "{language}");
        }
    }

    #[test]
    fn what_java_replaces_early_is_never_ascii() {
        let every_ascii: String = (0..0x80_u8).map(char::from).collect();
        assert!(!of(Language::Java, &every_ascii).contains(r"\u"));
        // The second backslash of a pair begins no escape.
        assert_eq!(of(Language::Java, r"\u0022"), r#""\\u0022""#);
    }

    proptest! {
        #[test]
        fn no_text_ends_its_literal(text in any::<String>()) {
            for language in Language::ALL {
                let literal = of(language, &text);
                let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let mut characters = inner.into_iter().flat_map(str::chars);
                while let Some(character) = characters.next() {
                    prop_assert!(character != '"' && !character.is_control(), "{language} {literal}");
                    if character == '\\' {
                        prop_assert!(characters.next().is_some(), "{language} {literal}");
                    }
                }
            }
        }
    }
}
