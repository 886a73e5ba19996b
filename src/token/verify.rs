//! The verifier: which keys, product, customer and machine a program accepts, and the checks against them.
//!
//! [`Verifier::verify`] is for programs: it stops at the first check that fails. [`Verifier::examine`] is for people: it makes
//! every check it can. Both are made of the same checks, so that they cannot disagree.

use super::armour;
use super::claims::Claims;
use super::describe::{self, shown};
use super::evidence::Evidence;
use super::jws::{RawHeader, Segments, TYPE};
use super::keys::KeySet;
use super::kid::Kid;
use super::license::License;
use super::machine::Machine;
use super::reason::{Check, Reason, Refusal};
use super::seen::SeenLists;
use super::status_list::StatusList;
use super::verdict::{CheckResult, Verdict};
use crate::license::{MachineId, Slug, Standing, Status, Timestamp};

/// What a program accepts. Made once, used for any number of keys.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: KeySet,
    product: Option<Slug>,
    issuer: Option<String>,
    customer: Option<Slug>,
    machine: Machine,
    activated_only: bool,
    features: Vec<Slug>,
    evidence: Evidence,
}

/// A key whose envelope fits together. Nothing says yet that anybody signed it, and the claims are still bytes.
struct Envelope<'a> {
    signed: &'a str,
    kid: String,
    claims: Vec<u8>,
    signature: [u8; 64],
}

impl<'a> Envelope<'a> {
    fn open(key: &'a str) -> Result<Self, Refusal> {
        let segments = Segments::of(key)?;
        let header = segments.header()?;
        let header = RawHeader::read(&header)?;
        header.check(TYPE)?;
        let claims = segments.claims()?;
        let signature = segments.signature()?;
        Ok(Self { signed: segments.signed, kid: header.kid.into_owned(), claims, signature })
    }
}

impl Verifier {
    /// Accepts keys for this product that one of these keys signed.
    #[must_use]
    pub fn new(keys: KeySet, product: Slug) -> Self {
        Self { product: Some(product), ..Self::for_any_product(keys) }
    }

    /// Accepts keys for whatever product. For tools; a program asks for its own product, or it runs with the key of another.
    #[must_use]
    pub fn for_any_product(keys: KeySet) -> Self {
        let (machine, features, evidence) = (Machine::Unknown, Vec::new(), Evidence::default());
        Self { keys, product: None, issuer: None, customer: None, machine, activated_only: false, features, evidence }
    }

    /// Asks for keys of this authority (`iss`).
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }

    /// Asks for keys of this customer (`sub`).
    #[must_use]
    pub fn customer(self, customer: Slug) -> Self {
        Self { customer: Some(customer), ..self }
    }

    /// Names the machine that the program runs on: an ID that was kept, or that of `Machine::this`. Without it, a key that is bound
    /// to machines is refused. IDs of `lic fingerprint` are matched factor by factor, so that a machine with another disk still
    /// passes.
    #[must_use]
    pub fn machine(self, machine: MachineId) -> Self {
        Self { machine: Machine::this(machine), ..self }
    }

    /// Accepts keys whatever machines they are bound to.
    #[must_use]
    pub fn any_machine(self) -> Self {
        Self { machine: Machine::Any, ..self }
    }

    /// Refuses a key that is for so many machines and was activated on none yet. Without it, such a key is good anywhere until the
    /// vendor binds it.
    #[must_use]
    pub fn activated_only(self) -> Self {
        Self { activated_only: true, ..self }
    }

    /// Asks for keys that grant this feature; may be called for several.
    #[must_use]
    pub fn feature(mut self, feature: Slug) -> Self {
        self.features.push(feature);
        self
    }

    /// Offers a status list, as it was fetched; may be called for several. It must be signed by a status key of the pinned keys.
    ///
    /// A license that it says is revoked or suspended is refused, and so is one for which no better list was offered than one
    /// that does not count. So is the key of a machine that gave its seat back, where the machine is known.
    #[must_use]
    pub fn status_list(mut self, list: impl AsRef<[u8]>) -> Self {
        self.evidence.offer(list.as_ref(), &self.keys);
        self
    }

    /// Refuses status lists that are older than those seen before.
    #[must_use]
    pub fn seen(mut self, seen: SeenLists) -> Self {
        self.evidence.expect(seen);
        self
    }

    /// Accepts keys that ask for a status list (`offline_days`) without one. For tools; a program would let a license that was
    /// revoked run for ever.
    #[must_use]
    pub fn without_status_list(mut self) -> Self {
        self.evidence.waive();
        self
    }

    /// The status lists offered that a trusted status key signed, whether they count at some moment or not.
    pub fn status_lists(&self) -> impl Iterator<Item = &StatusList> {
        self.evidence.lists()
    }

    /// The pinned keys.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Verifies the key in `pasted` (a bare key, a `.lic` file, or text around either) at a moment.
    ///
    /// # Errors
    /// The [`Refusal`] of the first check that fails: the one that [`Verdict::failure`] leads with.
    pub fn verify(&self, pasted: impl AsRef<[u8]>, at: Timestamp) -> Result<License, Refusal> {
        let key = armour::find(pasted.as_ref())?;
        let envelope = Envelope::open(&key)?;
        // The signature comes before the claims: nothing inside is read that no trusted key vouches for.
        let kid = self.check_signature(&envelope)?;
        let claims = Claims::read(&envelope.claims)?;
        let word = self.evidence.word(&claims, at);
        if let Ok(Some(word)) = &word {
            word.check()?;
        }
        self.check_issuer(&claims)?;
        self.check_product(&claims)?;
        self.check_customer(&claims)?;
        self.check_machine(&claims)?;
        self.check_features(&claims)?;
        check_term(&claims, at)?;
        let word = word?;
        self.evidence.check_age(word, &claims, at)?;
        if let Some(word) = &word {
            word.check_seat(&claims, &self.machine)?;
        }
        Ok(License::new(claims, kid))
    }

    /// Makes every check of the key in `pasted` at a moment, also those after one that failed, as long as the text can be read.
    #[must_use]
    pub fn examine(&self, pasted: impl AsRef<[u8]>, at: Timestamp) -> Verdict {
        let mut verdict = Verdict { checks: Vec::with_capacity(Check::ALL.len()), claims: None };
        let found = armour::find(pasted.as_ref());
        match found.as_deref().map_err(Clone::clone).and_then(Envelope::open) {
            Ok(envelope) => {
                match Claims::read(&envelope.claims) {
                    Ok(claims) => {
                        verdict.add(CheckResult::passed(Check::Format, format!("{TYPE}, revision {}", claims.rev)));
                        verdict.claims = Some(claims);
                    }
                    Err(refusal) => verdict.add(refusal.into()),
                }
                let signed = self.check_signature(&envelope).map(|_| ());
                verdict.add(judged(Check::Signature, signed, || format!("kid {}", envelope.kid)));
            }
            Err(refusal) => {
                verdict.add(refusal.into());
                verdict.add(CheckResult::skipped(Check::Signature, "not checked: the text is no license key"));
                // Even so, what the claims say may help to find out what the text is.
                verdict.claims = found.ok().and_then(|key| Claims::read(&Segments::of(&key).ok()?.claims().ok()?).ok());
            }
        }
        match verdict.claims.take() {
            Some(claims) => {
                self.examine_claims(&claims, at, &mut verdict);
                verdict.claims = Some(claims);
            }
            None => {
                let rest = [Check::Issuer, Check::Product, Check::Customer, Check::Machine, Check::Feature, Check::Term];
                rest.into_iter()
                    .for_each(|check| verdict.add(CheckResult::skipped(check, "not checked: the claims cannot be read")));
            }
        }
        verdict
    }

    fn examine_claims(&self, claims: &Claims, at: Timestamp, verdict: &mut Verdict) {
        let mut add = |asked: bool, check: Check, result: Result<(), Refusal>, detail: &dyn Fn() -> String| {
            let skipped = || CheckResult::skipped(check, format!("{} (not asked for)", detail()));
            verdict.add(if asked || result.is_err() { judged(check, result, detail) } else { skipped() });
        };
        add(self.issuer.is_some(), Check::Issuer, self.check_issuer(claims), &|| shown(&claims.iss));
        add(self.product.is_some(), Check::Product, self.check_product(claims), &|| claims.aud.to_string());
        let customer = || format!("{} ({})", claims.sub, shown(&claims.customer));
        add(self.customer.is_some(), Check::Customer, self.check_customer(claims), &customer);
        let bound = claims.machines.bound.is_empty() || self.machine.is_known();
        let machine = || self.machine.passed(&claims.machines);
        add(bound, Check::Machine, self.check_machine(claims), &machine);
        let features = || match claims.features.len() {
            0 => "none granted".to_owned(),
            _ => claims.features.iter().map(Slug::as_str).collect::<Vec<_>>().join(", "),
        };
        add(!self.features.is_empty(), Check::Feature, self.check_features(claims), &features);
        add(true, Check::Term, check_term(claims, at), &|| describe::term(&claims.validity(), at));
        self.evidence.examine(claims, at, &self.machine, verdict);
    }

    fn check_signature(&self, envelope: &Envelope<'_>) -> Result<Kid, Refusal> {
        let kid = envelope.kid.as_str();
        let known = kid.parse::<Kid>().ok();
        if let Some(kid) = known.filter(|kid| self.keys.refuses(kid)) {
            return Err(Refusal::new(Reason::CompromisedKey, format!("kid {kid} is compromised: nothing it signed counts")));
        }
        let Some(key) = known.and_then(|kid| self.keys.get(&kid)) else {
            return Err(Refusal::new(Reason::UnknownKey, format!("kid {} is none of the trusted keys", shown(kid))));
        };
        if key.signed(envelope.signed.as_bytes(), &envelope.signature) {
            Ok(key.kid())
        } else {
            Err(Refusal::new(Reason::BadSignature, format!("not signed by kid {kid}: the key was changed")))
        }
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Refusal> {
        match &self.issuer {
            Some(issuer) if *issuer != claims.iss => {
                Err(Refusal::new(Reason::WrongIssuer, format!("issued by {}, not by {}", shown(&claims.iss), shown(issuer))))
            }
            _ => Ok(()),
        }
    }

    fn check_product(&self, claims: &Claims) -> Result<(), Refusal> {
        match &self.product {
            Some(product) if *product != claims.aud => {
                Err(Refusal::new(Reason::WrongProduct, format!("for {}, not for {product}", claims.aud)))
            }
            _ => Ok(()),
        }
    }

    fn check_customer(&self, claims: &Claims) -> Result<(), Refusal> {
        match &self.customer {
            Some(customer) if *customer != claims.sub => {
                Err(Refusal::new(Reason::WrongCustomer, format!("for {}, not for {customer}", claims.sub)))
            }
            _ => Ok(()),
        }
    }

    fn check_machine(&self, claims: &Claims) -> Result<(), Refusal> {
        if self.activated_only && claims.machines.max.is_some() && claims.machines.bound.is_empty() {
            return Err(Refusal::new(Reason::NotActivated, describe::machines(&claims.machines)));
        }
        self.machine.check(&claims.machines, &claims.aud)
    }

    fn check_features(&self, claims: &Claims) -> Result<(), Refusal> {
        let missing: Vec<&str> =
            self.features.iter().filter(|feature| !claims.features.contains(*feature)).map(Slug::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(Reason::MissingFeature, format!("does not grant {}", missing.join(", "))))
    }
}

fn check_term(claims: &Claims, at: Timestamp) -> Result<(), Refusal> {
    let validity = claims.validity();
    let reason = match validity.status(Standing::Good, at) {
        Status::Scheduled => Reason::NotYetValid,
        Status::Expired => Reason::Expired,
        _ => return Ok(()),
    };
    Err(Refusal::new(reason, describe::term(&validity, at)))
}

fn judged(check: Check, result: Result<(), Refusal>, detail: impl Fn() -> String) -> CheckResult {
    match result {
        Ok(()) => CheckResult::passed(check, detail()),
        Err(refusal) => refusal.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::tests::least;
    use super::super::keys::PublicKey;
    use super::super::sign::sign;
    use super::super::verdict::Outcome;
    use super::*;
    use ed25519_dalek::SigningKey;
    use serde_json::{Value, json};

    const NBF: i64 = 1_700_000_000;

    fn signer() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn keys() -> KeySet {
        [PublicKey::try_from(signer().verifying_key()).unwrap()].into_iter().collect()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn verifier() -> Verifier {
        Verifier::new(keys(), slug("cockpit"))
    }

    fn rich() -> Value {
        let mut claims = least();
        claims["exp"] = json!(NBF + 20_000_000);
        claims["ends"] = json!(NBF + 10_000_000);
        claims["features"] = json!(["reports", "sso"]);
        claims["limits"] = json!({"users": 50});
        claims["machines"] = json!({"max": 2, "bound": ["machine-1"]});
        claims["meta"] = json!({"contract": "K-17"});
        claims
    }

    fn key(claims: &Value) -> String {
        sign(&Claims::read(claims.to_string().as_bytes()).unwrap(), &signer())
    }

    fn refusal(verifier: &Verifier, key: &str, at: Timestamp) -> Option<Reason> {
        let refusal = verifier.verify(key, at).err().map(|refusal| refusal.reason);
        let verdict = verifier.examine(key, at);
        assert_eq!(verdict.failure().and_then(|failure| failure.reason), refusal, "{verdict:?}");
        assert_eq!(verdict.is_valid(), refusal.is_none());
        refusal
    }

    #[test]
    fn a_key_that_waits_for_its_machine_is_refused_where_that_is_asked_for() {
        let mut waiting = rich();
        waiting["machines"] = json!({ "max": 2 });
        let asked = verifier().machine("machine-1".parse().unwrap()).activated_only();
        let refusal = asked.verify(key(&waiting), at(NBF)).unwrap_err();
        assert_eq!(refusal.reason, Reason::NotActivated);
        assert_eq!(
            asked.examine(key(&waiting), at(NBF)).failure().and_then(|failure| failure.reason),
            Some(Reason::NotActivated)
        );
        assert!(verifier().verify(key(&waiting), at(NBF)).is_ok());
        let mut free = rich();
        free["machines"] = json!({});
        assert!(asked.verify(key(&free), at(NBF)).is_ok());
    }

    #[test]
    fn a_license_answers_what_the_program_asks() {
        let license = verifier().machine("machine-1".parse().unwrap()).verify(key(&rich()), at(NBF)).unwrap();
        assert!(license.has_feature("reports") && !license.has_feature("audit"));
        assert_eq!((license.limit("users"), license.limit("robots"), license.seats()), (Some(50), None, None));
        assert!(license.at_least(3) && !license.at_least(4));
        assert_eq!(license.status(at(NBF + 15_000_000)), Status::Grace);
        assert_eq!(license.signed_by(), Kid::of(&signer().verifying_key()));
    }

    #[test]
    fn each_question_has_its_refusal() {
        let open = key(&least());
        let bound = key(&rich());
        let any = verifier().any_machine();
        for (verifier, key, at, reason) in [
            (verifier(), &open, NBF, None),
            (Verifier::for_any_product(keys()), &open, NBF, None),
            (Verifier::new(keys(), slug("other")), &open, NBF, Some(Reason::WrongProduct)),
            (verifier().issuer("Example Software"), &open, NBF, None),
            (verifier().issuer("Example"), &open, NBF, Some(Reason::WrongIssuer)),
            (verifier().customer(slug("acme")), &open, NBF, None),
            (verifier().customer(slug("other")), &open, NBF, Some(Reason::WrongCustomer)),
            (verifier().machine("machine-9".parse().unwrap()), &open, NBF, None),
            (verifier(), &bound, NBF, Some(Reason::MachineRequired)),
            (verifier().machine("machine-9".parse().unwrap()), &bound, NBF, Some(Reason::WrongMachine)),
            (any.clone().feature(slug("reports")).feature(slug("sso")), &bound, NBF, None),
            (any.clone().feature(slug("reports")).feature(slug("audit")), &bound, NBF, Some(Reason::MissingFeature)),
            (any.clone(), &bound, NBF - 1, Some(Reason::NotYetValid)),
            (any.clone(), &bound, NBF + 19_999_999, None),
            (any, &bound, NBF + 20_000_000, Some(Reason::Expired)),
            (Verifier::new(KeySet::new(), slug("cockpit")), &open, NBF, Some(Reason::UnknownKey)),
        ] {
            assert_eq!(refusal(&verifier, key, self::at(at)), reason, "{verifier:?}");
        }
    }

    #[test]
    fn what_a_compromised_key_signed_is_refused() {
        let mut keys = keys();
        keys.refuse(Kid::of(&signer().verifying_key()));
        assert_eq!(refusal(&Verifier::for_any_product(keys), &key(&least()), at(NBF)), Some(Reason::CompromisedKey));
    }

    #[test]
    fn every_check_is_reported_also_after_a_failure() {
        let verifier = Verifier::new(keys(), slug("other")).customer(slug("acme"));
        let mut changed = key(&rich());
        let last = changed.pop().unwrap();
        changed.insert(changed.len() - 40, last);
        let verdict = verifier.examine(&changed, at(NBF + 30_000_000));
        let outcomes: Vec<(Check, Outcome)> = verdict.checks.iter().map(|result| (result.check, result.outcome)).collect();
        assert_eq!(
            outcomes,
            [
                (Check::Format, Outcome::Passed),
                (Check::Signature, Outcome::Failed),
                (Check::Issuer, Outcome::Skipped),
                (Check::Product, Outcome::Failed),
                (Check::Customer, Outcome::Passed),
                (Check::Machine, Outcome::Failed),
                (Check::Feature, Outcome::Skipped),
                (Check::Term, Outcome::Failed),
            ]
        );
        assert_eq!(verdict.failure().unwrap().reason, Some(Reason::BadSignature));
        assert_eq!(verdict.claims.unwrap().customer, "Acme GmbH");
    }

    #[test]
    fn the_lines_read_as_people_say_it() {
        let verdict = verifier().any_machine().examine(key(&rich()), at(NBF + 10_100_000));
        let lines: Vec<String> = verdict.checks.iter().map(|result| format!("{}: {}", result.check, result.detail)).collect();
        assert_eq!(
            lines,
            [
                "format: license+jwt, revision 1",
                &format!("signature: kid {}", Kid::of(&signer().verifying_key())),
                "issuer: Example Software (not asked for)",
                "product: cockpit",
                "customer: acme (Acme GmbH) (not asked for)",
                "machine: bound to 1 machine, at most 2 (not asked for)",
                "feature: reports, sso (not asked for)",
                "term: ended 2024-03-09, 1 day ago; grace until 2024-07-03",
            ]
        );
        let line = |check| verifier().examine(key(&least()), at(NBF)).result(check).map(|result| result.detail.clone());
        assert_eq!(line(Check::Feature).as_deref(), Some("none granted (not asked for)"));
    }

    #[test]
    fn a_key_for_any_machine_passes_wherever_it_is_verified() {
        let verdict = verifier().examine(key(&least()), at(NBF));
        assert_eq!(verdict.result(Check::Machine).map(|result| result.outcome), Some(Outcome::Passed));
        let there = verifier().machine("machine-1".parse().unwrap()).examine(key(&rich()), at(NBF));
        assert_eq!(there.result(Check::Machine).map(|result| result.outcome), Some(Outcome::Passed));
    }

    #[test]
    fn the_pinned_keys_can_be_asked_for() {
        assert_eq!(verifier().keys(), &keys());
    }
}
