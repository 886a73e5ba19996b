//! Armour, and finding a key in what people really paste.
//!
//! A key file is the key at 64 columns between two marker lines. What comes back has been through mail programs, ticket
//! systems and word processors: quoted, wrapped anew, with a byte order mark, in the middle of a letter. Looking for the key
//! is generous, because nothing found here is trusted: the strict reading happens in `jws`, the proof is the signature.

use std::borrow::Cow;

use super::jws::LARGEST_TEXT;
use super::reason::{Reason, Refusal};

/// The first line of a key file.
pub const BEGIN: &str = "-----BEGIN LICENSE-----";
/// The last line of a key file.
pub const END: &str = "-----END LICENSE-----";

/// How wide the lines of a key file are.
const COLUMNS: usize = 64;

/// How every JSON object with a quoted first name begins in base64: `{"`.
const START: &str = "eyJ";

/// How every header that we write begins: `{"alg":"`.
const OUR_START: &str = "eyJhbGciOiJ";

/// How many characters a complete signature has.
const SIGNATURE_CHARACTERS: usize = 86;

/// Wraps a key for a file or a mail.
#[must_use]
pub fn wrap(key: &str) -> String {
    let mut text = String::with_capacity(key.len() + key.len() / COLUMNS + BEGIN.len() + END.len() + 4);
    text.push_str(BEGIN);
    for (place, character) in key.chars().enumerate() {
        if place % COLUMNS == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    text
}

/// Finds the key in a pasted text: bare or armoured, with line breaks anywhere, quoted, with text around it.
///
/// The result is only what looks like the key; whether it is one is for the verifier to say. Text that is a single word comes
/// back as it is.
///
/// # Errors
/// [`Reason::NoKey`], [`Reason::SeveralKeys`] where the text holds two different keys (the same one twice is fine), and
/// [`Reason::TooLarge`] beyond [`LARGEST_TEXT`].
pub fn find(pasted: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    if pasted.len() > LARGEST_TEXT {
        return Err(Refusal::new(Reason::TooLarge, format!("the text is larger than {} KiB", LARGEST_TEXT / 1024)));
    }
    let bare = pasted.trim_ascii();
    if bare.iter().all(|byte| is_key_byte(*byte)) {
        // Only ASCII is left, so that this cannot fail.
        let word = std::str::from_utf8(bare).unwrap_or_default();
        return if word.contains('.') { Ok(Cow::Borrowed(word)) } else { Err(no_key()) };
    }
    if let Some(key) = plain_file(bare) {
        return Ok(Cow::Owned(key));
    }
    search(&as_text(pasted)).map(Cow::Owned)
}

/// The key in a file as [`wrap`] writes it, whatever its line ends: what programs read at every start, without a search.
fn plain_file(bytes: &[u8]) -> Option<String> {
    let body = bytes.strip_prefix(BEGIN.as_bytes())?.strip_suffix(END.as_bytes())?;
    let mut key = String::with_capacity(body.len());
    for line in body.trim_ascii().split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        // A dashed line inside means that there is more than one key here.
        if !line.iter().all(|byte| is_key_byte(*byte)) || line.starts_with(b"-----") {
            return None;
        }
        key.push_str(std::str::from_utf8(line).ok()?);
    }
    (!key.is_empty()).then_some(key)
}

#[cold]
fn no_key() -> Refusal {
    Refusal::new(Reason::NoKey, "no license key in this text")
}

/// The characters of keys, and those that a key encoded anew would have: the strict reading is to see and name them.
fn is_key_byte(byte: u8) -> bool {
    KEY_BYTES[usize::from(byte)]
}

/// Every byte of every key is looked at: a table is faster than six questions.
const KEY_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut place = 0;
    while place < table.len() {
        let byte = place as u8;
        table[place] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'/' | b'=');
        place += 1;
    }
    table
};

fn is_key_character(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_key_byte)
}

/// Blanks of every kind, and the invisible characters that word processors and web pages leave behind.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The text in these bytes: UTF-8, or UTF-16 where a byte order mark says so, as shells on Windows write it.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    let units = |from: fn([u8; 2]) -> u16| bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect::<Vec<u16>>();
    match bytes {
        [0xff, 0xfe, ..] => Cow::Owned(String::from_utf16_lossy(&units(u16::from_le_bytes))),
        [0xfe, 0xff, ..] => Cow::Owned(String::from_utf16_lossy(&units(u16::from_be_bytes))),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// What the search has come upon.
#[derive(Default)]
struct Finds {
    /// The first complete key, or what stood in armour.
    key: Option<String>,
    /// The longest piece that begins like a key and is none; shown where there is nothing better.
    piece: Option<String>,
}

impl Finds {
    fn add(&mut self, found: Found) -> Result<(), Refusal> {
        match found {
            Found::Key(key) => match &self.key {
                Some(known) if *known != key => {
                    return Err(Refusal::new(Reason::SeveralKeys, "two different license keys in this text"));
                }
                Some(_) => {}
                None => self.key = Some(key),
            },
            Found::Piece(piece) => {
                if piece.contains('.') && self.piece.as_ref().is_none_or(|known| known.len() < piece.len()) {
                    self.piece = Some(piece);
                }
            }
        }
        Ok(())
    }
}

enum Found {
    Key(String),
    Piece(String),
}

fn search(text: &str) -> Result<String, Refusal> {
    let mut finds = Finds::default();
    let mut rest = text;
    let mut closed = true;
    loop {
        let armour = if closed { rest.find(BEGIN) } else { None };
        let body = armour.and_then(|start| rest[start + BEGIN.len()..].split_once(END));
        // Once a last line is missing, there is none further on either: not searching again keeps the search linear.
        closed = armour.is_none() || body.is_some();
        let Some((armour, (body, after))) = armour.zip(body) else {
            if closed {
                search_bare(rest, &mut finds)?;
                break;
            }
            continue;
        };
        search_bare(&rest[..armour], &mut finds)?;
        finds.add(Found::Key(Stripped::new(body).collect()))?;
        rest = after;
    }
    finds.key.or_else(|| whole(text)).or(finds.piece).filter(|key| !key.is_empty()).ok_or_else(no_key)
}

/// A text of nothing but a key whose very first characters a line break tears apart: no line of it has a blank inside.
fn whole(text: &str) -> Option<String> {
    let inner = |line: &str| line.trim_start_matches(|c| c == '>' || is_invisible(c)).trim_end_matches(is_invisible).to_owned();
    let key: String = Stripped::new(text).collect();
    let fits = key.matches('.').count() >= 2 && key.chars().all(is_key_character);
    (fits && !text.lines().any(|line| inner(line).contains([' ', '\t']))).then_some(key)
}

/// The characters of a text without blanks, invisible characters and the marks that mail programs put before quoted lines.
struct Stripped<'a> {
    characters: std::str::Chars<'a>,
    /// Nothing but blanks and quoting marks has come on this line.
    at_line_start: bool,
}

impl<'a> Stripped<'a> {
    fn new(text: &'a str) -> Self {
        Self { characters: text.chars(), at_line_start: true }
    }

    /// Whether the character is to be left out.
    fn skips(&mut self, character: char) -> bool {
        match character {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => self.at_line_start = true,
            '>' if self.at_line_start => {}
            character if is_invisible(character) => {}
            _ => {
                self.at_line_start = false;
                return false;
            }
        }
        true
    }
}

impl Iterator for Stripped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let character = self.characters.next()?;
            if !self.skips(character) {
                return Some(character);
            }
        }
    }
}

/// Looks for keys without armour: they begin like a JSON object and end with a whole signature.
fn search_bare(text: &str, finds: &mut Finds) -> Result<(), Refusal> {
    let mut from = 0;
    while let Some(start) = text[from..].find(START).map(|start| from + start) {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|before| is_key_character(before) && before != '=') {
            from = start + START.len();
            continue;
        }
        let (found, length) = take_bare(&text[start..]);
        finds.add(found)?;
        from = start + length;
    }
    Ok(())
}

/// Takes a key, or what there is of it, from the beginning of a text; tells how many bytes it took.
fn take_bare(text: &str) -> (Found, usize) {
    let mut stripped = Stripped::new(text);
    let mut key = String::new();
    let mut dots = 0;
    let mut signature = 0;
    let mut after_gap = false;
    while let Some(character) = stripped.characters.clone().next() {
        let place = text.len() - stripped.characters.as_str().len();
        if stripped.skips(character) {
            stripped.characters.next();
            after_gap = true;
            continue;
        }
        let complete = dots == 2 && signature == SIGNATURE_CHARACTERS;
        // A full stop that ends the sentence is none of the key's.
        let ends_sentence = || character == '.' && text[place + 1..].chars().next().is_none_or(is_invisible);
        if complete && (after_gap || !is_key_character(character) || ends_sentence()) {
            return (Found::Key(key), place);
        }
        // Where another header begins before this one has had its first dot, this one was a word of the letter.
        let anew = after_gap && dots == 0 && !key.starts_with(OUR_START) && text[place..].starts_with(START);
        if !is_key_character(character) || anew {
            return (Found::Piece(key), place.max(1));
        }
        match character {
            '.' => dots += 1,
            _ if dots == 2 => signature += 1,
            _ => {}
        }
        key.push(character);
        stripped.characters.next();
        after_gap = false;
    }
    let found = if dots == 2 && signature == SIGNATURE_CHARACTERS { Found::Key(key) } else { Found::Piece(key) };
    (found, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> String {
        format!("eyJhbGciOiJFZERTQSJ9.{}.{}", "eyJhIjoxfQ".repeat(30), "s_-S".repeat(22).split_at(86).0)
    }

    fn other_key() -> String {
        key().replace("s_", "t_")
    }

    fn found(text: &str) -> Result<String, Reason> {
        find(text.as_bytes()).map(Cow::into_owned).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_key_is_found_in_what_people_paste() {
        let (key, armoured) = (key(), wrap(&key()));
        let narrow = key.as_bytes().chunks(37).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
        let quoted = |mark: &str, text: &str| text.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
        for text in [
            key.clone(),
            format!("\n  {key}\r\n"),
            armoured.clone(),
            armoured.replace('\n', "\r\n"),
            armoured.replace('\n', "\n\n"),
            armoured.replace('\n', " "),
            armoured.replace('\n', "\u{a0}\n\u{200b}"),
            format!("\u{feff}{armoured}"),
            format!("\u{feff}{key}"),
            quoted("> ", &armoured),
            quoted(">> > ", &armoured),
            quoted("> ", &narrow.join("\n")),
            narrow.join("\n"),
            narrow.join("\u{200b}\r\n\t"),
            format!("Dear customer,\n\nhere is your key:\n{}\n\nKind regards, Ann", narrow.join("\n")),
            format!("Dear customer,\n\n{armoured}\nKind regards"),
            format!("Your key is {key}. Keep it."),
            format!("Your key is \"{key}\", keep it"),
            format!("LICENSE={key}\n# eyJ is how it begins"),
            format!("A key begins with eyJ like this\n{key}"),
            format!("{armoured}\n{key}\n{}", quoted("> ", &armoured)),
            armoured.replace(END, ""),
            armoured.replace(BEGIN, ""),
        ] {
            assert_eq!(found(&text).as_ref(), Ok(&key), "{text}");
        }
    }

    #[test]
    fn a_key_is_found_in_a_file_that_a_windows_shell_wrote() {
        let units: Vec<u16> = format!("\u{feff}{}", wrap(&key())).encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(find(&little).unwrap(), key());
        assert_eq!(find(&big).unwrap(), key());
    }

    #[test]
    fn two_different_keys_are_refused() {
        let (one, two) = (key(), other_key());
        for text in
            [format!("{one}\n{two}"), wrap(&one) + &wrap(&two), format!("{}{two}", wrap(&one)), format!("{one} {}", wrap(&two))]
        {
            assert_eq!(found(&text), Err(Reason::SeveralKeys), "{text}");
        }
        // What stands in armour is meant as a key, also where it is cut.
        assert_eq!(found(&(wrap(&one) + &wrap(&two[..two.len() - 1]))), Err(Reason::SeveralKeys));
    }

    #[test]
    fn of_pieces_the_longest_is_shown_and_of_equal_ones_the_first() {
        assert_eq!(found("eyJa.b, eyJa.bc, eyJa.c"), Ok("eyJa.bc".into()));
        assert_eq!(found("eyJa.b, eyJa.c"), Ok("eyJa.b".into()));
        // A whole key outweighs every piece.
        let two = other_key();
        assert_eq!(found(&format!("{}, and once more: {}", key(), &two[..two.len() - 1])), Ok(key()));
    }

    #[test]
    fn what_was_changed_reaches_the_strict_reading_unrepaired() {
        let key = key();
        for text in [
            format!("{key}{key}"),
            format!("{key}."),
            format!("{key}x"),
            format!("{key}=="),
            key[..key.len() - 1].to_owned(),
            key.replace('_', "/").replace('-', "+"),
        ] {
            assert_eq!(found(&text), Ok(text.clone()));
            assert_eq!(found(&wrap(&text)), Ok(text.clone()));
        }
        // A quoting mark is one at the beginning of a line only.
        for with in ["é", ">"] {
            assert_eq!(found(&wrap(&key.replacen('J', with, 1))), Ok(key.replacen('J', with, 1)));
        }
        assert_eq!(found(&format!("your key: {key}x")), Ok(format!("{key}x")));
    }

    #[test]
    fn a_text_without_a_key_says_so() {
        for text in [
            "",
            " \n",
            "hello",
            "Hello world. How are you. Fine",
            "eyJ",
            "-----BEGIN LICENSE-----\n-----END LICENSE-----",
            "日本語",
            "eyJabc, he wrote",
            "a.b.c,",
            "abc\ndef",
        ] {
            assert_eq!(found(text), Err(Reason::NoKey), "{text}");
        }
    }

    #[test]
    fn a_huge_text_is_refused_and_a_hostile_one_does_not_stall() {
        assert_eq!(found(&"x".repeat(LARGEST_TEXT + 1)), Err(Reason::TooLarge));
        assert_eq!(found(&format!("{}{}", key(), " ".repeat(LARGEST_TEXT - key().len()))), Ok(key()));
        let fill = |piece: &str| piece.repeat(LARGEST_TEXT / piece.len());
        for text in
            [fill(BEGIN), fill(END), fill("eyJ"), fill("eyJ "), fill("eyJ."), fill(">"), fill("\u{200b}"), fill("eyJa.b.c\n,")]
        {
            let _ = found(&text);
        }
    }

    proptest! {
        #[test]
        fn line_breaks_and_quoting_anywhere_do_not_matter(breaks in prop::collection::vec(any::<prop::sample::Index>(), 0..20), mark in "(> )?") {
            let mut text = key();
            for place in breaks {
                text.insert_str(place.index(text.len()), &format!("\n{mark}"));
            }
            prop_assert_eq!(found(&format!("{mark}{text}\n")), Ok(key()));
        }

        #[test]
        fn no_bytes_make_the_search_panic(pieces in prop::collection::vec("-----BEGIN LICENSE-----|-----END LICENSE-----|eyJ|\\.|> |\n|\\PC", 0..20), bytes: Vec<u8>) {
            let _ = found(&pieces.concat());
            let _ = find(&[pieces.concat().as_bytes(), &bytes].concat());
        }
    }
}
