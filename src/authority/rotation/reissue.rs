//! Signing licenses again, with unchanged terms, because the key that signed them goes out of use.
//!
//! It goes on in batches, each a transaction of its own, so that a million licenses hold nobody else up, and what is cut off
//! goes on where it stopped: a license that was signed again no longer depends on the old key.

use std::collections::HashMap;

use crate::authority::issue::Issued;
use crate::authority::revise::{Extra, Next, revise};
use crate::authority::signer::Signer;
use crate::authority::{Actor, Authority, Error, Mode, find};
use crate::ledger::{KeyPurpose, KeyState, LicenseRecord, SignedBy};
use crate::license::{Customer, LicenseId, Occasion, Role, Slug, Standing, Timestamp};
use crate::token::Kid;

/// Which licenses somebody wants signed again. Nothing set: all that depend on a key that is retired or compromised.
#[derive(Debug, Clone, Default)]
pub struct ReissueWish {
    /// Those that this key signed.
    pub kid: Option<Kid>,
    /// These.
    pub licenses: Vec<LicenseId>,
    /// Those of this customer.
    pub customer: Option<Slug>,
}

/// Licenses that one key signed and another is to sign again.
#[derive(Debug, Clone)]
pub struct Reissue {
    /// Which.
    pub which: SignedBy,
    /// What both keys sign.
    pub purpose: KeyPurpose,
}

/// What a wish comes to.
#[derive(Debug, Clone, Default)]
pub struct ReissuePlan {
    /// What is to be signed again, one entry for a key, or for a license where licenses were named.
    pub parts: Vec<Reissue>,
    /// The licenses that were named and stay as they are, and why.
    pub passed_over: Vec<(LicenseId, &'static str)>,
    /// How many licenses are to be signed again.
    pub licenses: u64,
}

/// Some licenses, signed again.
#[derive(Debug, Clone)]
pub struct ReissueBatch {
    /// The licenses, with their new keys.
    pub issued: Vec<Issued>,
    /// Where the next batch begins; `None`: there is no next one.
    pub next: Option<u64>,
}

impl Authority {
    /// What signing again would come to.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::UnknownKey`], [`Error::UnknownCustomer`], [`Error::UnknownLicense`];
    /// [`Error::KeyState`] of a key that signs now; [`Error::NoSigningKey`] where none does.
    pub fn reissue_plan(&self, actor: &Actor, wish: &ReissueWish, at: Timestamp) -> Result<ReissuePlan, Error> {
        let tables = self.read();
        actor.require(Role::Issuer, "sign licenses again", &tables)?;
        let customer = wish.customer.as_ref().map(|slug| find::customer(&tables, slug.as_str())).transpose()?;
        let customer = customer.map(|customer| customer.slug);
        let mut plan = ReissuePlan::default();
        if wish.licenses.is_empty() {
            let mut keys = tables.signing_keys()?;
            match &wish.kid {
                Some(kid) => keys = vec![find::signing_key(&tables, kid.as_str())?],
                None => keys.retain(|key| matches!(key.state, KeyState::Retired | KeyState::Compromised)),
            }
            keys.retain(|key| key.purpose.signs_licenses());
            for key in keys {
                if key.state == KeyState::Active {
                    return Err(Error::KeyState { kid: key.kid, state: key.state, wanted: "replaced by itself" });
                }
                let which = SignedBy { customer: customer.clone(), ..SignedBy::key(key.kid, at) };
                plan.parts.push(Reissue { which, purpose: key.purpose });
            }
        }
        for id in &wish.licenses {
            match self.reissue_of(*id, wish.kid.as_ref(), customer.as_ref(), at)? {
                Ok(part) => plan.parts.push(part),
                Err(why) => plan.passed_over.push((*id, why)),
            }
        }
        for part in &plan.parts {
            let licenses = tables.count_signed_by(&part.which)?;
            if licenses > 0 {
                self.active_key(part.purpose)?;
            }
            plan.licenses += licenses;
        }
        Ok(plan)
    }

    /// One license, or why it stays as it is.
    fn reissue_of(
        &self,
        id: LicenseId,
        kid: Option<&Kid>,
        customer: Option<&Slug>,
        at: Timestamp,
    ) -> Result<Result<Reissue, &'static str>, Error> {
        let tables = self.read();
        let record = tables.license(id)?.ok_or_else(|| Error::UnknownLicense(id.to_string()))?;
        let newest = tables.revisions(id)?.pop().ok_or_else(|| Error::UnknownLicense(id.to_string()))?;
        let key = find::signing_key(&tables, newest.kid.as_str())?;
        Ok(if record.standing == Standing::Revoked {
            Err("it is revoked")
        } else if record.stops.is_some_and(|stops| stops <= at) {
            Err("it has expired")
        } else if key.state == KeyState::Active {
            Err("the key that signs now signed it")
        } else if kid.is_some_and(|kid| *kid != key.kid) {
            Err("another key signed it")
        } else if customer.is_some_and(|customer| *customer != record.customer) {
            Err("it belongs to another customer")
        } else {
            Ok(Reissue { which: SignedBy { license: Some(id), ..SignedBy::key(key.kid, at) }, purpose: key.purpose })
        })
    }

    /// Signs some of these licenses again with the key that signs now: at most `most`, those after `after`. All of them in one
    /// transaction; what they grant, and how they stand, is as it was.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::KeyState`] where the signer's key is out of use by now; a full disk or a locked
    /// ledger. Nothing of the batch is left behind.
    pub fn reissue(
        &mut self,
        actor: &Actor,
        part: &Reissue,
        signer: &Signer,
        after: Option<u64>,
        most: u32,
        at: Timestamp,
    ) -> Result<ReissueBatch, Error> {
        let which = SignedBy { at, ..part.which.clone() };
        self.change(Mode::Commit, |tx| {
            let tables = tx.read();
            actor.require(Role::Issuer, "sign licenses again", &tables)?;
            let page = tables.signed_by(&which, after, most)?;
            let next = page.last().filter(|_| page.len() == most as usize).map(|last| last.status_index);
            let mut customers: HashMap<Slug, Customer> = HashMap::new();
            let mut issued = Vec::with_capacity(page.len());
            for record in page {
                let unknown = || Error::UnknownLicense(record.id.to_string());
                if !customers.contains_key(&record.customer) {
                    let customer = tables.customer(&record.customer)?.ok_or_else(unknown)?;
                    customers.insert(record.customer.clone(), customer);
                }
                let customer = customers.get(&record.customer).ok_or_else(unknown)?;
                let terms = tables.terms(record.id, record.rev)?.ok_or_else(unknown)?;
                let occasion = Occasion::Reissue;
                let next = Next { license: record.id, customer, terms: &terms, occasion, extra: Extra::default() };
                issued.push(revise(tx, actor.slug(), next, signer, at)?);
            }
            Ok(ReissueBatch { issued, next })
        })
    }

    /// Some of the licenses that were signed again before, by an earlier run: at most `most`, those after `after`.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`]; when the ledger cannot be read.
    pub fn reissued_before(&self, part: &Reissue, after: Option<u64>, most: u32) -> Result<Vec<LicenseRecord>, Error> {
        let active = self.active_key(part.purpose)?;
        Ok(self.read().signed_again(&part.which, &active.kid, after, most)?)
    }
}
