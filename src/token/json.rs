//! The strictness that serde leaves out: members named twice at any depth, and nulls where a value belongs.
//!
//! JSON readers disagree about which of two members with one name counts, so that one signed text could mean two things.
//! One pass over borrowed strings looks for that before anything is read. What the members mean belongs in `claims`.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Up to this many members, comparing each with each is faster than sorting.
const FEW: usize = 24;

/// What is wrong with a JSON text. The texts come from outside: escape them before they are shown.
#[derive(Debug)]
pub(super) enum Fault {
    /// Not JSON.
    Syntax(String),
    /// Two members of one object have this name.
    Duplicate(String),
    /// A null inside this member of the outermost object.
    Null(String),
    /// The outermost value, or this member of it, must be an object.
    NotAnObject(String),
}

/// What a member of the outermost object may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Anything.
    Free,
    /// Anything but null; nulls may stand further inside.
    Present,
    /// Nulls nowhere.
    NoNulls,
    /// An object, nulls nowhere.
    Object,
}

/// Checks that `text` is one JSON object in which no object at any depth names a member twice, and whose members keep their rules.
pub(super) fn check(text: &str, rule: fn(&str) -> Rule) -> Result<(), Fault> {
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let outermost = Outermost { fault: &fault, rule };
    let result = reader.deserialize_any(outermost).and_then(|()| reader.end());
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(fault.take().unwrap_or_else(|| Fault::Syntax(error.to_string()))),
    }
}

/// A member's name, borrowed from the text wherever it holds no escapes. (serde's own `Cow` always copies.)
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Name<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// The names an object has had so far.
#[derive(Default)]
struct Names<'de>(Vec<Cow<'de, str>>);

impl<'de> Names<'de> {
    /// Takes a name in; gives it back where it is known to be the second of its kind.
    fn add(&mut self, name: Cow<'de, str>) -> Result<(), String> {
        if self.0.len() < FEW && self.0.contains(&name) {
            return Err(name.into_owned());
        }
        self.0.push(name);
        Ok(())
    }

    /// Finds what [`Names::add`] left unchecked in a large object, in time that an attacker cannot drive up.
    fn finish(mut self) -> Result<(), String> {
        if self.0.len() > FEW {
            self.0.sort_unstable();
            if let Some(pair) = self.0.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(pair[0].to_string());
            }
        }
        Ok(())
    }
}

fn stop<E: Error>(slot: &Cell<Option<Fault>>, fault: Fault) -> E {
    slot.set(Some(fault));
    E::custom("refused")
}

#[derive(Clone, Copy)]
struct Outermost<'f> {
    fault: &'f Cell<Option<Fault>>,
    rule: fn(&str) -> Rule,
}

/// What a JSON value may be besides an object: the visitor methods that only say no, or only say yes.
macro_rules! scalars {
    ($self:ident, $null:expr, $other:expr) => {
        fn visit_bool<E: Error>($self, _: bool) -> Result<(), E> {
            $other
        }
        fn visit_i64<E: Error>($self, _: i64) -> Result<(), E> {
            $other
        }
        fn visit_u64<E: Error>($self, _: u64) -> Result<(), E> {
            $other
        }
        fn visit_f64<E: Error>($self, _: f64) -> Result<(), E> {
            $other
        }
        fn visit_str<E: Error>($self, _: &str) -> Result<(), E> {
            $other
        }
        fn visit_unit<E: Error>($self) -> Result<(), E> {
            $null
        }
    };
}

impl<'de> Visitor<'de> for Outermost<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON object")
    }

    scalars!(
        self,
        Err(stop(self.fault, Fault::NotAnObject(String::new()))),
        Err(stop(self.fault, Fault::NotAnObject(String::new())))
    );

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(stop(self.fault, Fault::NotAnObject(String::new())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = Names(Vec::with_capacity(FEW));
        while let Some(Name(name)) = members.next_key()? {
            let inner = Inner { fault: self.fault, rule: (self.rule)(&name), name: &name };
            members.next_value_seed(inner)?;
            names.add(name).map_err(|name| stop::<A::Error>(self.fault, Fault::Duplicate(name)))?;
        }
        names.finish().map_err(|name| stop(self.fault, Fault::Duplicate(name)))
    }
}

#[derive(Clone, Copy)]
struct Inner<'f> {
    fault: &'f Cell<Option<Fault>>,
    rule: Rule,
    /// The member of the outermost object that this value is or lies in.
    name: &'f str,
}

impl Inner<'_> {
    /// The rule for the values inside this one.
    fn deeper(self) -> Self {
        let rule = match self.rule {
            Rule::Free | Rule::Present => Rule::Free,
            Rule::NoNulls | Rule::Object => Rule::NoNulls,
        };
        Self { rule, ..self }
    }

    fn no_object<E: Error>(self) -> Result<(), E> {
        if self.rule == Rule::Object { Err(stop(self.fault, Fault::NotAnObject(self.name.to_owned()))) } else { Ok(()) }
    }

    fn null<E: Error>(self) -> Result<(), E> {
        if self.rule == Rule::Free { Ok(()) } else { Err(stop(self.fault, Fault::Null(self.name.to_owned()))) }
    }
}

impl<'de> DeserializeSeed<'de> for Inner<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    scalars!(self, self.null(), self.no_object());

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.no_object()?;
        while elements.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(Name(name)) = members.next_key()? {
            members.next_value_seed(self.deeper())?;
            names.add(name).map_err(|name| stop::<A::Error>(self.fault, Fault::Duplicate(name)))?;
        }
        names.finish().map_err(|name| stop(self.fault, Fault::Duplicate(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn free(text: &str) -> Result<(), Fault> {
        check(text, |_| Rule::Free)
    }

    #[test]
    fn a_member_named_twice_is_found_at_every_depth() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1,"c":2,"b":3}}"#,
            r#"{"a":[[{"b":1,"b":1}]]}"#,
            // The same name, spelt with an escape.
            r#"{"b":1,"\u0062":2}"#,
        ] {
            assert!(matches!(free(text), Err(Fault::Duplicate(_))), "{text}");
        }
        assert!(free(r#"{"a":{"a":{"a":[{"a":null},{"a":1.5}]}},"b":"a","c":true,"d":-1}"#).is_ok());
    }

    #[test]
    fn a_member_named_twice_is_found_among_thousands() {
        let mut members: Vec<String> = (0..5_000).map(|number| format!(r#""m{number}":{number}"#)).collect();
        assert!(free(&format!("{{{}}}", members.join(","))).is_ok());
        members.push(r#""m17":0"#.to_owned());
        assert!(matches!(free(&format!("{{{}}}", members.join(","))), Err(Fault::Duplicate(name)) if name == "m17"));
    }

    #[test]
    fn members_keep_their_rules() {
        let rule = |name: &str| match name {
            "present" => Rule::Present,
            "solid" => Rule::NoNulls,
            "object" => Rule::Object,
            _ => Rule::Free,
        };
        for good in [r#"{"x":null}"#, r#"{"present":[null]}"#, r#"{"solid":[1,{"a":2}]}"#, r#"{"object":{}}"#] {
            assert!(check(good, rule).is_ok(), "{good}");
        }
        for null in [r#"{"present":null}"#, r#"{"solid":[1,{"a":null}]}"#, r#"{"object":{"a":null}}"#, r#"{"object":null}"#] {
            assert!(matches!(check(null, rule), Err(Fault::Null(_))), "{null}");
        }
        for other in [r#"{"object":[]}"#, r#"{"object":1}"#, "[]", "null", "1", r#""a""#] {
            assert!(matches!(check(other, rule), Err(Fault::NotAnObject(_))), "{other}");
        }
    }

    #[test]
    fn what_is_not_one_json_text_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for text in ["", "{", "{}x", "{} {}", r#"{"a":}"#, r#"{a:1}"#, "{\"a\":\"\n\"}", deep.as_str()] {
            assert!(matches!(free(text), Err(Fault::Syntax(_))), "{}", text.get(..9).unwrap_or(text));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(text in "[{}\\[\\]\",:a0n\\\\ul ]{0,40}") {
            let _ = check(&text, |_| Rule::Object);
        }
    }
}
