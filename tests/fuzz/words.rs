//! Text on its way to a mail server, a terminal, a spreadsheet.

use std::path::Path;

use lic::mail::address::{self, Mailbox};
use lic::render::escape;

use super::{text, texts};

/// An address that is taken can be written and read again, and forges neither a header nor a second address.
pub fn address(bytes: &[u8]) {
    let text = text(bytes);
    let Ok(mailbox) = address::check(&text) else { return };
    assert_eq!(address::check(&mailbox.to_string()), Ok(mailbox.clone()), "{mailbox}");
    let Mailbox { name, address } = mailbox;
    assert!(!address.contains(char::is_control) && !address.contains(['<', '>']) && address.len() <= 254);
    assert!(name.is_none_or(|name| !name.contains(char::is_control) && !name.contains(['<', '>', '"'])));
    let masked = address::masked(&address);
    assert!(masked.contains("***@") && masked.len() <= address.len() + 4);
    if let Ok(sent) = address::on_the_wire(&address) {
        let domain = sent.rsplit_once('@').expect("an @").1;
        assert!(domain.is_ascii() && !domain.contains(|sign: char| sign.is_whitespace() || sign.is_control()), "{sent}");
    }
}

/// What people see holds nothing that a terminal acts on; what programs read can be undone; no cell is a formula.
pub fn shown(bytes: &[u8]) {
    let text = text(bytes);
    let human = escape::human(&text);
    assert!(!human.contains(escape::is_hidden) && human.len() <= 10 * text.len(), "{human}");
    let markdown = escape::markdown(&text);
    assert!(!markdown.contains(escape::is_hidden) && !markdown.contains("\n"));
    let tsv = escape::tsv(&text);
    assert!(!tsv.contains(char::is_control) && undo_tsv(&tsv) == text, "{tsv}");
    let csv = escape::csv(&text);
    assert_eq!(escape::undo_csv(&csv), text);
    assert!(!csv.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']), "{csv}");
    let json = serde_json::to_string(&text).expect("a text");
    let shown = escape::json(&json);
    assert!(!shown.contains(escape::is_hidden));
    assert_eq!(serde_json::from_str::<String>(&shown).expect("JSON"), text);
}

/// What the escapes of a tab-separated cell stand for.
fn undo_tsv(cell: &str) -> String {
    let mut out = String::new();
    let mut rest = cell.chars();
    while let Some(sign) = rest.next() {
        if sign != '\\' {
            out.push(sign);
            continue;
        }
        match rest.next().expect("an escape is whole") {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                let number = u32::from_str_radix(&digits, 16).expect("hexadecimal digits");
                out.push(char::from_u32(number).expect("a character"));
            }
            other => out.push(other),
        }
    }
    out
}

pub fn address_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[
        "jane@acme.example",
        "Jane Doe <jane@acme.example>",
        "\"Doe, Jane\" <jane@acme.example>",
        "\"a b\"@acme.example",
        "jürgen@bücher.example",
        "x@[127.0.0.1]",
        "x@[IPv6:::1]",
        "x@[!'\u{2be}..]",
        "jane@acme\u{37a}.example",
        "a@b.example, c@d.example",
    ])
}

pub fn shown_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[
        "Acme GmbH",
        "=1+1",
        "'=1",
        "a\tb\nc\\d",
        "\u{202e}gpj.exe",
        "<b>|*_`[x](y)",
        "\u{1b}[31mred",
        "株式会社 🔑 e\u{301}",
    ])
}
