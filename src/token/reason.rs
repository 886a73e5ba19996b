//! Which checks there are, and the stable codes of the reasons why one fails.
//!
//! Programs may match on the codes and the golden vectors hold them: a code is never renamed, only added. How a reason
//! reads for people belongs in `describe`.

use std::fmt;

use serde::{Serialize, Serializer};

/// One check of a key, in the order in which they are made and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The text is a license key of a form and a version that this program reads.
    Format,
    /// One of the pinned keys signed it.
    Signature,
    /// It comes from the authority asked for.
    Issuer,
    /// It is for the product asked for.
    Product,
    /// It is for the customer asked for.
    Customer,
    /// It may run on the machine asked for.
    Machine,
    /// It grants the features asked for.
    Feature,
    /// The moment lies inside its term, grace included.
    Term,
    /// The status list at hand is the vendor's, counts, and is as young as the key asks for.
    StatusList,
    /// Nothing went back since the program last looked: neither the clock nor the key. Made by a guard, with its
    /// state; that the machine gave its seat back, by a status list too.
    State,
    /// It is the newest revision of its license. Made by the authority, with its ledger.
    Revision,
    /// The ledger knows it. Made by the authority, with its ledger.
    Ledger,
    /// The vendor has neither suspended nor revoked the license. Made with a status list, or by the authority with its ledger.
    Standing,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 13] = [
        Self::Format,
        Self::Signature,
        Self::Issuer,
        Self::Product,
        Self::Customer,
        Self::Machine,
        Self::Feature,
        Self::Term,
        Self::StatusList,
        Self::State,
        Self::Revision,
        Self::Ledger,
        Self::Standing,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Product => "product",
            Self::Customer => "customer",
            Self::Machine => "machine",
            Self::Feature => "feature",
            Self::Term => "term",
            Self::StatusList => "status-list",
            Self::State => "state",
            Self::Revision => "revision",
            Self::Ledger => "ledger",
            Self::Standing => "standing",
        }
    }
}

/// Declares [`Reason`] with its codes in one table, so that no reason can be without one or missing from `ALL`.
macro_rules! reasons {
    ($($check:ident { $($(#[$doc:meta])* $name:ident = $code:literal,)* })*) => {
        /// Why a check failed. Each has one stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($($(#[$doc])* $name,)*)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The stable code, in kebab case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $code,)*)* }
            }

            /// The check that fails for this reason.
            #[must_use]
            pub fn check(self) -> Check {
                match self { $($(Self::$name)|* => Check::$check,)* }
            }
        }
    };
}

reasons! {
    Format {
        /// Nothing in the text looks like a license key.
        NoKey = "no-key",
        /// The text is longer than [`LARGEST_TEXT`](super::LARGEST_TEXT).
        TooLarge = "too-large",
        /// The text holds two different keys.
        SeveralKeys = "several-keys",
        /// Not three parts with two dots between them.
        WrongSegments = "wrong-segments",
        /// A part is not canonical unpadded base64url.
        BadEncoding = "bad-encoding",
        /// The signature has another length than 64 bytes.
        WrongLength = "wrong-length",
        /// The header is not an object of strings, or names no signing key.
        MalformedHeader = "malformed-header",
        /// The header has a member besides `alg`, `kid` and `typ`.
        HeaderMember = "header-member",
        /// `alg` is neither `EdDSA` nor `Ed25519`.
        WrongAlgorithm = "wrong-algorithm",
        /// `typ` is not `license+jwt`.
        WrongType = "wrong-type",
        /// Two members of one JSON object have the same name.
        DuplicateMember = "duplicate-member",
        /// The claims are not JSON, one that belongs there is missing, or one has a value that it cannot have.
        MalformedClaims = "malformed-claims",
        /// `ver` is none that this program reads.
        UnsupportedVersion = "unsupported-version",
        /// `nbf`, `ends` and `exp` contradict each other.
        InconsistentTerm = "inconsistent-term",
        /// `meta` is larger than [`LARGEST_META`](super::LARGEST_META).
        MetaTooLarge = "meta-too-large",
    }
    Signature {
        /// `kid` names none of the pinned keys.
        UnknownKey = "unknown-key",
        /// `kid` names a signing key that is no longer trusted.
        CompromisedKey = "compromised-key",
        /// The signature does not fit the text.
        BadSignature = "bad-signature",
    }
    Issuer {
        /// Another authority issued it.
        WrongIssuer = "wrong-issuer",
    }
    Product {
        /// It is for another product.
        WrongProduct = "wrong-product",
    }
    Customer {
        /// It is for another customer.
        WrongCustomer = "wrong-customer",
    }
    Machine {
        /// It is bound to machines, and the verifier was told of none.
        MachineRequired = "machine-required",
        /// It is to be bound to machines, and was activated on none yet.
        NotActivated = "not-activated",
        /// It is bound to other machines.
        WrongMachine = "wrong-machine",
        /// It is for machines of other sorts: this one is virtual, say, or a container.
        WrongMachineKind = "wrong-machine-kind",
    }
    Feature {
        /// It does not grant a feature asked for.
        MissingFeature = "missing-feature",
    }
    Term {
        /// Its term has not begun.
        NotYetValid = "not-yet-valid",
        /// Its term and its grace days are over.
        Expired = "expired",
    }
    StatusList {
        /// The text is no status list, or one that says what this program cannot read.
        ListMalformed = "list-malformed",
        /// `typ` is not `statuslist+jwt`: a license, or something else, in the place of a list.
        ListWrongType = "list-wrong-type",
        /// `kid` of the list names none of the pinned status keys.
        ListUnknownKey = "list-unknown-key",
        /// `kid` of the list names a status key that is no longer trusted.
        ListCompromisedKey = "list-compromised-key",
        /// The list's signature does not fit its text.
        ListBadSignature = "list-bad-signature",
        /// The list is from the future.
        ListNotYetValid = "list-not-yet-valid",
        /// The list has expired.
        ListExpired = "list-expired",
        /// A list with a higher number was seen before.
        ListSuperseded = "list-superseded",
        /// The list is the one of other licenses.
        ListWrongUri = "list-wrong-uri",
        /// The list ends before the license's place.
        ListTooShort = "list-too-short",
        /// The license names no list. Only told, never a failure.
        ListNotNamed = "list-not-named",
        /// No list at hand is as young as the key asks for (`offline_days`).
        Stale = "stale",
    }
    State {
        /// The clock is more than a day behind the newest moment seen.
        ClockSetBack = "clock-set-back",
        /// A newer revision was seen on this machine.
        OlderRevision = "older-revision",
        /// The machine gave its seat of the license back.
        GivenBack = "given-back",
        /// There is no state, though the license is bound to the machine. Only told, never a failure.
        StateMissing = "state-missing",
        /// The state was edited, or is none.
        StateDamaged = "state-damaged",
        /// The state is of another machine or another product.
        StateElsewhere = "state-elsewhere",
        /// The state cannot be read.
        StateUnreadable = "state-unreadable",
    }
    Revision {
        /// A newer revision of the license has been issued.
        NotNewestRevision = "not-newest-revision",
    }
    Ledger {
        /// The ledger does not know it: it was minted elsewhere.
        NotInLedger = "not-in-ledger",
        /// It is the key of an older system, and its license was taken over from there.
        OlderSystem = "older-system",
    }
    Standing {
        /// The vendor took the license back.
        Revoked = "revoked",
        /// The vendor switched the license off for a while.
        Suspended = "suspended",
    }
}

impl Reason {
    /// The place of this failure among several: the smallest is the one to lead with. A key that was never the vendor's comes
    /// before one that was taken back, and that before one that does not fit the question asked. Claims that cannot be read
    /// say little about a text that nobody signed, so that the signature comes before them.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::DuplicateMember
            | Self::MalformedClaims
            | Self::UnsupportedVersion
            | Self::InconsistentTerm
            | Self::MetaTooLarge => 2,
            other => match other.check() {
                Check::Format => 0,
                Check::Signature => 1,
                Check::Ledger => 3,
                Check::Standing => 4,
                Check::Issuer => 5,
                Check::Product => 6,
                Check::Customer => 7,
                Check::Machine => 8,
                Check::Feature => 9,
                Check::Term => 10,
                Check::StatusList => 11,
                Check::State => 12,
                Check::Revision => 13,
            },
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A key is not accepted: the first check that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} check failed: {detail}", .reason.check())]
pub struct Refusal {
    /// The stable reason; [`Reason::check`] tells which check it belongs to.
    pub reason: Reason,
    /// One plain line for people. Text from the key stands in it escaped.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The check that failed.
    #[must_use]
    pub fn check(&self) -> Check {
        self.reason.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_its_own_and_in_kebab_case() {
        let codes: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for code in codes {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
        }
    }

    #[test]
    fn no_two_checks_share_a_place() {
        for one in Reason::ALL {
            for other in Reason::ALL {
                assert!(one.check() == other.check() || one.precedence() != other.precedence(), "{one} {other}");
            }
        }
    }
}
