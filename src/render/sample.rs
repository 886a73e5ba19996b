//! The views that the tests of this room render.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::{Cell, Column, Detail, Format, Moment, Noun, Options, Section, View};
use crate::license::{Date, LicenseId};

#[derive(Debug, Serialize)]
pub(super) struct License {
    pub id: LicenseId,
    pub customer: String,
    pub tier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    pub issued_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl View for License {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const COLUMNS: [Column; 10] = [
            Column::new("id", "License"),
            Column::text("customer", "Customer"),
            Column::text("tier", "Tier"),
            Column::number("seats", "Seats").optional(2),
            Column::new("last_day", "Ends"),
            Column::new("status", "Status"),
            Column::number("days_left", "Days").optional(3),
            Column::text("features", "Features").wide(),
            Column::new("issued_at", "Issued").wide(),
            Column::text("note", "Note").optional(4),
        ];
        &COLUMNS
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer).into(),
            (&self.tier).into(),
            Cell::from(self.seats).or("unlimited"),
            Cell::from(self.last_day).or("never"),
            self.status.into(),
            self.days_left.into(),
            Cell::list(&self.features),
            self.issued_at.into(),
            self.note.as_ref().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}

impl Detail for License {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::facts([
                ("License", self.id.into()),
                ("Customer", (&self.customer).into()),
                ("Note", self.note.as_ref().into()),
            ]),
            Section::facts([
                ("Last day", Cell::from(self.last_day).or("never")),
                ("Seats", Cell::from(self.seats).or("unlimited")),
                ("Features", Cell::list(&self.features)),
                ("Issued", self.issued_at.into()),
            ])
            .titled("Terms"),
            Section::rows([self]).titled("Revisions"),
            Section::rows(std::iter::empty::<&License>()).titled("History"),
            Section::block("eyJhbGciOiJFZERTQSJ9\n.eyJqdGkiOiJMSUMifQ").titled("Key"),
        ]
    }
}

pub(super) fn licenses() -> Vec<License> {
    let license = License {
        id: LicenseId::from_random(0x3_1234_5678),
        customer: "Acme GmbH".into(),
        tier: "Professional".into(),
        seats: Some(12),
        last_day: "2027-11-22".parse().ok(),
        status: "active",
        days_left: Some(365),
        features: vec!["api".into(), "sso".into()],
        issued_at: Moment("2026-11-22T14:03:59Z".parse().unwrap()),
        note: None,
    };
    vec![
        License {
            id: LicenseId::from_random(7),
            customer: "日本株式会社ソフトウェア開発センター東京".into(),
            seats: None,
            last_day: None,
            days_left: None,
            features: vec![],
            ..license_like(&license)
        },
        License {
            id: LicenseId::from_random(8),
            customer: "Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG".into(),
            tier: "Enterprise Unlimited Plus".into(),
            seats: Some(1500),
            last_day: "2026-11-19".parse().ok(),
            status: "grace",
            days_left: Some(-3),
            note: Some("bought at the fair, renew by hand".into()),
            ..license_like(&license)
        },
        license,
    ]
}

fn license_like(other: &License) -> License {
    License { customer: other.customer.clone(), tier: other.tier.clone(), features: other.features.clone(), note: None, ..*other }
}

/// A customer's name that tries everything.
pub(super) fn hostile() -> License {
    let [.., license] = <[License; 3]>::try_from(licenses()).unwrap();
    License {
        customer: "=HYPERLINK(\"http://x\")\u{1b}[2J\u{202e}gpj|<b>\t'a','b'\r\n\\".into(),
        tier: "-1+2".into(),
        days_left: Some(-3),
        ..license
    }
}

/// A view of one column of free text.
#[derive(Debug, Serialize)]
pub(super) struct Word {
    pub word: String,
}

impl View for Word {
    const NOUN: Noun = Noun { one: "word", many: "words" };

    fn columns() -> &'static [Column] {
        const { &[Column::text("word", "Word")] }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![(&self.word).into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.word.as_str().into()
    }
}

pub(super) fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(super) fn list<V: View>(views: &[V], format: Format, width: Option<u16>) -> String {
    written(|out| super::list(out, views, &Options::new(format).width(width)))
}
