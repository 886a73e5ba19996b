//! A mail as it goes over the wire: headers, a text, the same as HTML, and an attachment.
//!
//! The same draft gives the same bytes: date, Message-ID and the boundaries between the parts come from the caller's hands, not
//! from a clock or from chance, so that a mail that must be sent again is the same mail.

use std::str::FromStr;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox as Box, Mailboxes, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::address::{InvalidAddress, Mailbox, on_the_wire};
use crate::license::Timestamp;
use crate::license::text::is_hidden;

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The Message-ID, without its angle brackets.
    pub id: &'a str,
    /// When it was written.
    pub date: Timestamp,
    /// Who writes.
    pub from: &'a Mailbox,
    /// Who is written to.
    pub to: &'a Mailbox,
    /// Who gets the answers, where not the sender.
    pub reply_to: Option<&'a Mailbox>,
    /// The subject, on one line.
    pub subject: &'a str,
    /// The mail for those who read text.
    pub text: &'a str,
    /// The same for those who read HTML.
    pub html: &'a str,
    /// A file that comes with it.
    pub attachment: Option<Attachment<'a>>,
    /// What kind of mail this is: the first label of the List-Id, by which people sort it into a folder.
    pub list: &'a str,
}

/// A file that comes with a mail.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type: `text/csv; charset=utf-8`.
    pub kind: &'a str,
    /// Its content.
    pub content: &'a [u8],
}

/// A mail, ready to be sent to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The Message-ID, without its angle brackets.
    pub id: String,
    /// The sender's address, its domain in ASCII.
    pub sender: Address,
    /// The recipient's address, its domain in ASCII.
    pub recipient: Address,
    /// The mail itself: lines that end in CR LF.
    pub text: String,
}

/// Why a draft cannot become a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// An address that cannot be written to.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// Something else that no mail can hold.
    #[error("no mail can be made of this: {0}")]
    Other(String),
}

impl Message {
    /// Writes the mail.
    ///
    /// # Errors
    /// [`InvalidMessage`] where an address cannot be mailed.
    pub fn new(draft: &Draft<'_>) -> Result<Self, InvalidMessage> {
        let other = |error: &dyn std::fmt::Display| InvalidMessage::Other(error.to_string());
        let (from, to) = (boxed(draft.from)?, boxed(draft.to)?);
        let (sender, recipient) = (from.email.clone(), to.email.clone());
        let answers = draft.reply_to.map(boxed).transpose()?;
        let unsubscribe = answers.as_ref().map_or(&from.email, |answers| &answers.email).clone();
        let envelope = Envelope::new(Some(sender.clone()), vec![recipient.clone()]).map_err(|error| other(&error))?;
        // The builder reads its headers again and gives up on names that it has written itself; the real ones are set afterwards.
        let stand_in = Box::new(None, Address::new("a", "b.example").map_err(|error| other(&error))?);
        let mut builder = lettre::Message::builder()
            .raw_header(raw("Date", draft.date.mail_date()))
            .from(stand_in.clone())
            .to(stand_in)
            .envelope(envelope)
            .subject(one_line(draft.subject))
            .message_id(Some(format!("<{}>", draft.id)))
            // RFC 3834, section 5: nobody's out-of-office note answers this.
            .raw_header(raw("Auto-Submitted", "auto-generated".into()))
            .raw_header(raw("X-Auto-Response-Suppress", "All".into()))
            .raw_header(raw("List-Id", format!("<{}.licenses.{}>", draft.list, sender.domain())))
            .raw_header(raw("List-Unsubscribe", format!("<mailto:{unsubscribe}?subject=unsubscribe%20{}>", draft.list)));
        if let Some(answers) = answers {
            builder = builder.reply_to(answers);
        }
        let both = MultiPart::alternative()
            .boundary(boundary(draft.id, "alternative"))
            .singlepart(SinglePart::plain(draft.text.to_owned()))
            .singlepart(SinglePart::html(draft.html.to_owned()));
        let body = match draft.attachment {
            None => both,
            Some(file) => {
                let kind = ContentType::parse(file.kind).map_err(|error| other(&error))?;
                let part = Part::new(file.name.to_owned()).body(file.content.to_vec(), kind);
                MultiPart::mixed().boundary(boundary(draft.id, "mixed")).multipart(both).singlepart(part)
            }
        };
        let mut message = builder.multipart(body).map_err(|error| other(&error))?;
        message.headers_mut().set(header::From::from(Mailboxes::from(from)));
        message.headers_mut().set(header::To::from(Mailboxes::from(to)));
        let text = String::from_utf8(message.formatted()).map_err(|error| other(&error))?;
        Ok(Self { id: draft.id.to_owned(), sender, recipient, text })
    }
}

/// A display name may come from a ledger that another program wrote; whatever it holds, it stays inside its header.
fn boxed(mailbox: &Mailbox) -> Result<Box, InvalidMessage> {
    let wire = on_the_wire(&mailbox.address)?;
    let email = Address::from_str(&wire).map_err(|_| InvalidAddress::User(mailbox.address.clone()))?;
    let name = mailbox.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Ok(Box::new(name, email))
}

/// Text that must stay on its line: whatever ends a line or steers a terminal becomes a blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace(is_hidden, " ").trim().to_owned()
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// A line that parts the parts of a mail. Nobody writes it by accident.
fn boundary(id: &str, part: &str) -> String {
    let digest = Sha256::new().chain_update(part).chain_update(id).finalize();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("=_lic_{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mailbox(name: Option<&str>, address: &str) -> Mailbox {
        Mailbox { name: name.map(str::to_owned), address: address.to_owned() }
    }

    fn written(to: &Mailbox, subject: &str) -> Message {
        Message::new(&Draft {
            id: "1.a@example.com",
            date: Timestamp::from_seconds(1_795_338_000).unwrap(),
            from: &mailbox(Some("Example Software"), "licenses@example.com"),
            to,
            reply_to: None,
            subject,
            text: "Hello\n",
            html: "<p>Hello</p>\n",
            attachment: None,
            list: "customers",
        })
        .unwrap()
    }

    fn headers(message: &Message) -> String {
        message.text.split("\r\n\r\n").next().unwrap().replace("\r\n", "\n")
    }

    fn line(message: &Message, name: &str) -> String {
        let headers = headers(message).replace("\n ", " ");
        headers.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_mail_says_what_it_is_and_when_it_was_written() {
        let message = written(&mailbox(Some("Jane Doe"), "jane@acme.com"), "Your license ends");
        let shown = headers(&message);
        for header in [
            "Date: Sun, 22 Nov 2026 09:00:00 +0000",
            "From: \"Example Software\" <licenses@example.com>",
            "To: \"Jane Doe\" <jane@acme.com>",
            "Subject: Your license ends",
            "Message-ID: <1.a@example.com>",
            "Auto-Submitted: auto-generated",
            "List-Id: <customers.licenses.example.com>",
            "MIME-Version: 1.0",
        ] {
            assert!(shown.lines().any(|line| line == header), "{header} is missing in\n{shown}");
        }
        assert_eq!(written(&mailbox(Some("Jane Doe"), "jane@acme.com"), "Your license ends"), message);
    }

    #[test]
    fn a_name_with_line_breaks_or_a_nul_forges_no_header() {
        for name in ["Jane\r\nBcc: joe@evil.example", "Jane\nX: y", "Ja\0ne", "Jane\r", "\u{202e}enaJ", "\u{2028}Jane\u{85}"] {
            let message = written(&mailbox(Some(name), "jane@acme.com"), &format!("For {name}"));
            let shown = headers(&message);
            assert!(!shown.lines().any(|line| line.starts_with("Bcc") || line.starts_with("X:")), "{shown}");
            assert!(!message.text.contains('\0') && !message.text.replace("\r\n", "").contains(['\r', '\n']));
        }
        assert_eq!(line(&written(&mailbox(Some("\r\n"), "jane@acme.com"), "x"), "To:"), "To: jane@acme.com");
    }

    #[test]
    fn odd_addresses_go_to_their_headers_and_to_the_wire_whole() {
        for (name, address, header, wire) in [
            (None, "jane@müller.de", "To: jane@xn--mller-kva.de", "jane@xn--mller-kva.de"),
            (Some("Doe, Jane"), "\"a@b\"@acme.com", "To: =?utf-8?b?RG9lLCBKYW5l?= <\"a@b\"@acme.com>", "\"a@b\"@acme.com"),
            (Some("Jane \"J\" Doe\\"), "jane@acme.com", "To: \"Jane \\\"J\\\" Doe\\\\\" <jane@acme.com>", "jane@acme.com"),
            (Some("Jürgen"), "j@acme.com", "To: =?utf-8?b?SsO8cmdlbg==?= <j@acme.com>", "j@acme.com"),
        ] {
            let message = written(&mailbox(name, address), "x");
            assert_eq!(line(&message, "To:"), header);
            assert_eq!(message.recipient.to_string(), wire);
        }
    }

    #[test]
    fn an_address_that_cannot_be_mailed_is_refused_and_nothing_panics() {
        let from = mailbox(None, "licenses@example.com");
        for address in ["jane", "jane@", "@acme.com", "jane\r\n@acme.com", "jane@acme\0.com", ""] {
            let to = mailbox(None, address);
            let draft = Draft {
                id: "a@b",
                date: Timestamp::from_seconds(0).unwrap(),
                from: &from,
                to: &to,
                reply_to: None,
                subject: "",
                text: "",
                html: "",
                attachment: None,
                list: "x",
            };
            assert!(Message::new(&draft).is_err(), "{address:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_and_no_subject_leaves_its_header(name in "\\PC{0,30}|[\r\n\0:a-z ]{0,30}", subject in "\\PC{0,90}|[\r\n\0:a-z ]{0,30}") {
            let plain = headers(&written(&mailbox(Some("x"), "jane@acme.com"), "y"));
            let message = written(&mailbox(Some(&name), "jane@acme.com"), &subject);
            let names = |text: &str| -> Vec<String> {
                text.lines().filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap().to_owned()).collect()
            };
            prop_assert_eq!(names(&headers(&message)), names(&plain));
            prop_assert!(message.text.is_ascii());
            prop_assert!(message.text.lines().all(|line| line.len() <= 998));
        }
    }
}
