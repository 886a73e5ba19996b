//! Status lists: what was published, and what a list says.

use std::borrow::Cow;

use serde::Serialize;

use super::license::count;
use crate::authority::status::{Published, PublishedList};
use crate::license::Standing;
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};
use crate::token::{ListClaims, NoStanding, Refusal, Statuses};

/// A list that was published.
#[derive(Serialize)]
pub struct PublishedView {
    file: String,
    uri: String,
    number: u64,
    issued_at: Moment,
    expires_at: Moment,
    revoked: u64,
    suspended: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<u64>,
    bytes: u64,
}

impl PublishedView {
    pub fn new(list: &PublishedList, published: &Published) -> Self {
        Self {
            file: list.file.display().to_string(),
            uri: list.uri.clone(),
            number: published.number,
            issued_at: published.issued.into(),
            expires_at: published.expires.into(),
            revoked: list.tally.revoked,
            suspended: list.tally.suspended,
            released: some_released(u64::from(list.released)),
            changed: list.before.map(|(_, changed)| changed),
            bytes: list.bytes as u64,
        }
    }
}

impl View for PublishedView {
    const NOUN: Noun = Noun { one: "status_list", many: "status_lists" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("file", "File"),
                Column::text("uri", "Address").optional(2),
                Column::number("number", "Number"),
                Column::new("expires_at", "Expires"),
                Column::number("revoked", "Revoked"),
                Column::number("suspended", "Suspended"),
                Column::number("changed", "Changed").optional(1),
                Column::number("bytes", "Bytes").optional(3),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.file).into(),
            (&self.uri).into(),
            self.number.into(),
            self.expires_at.into(),
            self.revoked.into(),
            self.suspended.into(),
            self.changed.into(),
            self.bytes.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.file.as_str().into()
    }
}

/// How many seats were given back, where any was.
fn some_released(machines: u64) -> Option<u64> {
    (machines > 0).then_some(machines)
}

/// One place of a list, and what stands there.
pub struct Looked {
    pub place: u64,
    pub standing: Result<Standing, NoStanding>,
}

/// What a list says, and whether it counts.
#[derive(Serialize)]
pub struct ListView<'l> {
    uri: &'l str,
    number: u64,
    counts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip)]
    why_not: Option<&'l str>,
    kid: &'l str,
    issued_at: Moment,
    expires_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    places: u64,
    revoked: u64,
    suspended: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<&'l str>,
}

impl<'l> ListView<'l> {
    pub fn new(
        kid: &'l str,
        claims: &'l ListClaims,
        statuses: &Statuses,
        refusal: Option<&'l Refusal>,
        looked: Option<Looked>,
    ) -> Self {
        let tally = statuses.tally();
        Self {
            uri: &claims.sub,
            number: claims.number,
            counts: refusal.is_none(),
            reason: refusal.map(|refusal| refusal.reason.as_str()),
            why_not: refusal.map(|refusal| refusal.detail.as_str()),
            kid,
            issued_at: claims.iat.into(),
            expires_at: claims.exp.into(),
            ttl: claims.ttl,
            places: statuses.len(),
            revoked: tally.revoked,
            suspended: tally.suspended,
            released: some_released(claims.released.len() as u64),
            index: looked.as_ref().map(|looked| looked.place),
            standing: looked.map(|looked| word(looked.standing)),
            checkpoint: claims.checkpoint.as_deref(),
        }
    }
}

fn word(standing: Result<Standing, NoStanding>) -> &'static str {
    match standing {
        Ok(Standing::Good) => "good",
        Ok(Standing::Suspended) => "suspended",
        Ok(Standing::Revoked) => "revoked",
        Err(NoStanding::Beyond) => "beyond the list",
        Err(NoStanding::Unknown) => "unknown",
    }
}

impl View for ListView<'_> {
    const NOUN: Noun = Noun { one: "status_list", many: "status_lists" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("uri", "Address"),
                Column::number("number", "Number"),
                Column::new("counts", "Counts"),
                Column::new("issued_at", "Issued"),
                Column::new("expires_at", "Expires"),
                Column::number("revoked", "Revoked"),
                Column::number("suspended", "Suspended"),
                Column::number("index", "Index"),
                Column::new("standing", "Standing"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.uri.into(),
            self.number.into(),
            self.counts.into(),
            self.issued_at.into(),
            self.expires_at.into(),
            self.revoked.into(),
            self.suspended.into(),
            self.index.into(),
            self.standing.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.uri.into()
    }
}

impl Detail for ListView<'_> {
    fn sections(&self) -> Vec<Section<'_>> {
        let counts = match self.why_not {
            None => "yes".to_owned(),
            Some(why) => format!("no: {why}"),
        };
        let ttl = self.ttl.map(|seconds| match seconds {
            hours if hours % 3_600 == 0 => count(hours / 3_600, "hour"),
            seconds => count(seconds / 60, "minute"),
        });
        let mut facts = vec![
            ("Address", self.uri.into()),
            ("Number", self.number.into()),
            ("Counts", counts.into()),
            ("Signed by", self.kid.into()),
            ("Issued", self.issued_at.into()),
            ("Expires", self.expires_at.into()),
            ("Fetch after", Cell::from(ttl).or("not said")),
            ("Places", self.places.into()),
            ("Revoked", self.revoked.into()),
            ("Suspended", self.suspended.into()),
        ];
        if let Some(released) = self.released {
            facts.push(("Seats given back", released.into()));
        }
        if let (Some(index), Some(standing)) = (self.index, self.standing) {
            facts.push(("At place", format!("{index}: {standing}").into()));
        }
        let mut sections = vec![Section::facts(facts)];
        if let Some(checkpoint) = self.checkpoint {
            sections.push(Section::block(checkpoint).titled("Checkpoint of the audit log"));
        }
        sections
    }
}
