//! What people paste: the key in other clothes, which is fine, and texts that hold no whole key, which are not.

use lic::token::{Reason, armour};

use super::Vector;
use crate::forge::*;

pub fn vectors() -> Vec<Vector> {
    [clothes(), fragments()].into_iter().flatten().collect()
}

fn lines(text: &str, columns: usize) -> Vec<String> {
    text.as_bytes().chunks(columns).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

fn quoted(mark: &str, text: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\n")).collect()
}

/// A key of a shape that a word processor or a mail program gave it.
fn clothes() -> Vec<Vector> {
    let key = genuine();
    let file = armour::wrap(&key);
    let wrapped = lines(&key, 72).join("\n");
    let utf16 = |text: &str| -> Vec<u8> { format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let text = |name, description, text: String| Vector::valid(name, description, &key).pasted(text);
    vec![
        text("pasted-bare", "the key alone", key.clone()),
        text("pasted-blanks-around", "blanks and line breaks around the key", format!("\n\t {key} \r\n\n")),
        text("pasted-wrapped", "no armour, line breaks at 72 columns", wrapped.clone()),
        text("pasted-narrow", "no armour, a line break after every third character", lines(&key, 3).join("\r\n")),
        text("pasted-crlf", "CRLF line ends", file.replace('\n', "\r\n")),
        text("pasted-bom", "a byte order mark in front", format!("\u{feff}{file}")),
        text("pasted-utf16", "UTF-16, as a shell on Windows writes it", String::new()).pasted(utf16(&file)),
        text("pasted-quoted", "quoted in a reply", quoted("> ", &file)),
        text("pasted-quoted-twice", "quoted in the reply to a reply", quoted("> > ", &file)),
        text("pasted-quoted-bare", "quoted, without armour", quoted(">", &wrapped)),
        text("pasted-one-line", "the armour's line breaks became blanks", file.replace('\n', " ")),
        text("pasted-double-spaced", "an empty line after each line", file.replace('\n', "\n\n")),
        text("pasted-indented", "each line indented", quoted("    ", &file)),
        text("pasted-nbsp", "non-breaking spaces from a web page", file.replace('\n', "\u{a0}\n\u{a0}")),
        text("pasted-zero-width", "zero-width spaces inside the key", lines(&key, 20).join("\u{200b}")),
        text("pasted-letter", "in the middle of a letter", {
            format!("Dear customer,\n\nthank you. Here is your license:\n\n{file}\nKind regards,\nAnn\n")
        }),
        text("pasted-letter-bare", "in the middle of a letter, without armour", {
            format!("Dear customer,\n\nhere is your license:\n{wrapped}\n\nKind regards, Ann\n")
        }),
        text("pasted-sentence", "in a sentence, a full stop after it", format!("Your key is {key}. Please keep it.")),
        text("pasted-assignment", "in a shell variable", format!("export COCKPIT_LICENSE=\"{key}\"\n")),
        text("pasted-twice", "the same key twice, armoured and bare", format!("{file}\n{key}\n")),
        text("pasted-no-first-line", "the first line of the armour is missing", file.replace(armour::BEGIN, "")),
        text("pasted-no-last-line", "the last line of the armour is missing", file.replace(armour::END, "")),
    ]
}

fn fragments() -> Vec<Vector> {
    let key = genuine();
    let [header, claims, signature] = parts(&key);
    let other = with_claims(edited("\"seats\":12", "\"seats\":13"));
    let flat = format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}"#);
    let text = |name, reason, description, text: String| Vector::refused(name, reason, description, "").pasted(text);
    let key_file = |name, reason, description, key: String| Vector::refused(name, reason, description, key);
    vec![
        text("text-empty", Reason::NoKey, "an empty file", String::new()),
        text("text-blank", Reason::NoKey, "nothing but blanks", " \r\n\t\n".to_owned()),
        text("text-prose", Reason::NoKey, "a letter without a key", "Dear customer, the key follows. Regards, Ann\n".to_owned()),
        text("text-json-form", Reason::NoKey, "a JWS in its JSON form", flat),
        text("text-id", Reason::NoKey, "a license id in place of a key", "LIC-7QK3-M2ZD\n".to_owned()),
        text("text-too-large", Reason::TooLarge, "a genuine key, and blanks up to one byte over 1 MiB", {
            format!("{key}{}", "\n".repeat((1 << 20) + 1 - key.len()))
        }),
        text("text-two-keys", Reason::SeveralKeys, "two different genuine keys", format!("{key}\n{other}\n")),
        text(
            "text-two-files",
            Reason::SeveralKeys,
            "two different genuine key files",
            armour::wrap(&key) + &armour::wrap(&other),
        ),
        key_file("armour-empty", Reason::NoKey, "armour with nothing inside", String::new()),
        text("doubled", Reason::WrongSegments, "the key twice without anything between", format!("{key}{key}")),
        key_file("doubled-armoured", Reason::WrongSegments, "the key twice inside one armour", format!("{key}{key}")),
        key_file("segments-two", Reason::WrongSegments, "the signature is missing, with its dot", format!("{header}.{claims}")),
        key_file("segments-four", Reason::WrongSegments, "a fourth, empty part", format!("{key}.")),
        key_file("segments-five", Reason::WrongSegments, "five parts, as encrypted tokens have", format!("{key}.AAAA.AAAA")),
        key_file("segment-header-empty", Reason::MalformedHeader, "an empty header", format!(".{claims}.{signature}")),
        key_file("segment-signature-empty", Reason::WrongLength, "an empty signature", format!("{header}.{claims}.")),
        key_file("cut-last-character", Reason::WrongLength, "the last character is missing", key[..key.len() - 1].to_owned()),
        key_file("cut-last-line", Reason::WrongLength, "the last line is missing", key[..key.len() / 64 * 64].to_owned()),
        key_file("cut-in-claims", Reason::WrongSegments, "cut in the middle of the claims", key[..200].to_owned()),
        key_file("appended-character", Reason::WrongLength, "one more character at the end", format!("{key}A")),
        key_file("first-character-missing", Reason::BadEncoding, "the first character is missing", key[1..].to_owned()),
    ]
}
