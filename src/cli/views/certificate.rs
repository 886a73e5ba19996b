//! A license as a page to be printed.

use serde::Serialize;

use super::license::{count, seats, until};
use crate::cli::qr;
use crate::ledger::{LicenseRecord, RevisionRecord, StandingRecord};
use crate::license::{LicenseType, Status, Terms, Timestamp};

/// The longest key that is printed as text, in characters: more would not leave one page.
const LONGEST_PRINTED: usize = 4_000;

/// What a certificate is made of.
pub struct Parts<'p> {
    /// The vendor's name.
    pub vendor: &'p str,
    /// The license.
    pub record: &'p LicenseRecord,
    /// What it grants.
    pub terms: &'p Terms,
    /// The newest revision.
    pub revision: &'p RevisionRecord,
    /// Its key.
    pub key: &'p str,
    /// What stands against the license.
    pub decided: Option<&'p StandingRecord>,
    /// The moment it is told for.
    pub at: Timestamp,
}

/// What the template of the certificate is filled with.
#[derive(Serialize)]
pub struct CertificatePage<'p> {
    id: String,
    vendor: &'p str,
    product: &'p str,
    tier_name: &'p str,
    customer_name: &'p str,
    stamps: Vec<String>,
    facts: Vec<FactPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr: Option<qr::Drawn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_qr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'p str>,
    no_key: String,
    kid: String,
    file: String,
    /// Whether it is bound to machines, which a check asks for.
    bound: bool,
}

#[derive(Serialize)]
struct FactPart {
    name: &'static str,
    value: String,
}

impl<'p> CertificatePage<'p> {
    pub fn new(parts: &Parts<'p>) -> Self {
        let Parts { vendor, record, terms, revision, key, .. } = *parts;
        let qr = qr::drawn(key);
        let length = key.len();
        let no_qr = qr.is_none().then(|| {
            format!("The key has {length} characters, more than a QR code holds. Get it with 'lic show {} --key'.", record.id)
        });
        Self {
            id: record.id.to_string(),
            vendor,
            product: terms.product.as_str(),
            tier_name: &terms.tier_name,
            customer_name: &record.customer_name,
            stamps: stamps(parts),
            facts: facts(parts),
            qr,
            no_qr,
            key: (length <= LONGEST_PRINTED).then_some(key),
            no_key: format!("The key has {length} characters, too many for a page. Get it with 'lic show {} --key'.", record.id),
            kid: revision.kid.to_string(),
            bound: !terms.machines.bound.is_empty(),
            file: format!("{}-{}.lic", record.customer, terms.tier),
        }
    }
}

/// What a reader has to know before anything else.
fn stamps(parts: &Parts<'_>) -> Vec<String> {
    let Parts { record, terms, decided, at, .. } = parts;
    let mut stamps = Vec::new();
    if terms.kind == LicenseType::Test {
        stamps.push("For tests only: release builds do not trust the key that signed it.".to_owned());
    }
    let since = decided.map_or_else(String::new, |decided| format!(" since {}", decided.at.date()));
    match record.status(*at) {
        Status::Revoked => stamps.push(format!("Revoked{since}. This license is not valid any more.")),
        Status::Suspended => stamps.push(format!("Suspended{since}.")),
        Status::Expired | Status::Grace => {
            stamps.extend(record.ends.map(|ends| format!("Ended on {}.", ends.last_day())));
        }
        Status::Scheduled => stamps.push(format!("Not valid before {}.", record.starts.date())),
        Status::Active | Status::Expiring => {}
    }
    stamps
}

fn facts(parts: &Parts<'_>) -> Vec<FactPart> {
    let Parts { record, terms, revision, .. } = parts;
    let mut facts = Vec::new();
    let mut fact = |name: &'static str, value: String| facts.push(FactPart { name, value });
    fact("License", record.id.to_string());
    fact("Product", terms.product.to_string());
    fact("Tier", format!("{} ({})", terms.tier_name, terms.tier));
    let mut kind = terms.kind.to_string();
    if terms.internal {
        kind.push_str(", internal");
    }
    fact("Type", kind);
    fact("License count", seats(terms.seats));
    fact("Valid", format!("from {}, {}", terms.starts.date(), until(terms.ends)));
    if let (Some(stops), true) = (terms.stops(), terms.grace_days > 0) {
        fact("Grace", format!("{}, through {}", count(terms.grace_days, "day"), stops.last_day()));
    }
    if !terms.features.is_empty() {
        fact("Features", list(terms.features.iter().map(ToString::to_string)));
    }
    if !terms.limits.is_empty() {
        fact("Limits", list(terms.limits.iter().map(|(name, limit)| format!("{name} {limit}"))));
    }
    let machines = match (terms.machines.bound.len(), terms.machines.max) {
        (0, None) => "any".to_owned(),
        (0, Some(max)) => format!("up to {}", count(max, "machine")),
        (_, max) => {
            let of = max.map_or_else(String::new, |max| format!(" (at most {max})"));
            list(terms.machines.bound.iter().map(ToString::to_string)) + &of
        }
    };
    fact("Machines", machines);
    if let Some(days) = terms.offline_days {
        fact("Offline", format!("at most {} without news", count(days, "day")));
    }
    fact("Issued", format!("{} by {}", record.issued_at.date(), record.issued_by));
    if revision.rev > 1 {
        fact("Revision", format!("{}, {} by {}", revision.rev, revision.signed_at.date(), revision.signed_by));
    }
    fact("Signing key", revision.kid.to_string());
    facts
}

/// As much of a list as leaves room for the rest of the page.
fn list(items: impl Iterator<Item = String>) -> String {
    const MOST: usize = 24;
    let all: Vec<String> = items.collect();
    match all.len().checked_sub(MOST).filter(|more| *more > 0) {
        None => all.join(", "),
        Some(more) => format!("{} and {more} more, which the key names", all[..MOST].join(", ")),
    }
}
