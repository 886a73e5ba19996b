//! What an unverified key says.

use std::borrow::Cow;

use serde::Serialize;

use super::license::{count, limits_cell};
use crate::license::{Slug, Timestamp};
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};
use crate::token::{Claims, Header};

/// What an unverified key says.
#[derive(Serialize)]
pub struct ClaimsView<'c> {
    verified: bool,
    header: HeaderView<'c>,
    claims: &'c Claims,
}

#[derive(Serialize)]
struct HeaderView<'c> {
    alg: &'c str,
    kid: &'c str,
    typ: &'c str,
}

impl<'c> ClaimsView<'c> {
    pub fn unverified(header: &'c Header, claims: &'c Claims) -> Self {
        Self { verified: false, header: HeaderView { alg: &header.alg, kid: &header.kid, typ: &header.typ }, claims }
    }
}

impl View for ClaimsView<'_> {
    const NOUN: Noun = Noun { one: "unverified_key", many: "unverified_keys" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("verified", "Verified"),
                Column::new("id", "License"),
                Column::number("revision", "Rev"),
                Column::new("customer", "Customer"),
                Column::new("product", "Product"),
                Column::new("tier", "Tier"),
                Column::new("until", "Until"),
                Column::new("kid", "Kid"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let claims = self.claims;
        vec![
            self.verified.into(),
            claims.jti.into(),
            claims.rev.into(),
            (&claims.sub).into(),
            (&claims.aud).into(),
            (&claims.tier).into(),
            claims.validity().ends.map(Timestamp::last_day).into(),
            self.header.kid.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.claims.jti.to_string().into()
    }
}

impl Detail for ClaimsView<'_> {
    fn sections(&self) -> Vec<Section<'_>> {
        let claims = self.claims;
        let validity = claims.validity();
        vec![
            Section::facts([
                ("License", format!("{} revision {}", claims.jti, claims.rev).into()),
                ("Customer", format!("{} ({})", claims.customer, claims.sub).into()),
                ("Issuer", (&claims.iss).into()),
                ("Product", (&claims.aud).into()),
                ("Tier", format!("{} ({})", claims.tier_name, claims.tier).into()),
                ("Type", claims.kind.as_str().into()),
                ("Internal", claims.internal.into()),
                ("Issued", Moment(claims.iat).into()),
                ("Starts", Moment(claims.nbf).into()),
                ("Until", Cell::from(validity.ends.map(Timestamp::last_day)).or("never: perpetual")),
                ("Stops", Cell::from(validity.stops.map(Moment)).or("never")),
                ("Seats", Cell::from(claims.seats).or("unlimited")),
                ("Features", Cell::list(claims.features.iter().map(Slug::as_str))),
                ("Limits", limits_cell(&claims.limits)),
                ("Machines", Cell::list(claims.machines.bound.iter().map(|machine| machine.as_str())).or("not bound yet")),
                ("At most", Cell::from(claims.machines.max.map(|max| count(max, "machine"))).or("any number of machines")),
                ("Must match", Cell::from(claims.machines.require.map(|require| format!("{require} factors"))).or("the default")),
                ("Warns", format!("{} before the end", count(claims.warn_days, "day")).into()),
                ("Offline", Cell::from(claims.offline_days.map(|days| count(days, "day"))).or("for ever")),
                ("Status list", claims.status.as_ref().map(|status| format!("{} of {}", status.idx, status.uri)).into()),
                ("Meta", claims.meta.as_ref().map(ToString::to_string).into()),
            ])
            .titled("NOT VERIFIED"),
            Section::facts([("alg", self.header.alg.into()), ("kid", self.header.kid.into()), ("typ", self.header.typ.into())])
                .titled("Header"),
        ]
    }
}
