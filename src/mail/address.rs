//! Mail addresses as people write them: `jane@acme.com` or `Jane Doe <jane@acme.com>`.
//!
//! An address is checked before it is stored, by the parser of the library that will send mail to it, so that whatever is
//! stored can be mailed. Whether anybody reads there, only mail can tell.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use idna::{AsciiDenyList, domain_to_ascii_cow};
use lettre::Address;
use lettre::address::AddressError;

use crate::license::Contact;
use crate::license::text::is_hidden;

/// The longest display name, in characters.
const LONGEST_NAME: usize = 200;

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LONGEST_ADDRESS: usize = 254;

/// Somebody who receives mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// The person's name, where known.
    pub name: Option<String>,
    /// The bare address.
    pub address: String,
}

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// No text at all.
    #[error("a mail address must not be empty")]
    Empty,
    /// A line break, a NUL or another character that could forge a header or a terminal's output.
    #[error("{} is not allowed in a mail address or a name", .0.escape_unicode())]
    Character(char),
    /// `<` without `>`, or something after it.
    #[error("write a mail address as jane@acme.com or Jane Doe <jane@acme.com>")]
    Form,
    /// More than one address.
    #[error("one mail address at a time: '{0}' holds several")]
    Several(String),
    /// The part before `@`, or `@` itself, is missing or not allowed.
    #[error("'{0}' is not a mail address: nothing, or something that is not allowed, stands before the @")]
    User(String),
    /// The part after `@` is missing or not allowed.
    #[error("'{0}' is not a mail address: the part after the @ is no domain")]
    Domain(String),
    /// There is no `@`.
    #[error("'{0}' is not a mail address: the @ is missing")]
    NoAt(String),
    /// Longer than mail servers take.
    #[error("a mail address has at most {LONGEST_ADDRESS} characters, and a name {LONGEST_NAME}")]
    Long,
}

/// Checks a mail address, with or without a name.
///
/// # Errors
/// [`InvalidAddress`] says what is wrong.
pub fn check(text: &str) -> Result<Mailbox, InvalidAddress> {
    let text = text.trim_matches(' ');
    if let Some(character) = text.chars().find(|character| is_hidden(*character)) {
        return Err(InvalidAddress::Character(character));
    }
    if text.is_empty() {
        return Err(InvalidAddress::Empty);
    }
    let Some(named) = text.strip_suffix('>') else {
        return bare(text).map(|address| Mailbox { name: None, address });
    };
    // A quoted name may have angle brackets of its own; the last one opens the address.
    let (name, address) = named.rsplit_once('<').ok_or(InvalidAddress::Form)?;
    let address = bare(address.trim_matches(' '))?;
    Ok(Mailbox { name: display_name(name.trim_matches(' '))?, address })
}

/// The name before an address, without the quotes that mail puts around names with punctuation.
fn display_name(text: &str) -> Result<Option<String>, InvalidAddress> {
    let name = match text.strip_prefix('"') {
        Some(rest) => unquoted(rest).ok_or(InvalidAddress::Form)?,
        None => text.to_owned(),
    };
    let name = name.trim_matches(' ');
    // Such names could not be told from an address when they are written and read again.
    if name.contains(['<', '>', '"']) {
        return Err(InvalidAddress::Form);
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(InvalidAddress::Long);
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
}

/// What stands before the closing quote, which must be the last character. A backslash takes the next character as it is.
fn unquoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(rest.next()?),
            '"' => return rest.next().is_none().then_some(out),
            character => out.push(character),
        }
    }
    None
}

/// The address as it goes over the wire: its domain in ASCII (IDNA), so that every server takes it. A part before the `@` in
/// other letters stays as it is; few servers take those.
///
/// # Errors
/// [`InvalidAddress::Domain`] where the domain cannot be written so.
pub fn on_the_wire(address: &str) -> Result<String, InvalidAddress> {
    let (user, domain) = address.rsplit_once('@').ok_or_else(|| InvalidAddress::NoAt(address.to_owned()))?;
    let no_domain = || InvalidAddress::Domain(address.to_owned());
    if let Some(literal) = domain.strip_prefix('[') {
        return if literal.strip_suffix(']').is_some_and(is_host_number) { Ok(address.to_owned()) } else { Err(no_domain()) };
    }
    // Some letters are mapped to others with a blank before them, which would end the address, so nothing but letters, digits and
    // hyphens may come of a name.
    let domain = domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3).map_err(|_| no_domain())?;
    Ok(format!("{user}@{domain}"))
}

/// The number of a host, which stands in brackets in place of its name (RFC 5321, section 4.1.3).
fn is_host_number(text: &str) -> bool {
    match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => text[5..].parse::<Ipv6Addr>().is_ok(),
        _ => text.parse::<Ipv4Addr>().is_ok(),
    }
}

/// The address for logs, which more people read than should know it: `j***@acme.com`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = user.chars().find(|character| *character != '"').into_iter().collect();
    format!("{first}***@{domain}")
}

fn bare(text: &str) -> Result<String, InvalidAddress> {
    if text.is_empty() {
        return Err(InvalidAddress::Empty);
    }
    if text.contains(['<', '>']) {
        return Err(InvalidAddress::Form);
    }
    let (user, _) = text.rsplit_once('@').ok_or_else(|| InvalidAddress::NoAt(text.to_owned()))?;
    if !user.starts_with('"') && user.contains([',', ';', '@']) {
        return Err(InvalidAddress::Several(text.to_owned()));
    }
    if text.len() > LONGEST_ADDRESS {
        return Err(InvalidAddress::Long);
    }
    match Address::from_str(text) {
        Ok(address) => on_the_wire(text).map(|_| address.to_string()),
        Err(AddressError::InvalidDomain) => Err(InvalidAddress::Domain(text.to_owned())),
        Err(_) => Err(InvalidAddress::User(text.to_owned())),
    }
}

impl FromStr for Mailbox {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check(text)
    }
}

impl fmt::Display for Mailbox {
    /// `Name <address>`, or the address alone.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(out, "{name} <{}>", self.address),
            None => out.write_str(&self.address),
        }
    }
}

impl From<&Contact> for Mailbox {
    fn from(contact: &Contact) -> Self {
        Self { name: contact.name.clone(), address: contact.mail.clone() }
    }
}

impl From<Mailbox> for Contact {
    fn from(mailbox: Mailbox) -> Self {
        Self { name: mailbox.name, mail: mailbox.address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address: address.to_owned() }
    }

    #[test]
    fn an_address_is_read_as_people_write_it() {
        for (text, name, address) in [
            ("jane@acme.com", "", "jane@acme.com"),
            ("  jane@acme.com ", "", "jane@acme.com"),
            ("<jane@acme.com>", "", "jane@acme.com"),
            ("Jane Doe <jane@acme.com>", "Jane Doe", "jane@acme.com"),
            ("Jane Doe<jane@acme.com>", "Jane Doe", "jane@acme.com"),
            ("\"Doe, Jane\" <jane@acme.com>", "Doe, Jane", "jane@acme.com"),
            ("\"Doe \\\\ Co\" <jane@acme.com>", "Doe \\ Co", "jane@acme.com"),
            ("Doe, Jane <jane@acme.com>", "Doe, Jane", "jane@acme.com"),
            ("\"\" <jane@acme.com>", "", "jane@acme.com"),
            ("Jürgen Müller <jürgen@müller.de>", "Jürgen Müller", "jürgen@müller.de"),
            ("jane+licenses@sub.acme.co.uk", "", "jane+licenses@sub.acme.co.uk"),
            ("root@localhost", "", "root@localhost"),
            ("jane@[192.0.2.1]", "", "jane@[192.0.2.1]"),
            ("jane@[IPv6:2001:db8::1]", "", "jane@[IPv6:2001:db8::1]"),
            ("\"a@b\"@acme.com", "", "\"a@b\"@acme.com"),
        ] {
            assert_eq!(check(text), Ok(mailbox(name, address)), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        use InvalidAddress as Wrong;
        let own = str::to_owned;
        for (text, error) in [
            ("", Wrong::Empty),
            ("  ", Wrong::Empty),
            ("Jane <>", Wrong::Empty),
            ("jane", Wrong::NoAt(own("jane"))),
            ("Jane Doe <jane>", Wrong::NoAt(own("jane"))),
            ("@acme.com", Wrong::User(own("@acme.com"))),
            ("jane doe@acme.com", Wrong::User(own("jane doe@acme.com"))),
            ("jane..doe@acme.com", Wrong::User(own("jane..doe@acme.com"))),
            ("jane@", Wrong::Domain(own("jane@"))),
            ("jane@acme..com", Wrong::Domain(own("jane@acme..com"))),
            ("jane@-acme.com", Wrong::Domain(own("jane@-acme.com"))),
            ("jane@acme com", Wrong::Domain(own("jane@acme com"))),
            // No number of a host.
            ("jane@[acme]", Wrong::Domain(own("jane@[acme]"))),
            ("jane@[!'\u{2be}..]", Wrong::Domain(own("jane@[!'\u{2be}..]"))),
            ("jane@[2001:db8::1]", Wrong::Domain(own("jane@[2001:db8::1]"))),
            ("jane@[192.0.2.1", Wrong::Domain(own("jane@[192.0.2.1"))),
            // Mapped to letters with a blank before them.
            ("jane@acme\u{37a}.com", Wrong::Domain(own("jane@acme\u{37a}.com"))),
            ("jane@acme\u{b4}.com", Wrong::Domain(own("jane@acme\u{b4}.com"))),
            ("jane@acme.com, joe@acme.com", Wrong::Several(own("jane@acme.com, joe@acme.com"))),
            ("jane@acme.com;joe@acme.com", Wrong::Several(own("jane@acme.com;joe@acme.com"))),
            ("Jane <jane@acme.com", Wrong::Form),
            ("jane@acme.com>", Wrong::Form),
            ("<jane@acme.com> Jane", Wrong::Form),
            ("Jane <jane@acme.com> <joe@acme.com>", Wrong::Form),
            ("\"Jane <jane@acme.com>", Wrong::Form),
            ("\"Jane\" Doe <jane@acme.com>", Wrong::Form),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
        assert_eq!(check(&format!("jane@{}.com", "a.".repeat(150))), Err(Wrong::Long));
        assert_eq!(check(&format!("{} <jane@acme.com>", "a".repeat(201))), Err(Wrong::Long));
    }

    #[test]
    fn nothing_can_forge_a_header_or_a_line_of_output() {
        for character in ['\n', '\r', '\0', '\t', '\u{1b}', '\u{85}', '\u{202e}', '\u{2028}'] {
            for text in [
                format!("Jane{character}Doe <jane@acme.com>"),
                format!("ja{character}ne@acme.com"),
                format!("jane@acme.com{character}"),
            ] {
                assert_eq!(check(&text), Err(InvalidAddress::Character(character)), "{text:?}");
            }
        }
        assert_eq!(
            check("Jane\nBcc: joe@acme.com").unwrap_err().to_string(),
            "\\u{a} is not allowed in a mail address or a name"
        );
    }

    #[test]
    fn every_domain_goes_over_the_wire_in_ascii() {
        for (address, wire) in [
            ("jane@acme.com", "jane@acme.com"),
            ("jane@müller.de", "jane@xn--mller-kva.de"),
            ("jürgen@Bücher.example", "jürgen@xn--bcher-kva.example"),
            ("\"a@b\"@例え.テスト", "\"a@b\"@xn--r8jz45g.xn--zckzah"),
        ] {
            assert_eq!(on_the_wire(address).as_deref(), Ok(wire));
        }
    }

    #[test]
    fn logs_hold_no_whole_address() {
        assert_eq!(masked("jane@acme.com"), "j***@acme.com");
        assert_eq!(masked("j@acme.com"), "j***@acme.com");
        assert_eq!(masked("\"a@b\"@acme.com"), "a***@acme.com");
        assert_eq!(masked("jane"), "j***@");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(\\PC|[<>@\"\\\\ .]){0,40}") {
            let _ = check(&text);
        }

        #[test]
        fn what_was_read_reads_back_and_can_be_mailed(text in "([A-Za-z]|[<>@\"\\\\ .,ü]){0,12}( <|<)?[a-z]{1,3}@[a-z]{1,3}(\\.de)?>?") {
            if let Ok(mailbox) = check(&text) {
                prop_assert_eq!(check(&mailbox.to_string()), Ok(mailbox.clone()));
                prop_assert!(mailbox.address.parse::<Address>().is_ok());
                prop_assert_eq!(Contact::from(mailbox.clone()).to_string(), mailbox.to_string());
            }
        }
    }
}
