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

#[cfg(test)]
mod tests {
    use super::super::claims::tests::least;
    use super::*;
    use serde_json::json;

    fn license(change: impl FnOnce(&mut serde_json::Value)) -> License {
        let mut claims = least();
        change(&mut claims);
        License::new(Claims::read(claims.to_string().as_bytes()).unwrap(), "kPrK_qmxVWaYVA9w".parse().unwrap())
    }

    #[test]
    fn a_license_tells_what_its_key_says() {
        let license = license(|claims| {
            claims["rev"] = json!(4);
            claims["ends"] = json!(1_710_000_000);
            claims["exp"] = json!(1_711_000_000);
            claims["internal"] = json!(true);
            claims["seats"] = json!(12);
            claims["features"] = json!(["reports", "sso"]);
            claims["limits"] = json!({"users": 50});
            claims["machines"] = json!({"max": 2});
            claims["offline_days"] = json!(14);
            claims["status"] = json!({"status_list": {"idx": 7, "uri": "https://licenses.example.com/status/0.jwt"}});
            claims["meta"] = json!({"contract": "K-17"});
        });
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        assert_eq!(
            (license.id(), license.revision(), license.signed_by().as_str()),
            (LicenseId::from_random(1), 4, "kPrK_qmxVWaYVA9w")
        );
        assert_eq!((license.issuer(), license.product().as_str()), ("Example Software", "cockpit"));
        assert_eq!((license.customer(), license.customer_slug().as_str()), ("Acme GmbH", "acme"));
        assert_eq!((license.tier().as_str(), license.tier_name(), license.rank()), ("pro", "Professional", 3));
        assert_eq!((license.kind(), license.is_internal()), (LicenseType::Commercial, true));
        assert_eq!(
            (license.starts(), license.ends(), license.stops()),
            (at(1_700_000_000), Some(at(1_710_000_000)), Some(at(1_711_000_000)))
        );
        assert_eq!((license.days_left(at(1_709_900_000)), license.offline_days()), (Some(1), Some(14)));
        assert_eq!(license.features().iter().map(Slug::as_str).collect::<Vec<_>>(), ["reports", "sso"]);
        assert_eq!((license.limits().len(), license.limit("users"), license.limit("robots")), (1, Some(50), None));
        assert_eq!((license.seats(), license.machines().max), (Some(12), Some(2)));
        assert_eq!(license.status_list().map(|place| place.idx), Some(7));
        assert_eq!(license.meta(), Some(&json!({"contract": "K-17"})));
        assert_eq!(license.claims().rev, 4);
    }

    #[test]
    fn what_a_key_does_not_say_is_unlimited_or_not_granted() {
        let license = license(|_| {});
        assert_eq!((license.seats(), license.limit("users"), license.offline_days(), license.meta()), (None, None, None, None));
        assert_eq!((license.ends(), license.stops(), license.days_left(license.starts())), (None, None, None));
        assert!(license.features().is_empty() && license.limits().is_empty() && !license.has_feature("reports"));
        assert!(license.status_list().is_none() && license.machines().is_empty() && !license.is_internal());
    }
}
