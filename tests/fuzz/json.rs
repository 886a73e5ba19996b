//! What JSON says, found by other means than the program's: a second opinion on names that stand twice, and on what was left out.

use serde_json::Value;

/// Whether an object anywhere in this JSON text names a member twice. The text must be JSON.
pub fn names_twice(text: &str) -> bool {
    let mut reader = Reader { bytes: text.as_bytes(), text, place: 0 };
    reader.value()
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    place: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        while self.bytes.get(self.place).is_some_and(u8::is_ascii_whitespace) {
            self.place += 1;
        }
        self.bytes.get(self.place).copied().unwrap_or(0)
    }

    /// The string that starts here, its escapes undone.
    fn string(&mut self) -> String {
        let start = self.place;
        self.place += 1;
        while self.bytes[self.place] != b'"' {
            self.place += if self.bytes[self.place] == b'\\' { 2 } else { 1 };
        }
        self.place += 1;
        serde_json::from_str(&self.text[start..self.place]).expect("a string")
    }

    fn value(&mut self) -> bool {
        let mut twice = false;
        match self.peek() {
            b'"' => drop(self.string()),
            open @ (b'{' | b'[') => {
                self.place += 1;
                let mut names: Vec<String> = Vec::new();
                while !matches!(self.peek(), b'}' | b']') {
                    if self.peek() == b',' {
                        self.place += 1;
                        continue;
                    }
                    if open == b'{' {
                        let name = self.string();
                        twice |= names.contains(&name);
                        names.push(name);
                        assert_eq!(self.peek(), b':');
                        self.place += 1;
                    }
                    twice |= self.value();
                }
                self.place += 1;
            }
            _ => {
                while self.bytes.get(self.place).is_some_and(|byte| !b",]} \t\r\n".contains(byte)) {
                    self.place += 1;
                }
            }
        }
        twice
    }
}

/// Whether everything in `part` stands in `whole` too; lists are compared without order, as sets.
pub fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|found| is_part(value, found)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.iter().all(|one| whole.contains(one)) && whole.iter().all(|one| part.contains(one))
        }
        _ => part == whole,
    }
}

/// Whether there is a null anywhere in it.
pub fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        _ => false,
    }
}

/// Whether a value may as well be absent.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_opinion_finds_names_that_stand_twice() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"a":[{"b":{},"c":-1.5e3, "b" : null}]}"#, r#"{"a":"}","\u0061":true}"#] {
            assert!(names_twice(text), "{text}");
        }
        assert!(!names_twice(r#"{"a":{"a":[1,{"a":"\"a\":"},[]]},"b":[[],{}, 2 ]}"#));
    }
}
