//! Reading base64url (RFC 4648, section 5) in its one canonical spelling: unpadded, spare bits zero.
//!
//! `base64ct` writes it. It also reads it, in constant time as befits secrets; a license key is none, and reading it by a table
//! is what keeps verifying close to the bare signature check.

/// What a byte that is no symbol has in the table; every symbol's value is smaller.
const NONE: u8 = 0x80;

/// The value of each byte as a symbol.
const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Whether the byte occurs in base64url.
pub(super) fn is_symbol(byte: u8) -> bool {
    VALUES[usize::from(byte)] != NONE
}

/// The bytes that this text spells, or `None` where it is not their canonical spelling.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    let spare = match rest.len() {
        1 => return None,
        0 => 0,
        symbols => symbols - 1,
    };
    let mut bytes = vec![0; groups.len() * 3 + spare];
    let (triples, last) = bytes.as_chunks_mut::<3>();
    let value = |symbol: u8| VALUES[usize::from(symbol)];
    let mut seen = 0;
    for ([a, b, c, d], triple) in groups.iter().zip(triples) {
        let (a, b, c, d) = (value(*a), value(*b), value(*c), value(*d));
        seen |= a | b | c | d;
        *triple = [joined(a << 2, b >> 4), joined(b << 4, c >> 2), joined(c << 6, d)];
    }
    match (rest, last) {
        ([a, b], [byte]) => {
            let (a, b) = (value(*a), value(*b));
            seen |= unused(b, 4) | a | b;
            *byte = joined(a << 2, b >> 4);
        }
        ([a, b, c], [first, second]) => {
            let (a, b, c) = (value(*a), value(*b), value(*c));
            seen |= unused(c, 2) | a | b | c;
            (*first, *second) = (joined(a << 2, b >> 4), joined(b << 4, c >> 2));
        }
        _ => {}
    }
    (seen & NONE == 0).then_some(bytes)
}

/// A byte of the last bits of one symbol and the first of the next, which never overlap.
fn joined(one: u8, next: u8) -> u8 {
    one | next
}

/// [`NONE`] where one of the lowest bits of a last symbol is set, which no byte has a use for.
fn unused(value: u8, bits: u32) -> u8 {
    if value & ((1 << bits) - 1) == 0 { 0 } else { NONE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        for (text, bytes) in [("", &b""[..]), ("QQ", b"A"), ("QUI", b"AB"), ("QUJD", b"ABC"), ("-_-_QQ", b"\xfb\xff\xbfA")] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        for wrong in ["Q", "QR", "QUJ", "QQ==", "QUJDQ", "QU JD", "+/+/", "QUJ\u{80}", "QUJé", "QQQ\n"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        // Two faults do not make up for one another.
        for wrong in ["++", "+R", "++A", "A++", "+AB", "++AA", "A++A", "AA++"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn bytes_written_are_the_bytes_read(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&Base64UrlUnpadded::encode_string(&bytes)), Some(bytes));
        }

        #[test]
        fn both_readers_agree(text in "[A-Za-z0-9_=+/ -]{0,12}") {
            prop_assert_eq!(decode(&text), Base64UrlUnpadded::decode_vec(&text).ok());
        }
    }
}
