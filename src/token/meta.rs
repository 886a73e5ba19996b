//! The vendor's own payload in a key: any JSON, kept whole and within a size.

use serde_json::Value;

#[cfg(any(feature = "authority", test))]
use super::claims::rule;
#[cfg(any(feature = "authority", test))]
use super::describe::shown;
#[cfg(any(feature = "authority", test))]
use super::json::{self, Fault};

/// Reads a vendor's own payload under the rules that the verifier keeps for it: UTF-8, one JSON value that is not null, no
/// member named twice at any depth.
///
/// # Errors
/// What is wrong with it, in a few words.
#[cfg(any(feature = "authority", test))]
pub fn read_meta(payload: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8 text".to_owned())?;
    // Alone first, so that nothing in the payload can end the object around it.
    let meta = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    if let Some(number) = too_large(text) {
        return Err(format!("the number {number} is too large to be kept exactly"));
    }
    json::check(&format!("{{\"meta\":{text}}}"), rule).map_err(|fault| match fault {
        Fault::Duplicate(name) => format!("it holds two members named {}", shown(&name)),
        Fault::Null(_) => "it is null, which says nothing".to_owned(),
        Fault::Syntax(error) => format!("it is not JSON: {}", shown(&error)),
        Fault::NotAnObject(_) => "it is not a JSON object".to_owned(),
    })?;
    Ok(meta)
}

/// The first whole number in a JSON text that no 64 bits hold: readers round it, and say nothing.
#[cfg(any(feature = "authority", test))]
fn too_large(json: &str) -> Option<&str> {
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        rest = &rest[at..];
        let token = match rest.strip_prefix('"') {
            Some(_) => string_length(rest),
            None => rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(token);
        let whole = !token.contains(['"', '.', 'e', 'E']);
        if whole && token.parse::<i64>().is_err() && token.parse::<u64>().is_err() {
            return Some(token);
        }
        rest = after;
    }
    None
}

/// The length of the string that a JSON text starts with, quotes included.
#[cfg(any(feature = "authority", test))]
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

/// How large this `meta` is, in bytes of compact JSON.
#[must_use]
pub fn meta_size(meta: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail; were it to, nothing too large may pass.
    serde_json::to_writer(&mut count, meta).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_taken_whole_or_refused() {
        for good in
            ["{}", "[1, -2, 3.5e300]", r#""12345678901234567890123\\\"-9""#, "18446744073709551615", "-9223372036854775808"]
        {
            assert!(read_meta(good.as_bytes()).is_ok(), "{good}");
        }
        let rounded = [r#"{"n":12345678901234567890123}"#, "18446744073709551616"];
        let doubled = [r#"{"a":1,"a":2}"#, r#"[{"a":1,"a":2}]"#];
        for bad in [rounded, doubled, ["null", "{"], ["1}, {", ""]].concat() {
            assert!(read_meta(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read_meta(b"\xff").is_err());
    }

    #[test]
    fn a_number_in_a_string_is_no_number_and_one_behind_it_is() {
        assert!(read_meta(br#""a\"12345678901234567890123""#).is_ok());
        assert!(read_meta(br#"["\\",12345678901234567890123]"#).is_err());
        assert!(read_meta(br#"["\\\"",12345678901234567890123]"#).is_err());
    }
}
