//! A verified key, and what a program asks of it.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Claims, StatusRef};
use super::kid::Kid;
use crate::license::{LicenseId, LicenseType, MachineTerms, Slug, Standing, Status, Timestamp};

/// A key that a [`Verifier`](super::Verifier) has accepted. There is no other way to get one.
#[derive(Debug, Clone, PartialEq)]
pub struct License {
    claims: Claims,
    kid: Kid,
}

impl License {
    pub(super) fn new(claims: Claims, kid: Kid) -> Self {
        Self { claims, kid }
    }

    /// The license's id. Whatever counts or revokes licenses goes by this, never by the key's text.
    #[must_use]
    pub fn id(&self) -> LicenseId {
        self.claims.jti
    }

    /// Which revision of the license this key is, counted from 1.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.claims.rev
    }

    /// The authority that issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// The signing key that signed it.
    #[must_use]
    pub fn signed_by(&self) -> Kid {
        self.kid
    }

    /// The customer's short name.
    #[must_use]
    pub fn customer_slug(&self) -> &Slug {
        &self.claims.sub
    }

    /// The customer's display name. Escape it before it goes to a terminal.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.claims.customer
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Slug {
        &self.claims.aud
    }

    /// The tier's short name.
    #[must_use]
    pub fn tier(&self) -> &Slug {
        &self.claims.tier
    }

    /// The tier's display name.
    #[must_use]
    pub fn tier_name(&self) -> &str {
        &self.claims.tier_name
    }

    /// The tier's place in the order of its product's tiers; higher is more.
    #[must_use]
    pub fn rank(&self) -> u32 {
        self.claims.rank
    }

    /// Whether the tier is the one with this rank or a higher one.
    #[must_use]
    pub fn at_least(&self, rank: u32) -> bool {
        self.claims.rank >= rank
    }

    /// Whether the feature is granted.
    #[must_use]
    pub fn has_feature(&self, name: &str) -> bool {
        self.claims.features.contains(name)
    }

    /// The features granted.
    #[must_use]
    pub fn features(&self) -> &BTreeSet<Slug> {
        &self.claims.features
    }

    /// The limit with this name; `None`: unlimited.
    #[must_use]
    pub fn limit(&self, name: &str) -> Option<u64> {
        self.claims.limits.get(name).copied()
    }

    /// The limits; what is not among them is unlimited.
    #[must_use]
    pub fn limits(&self) -> &BTreeMap<Slug, u64> {
        &self.claims.limits
    }

    /// The license count; `None`: unlimited.
    #[must_use]
    pub fn seats(&self) -> Option<u32> {
        self.claims.seats
    }

    /// The status at `at`, as far as the key itself tells: suspending and revoking happen elsewhere.
    #[must_use]
    pub fn status(&self, at: Timestamp) -> Status {
        self.claims.validity().status(Standing::Good, at)
    }

    /// Days from the day of `at` to the last day of the term: 0 on that day, negative in the grace period, `None` for a
    /// perpetual license.
    #[must_use]
    pub fn days_left(&self, at: Timestamp) -> Option<i64> {
        self.claims.validity().days_left(at)
    }

    /// First second of validity.
    #[must_use]
    pub fn starts(&self) -> Timestamp {
        self.claims.nbf
    }

    /// The agreed end, the first second after it; `None`: perpetual.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.claims.validity().ends
    }

    /// The moment the key stops working, grace included; `None`: never.
    #[must_use]
    pub fn stops(&self) -> Option<Timestamp> {
        self.claims.exp
    }

    /// How old, in days, the newest status list or lease may be; `None`: none is needed.
    #[must_use]
    pub fn offline_days(&self) -> Option<u32> {
        self.claims.offline_days
    }

    /// Where the license's status is published; `None`: nowhere.
    #[must_use]
    pub fn status_list(&self) -> Option<&StatusRef> {
        self.claims.status.as_ref()
    }

    /// What the license is for.
    #[must_use]
    pub fn kind(&self) -> LicenseType {
        self.claims.kind
    }

    /// Whether the vendor uses it itself.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.claims.internal
    }

    /// On which machines it may run.
    #[must_use]
    pub fn machines(&self) -> &MachineTerms {
        &self.claims.machines
    }

    /// The vendor's own data in the key.
    #[must_use]
    pub fn meta(&self) -> Option<&serde_json::Value> {
        self.claims.meta.as_ref()
    }

    /// Everything the key says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}
