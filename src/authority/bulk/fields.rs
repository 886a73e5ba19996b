//! What the columns of bulk files can say, and the names they may have.

use std::fmt;
use std::str::FromStr;

use crate::authority::csv_import::columns::{Field, normal};

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident, $unknown:ident, $message:literal, { $($(#[$field_doc:meta])* $field:ident: [$($word:literal),+],)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$field_doc])* $field,)* }

        impl Field for $name {
            const EVERY: &'static [Self] = &[$(Self::$field),*];

            fn names(self) -> &'static [&'static str] {
                match self { $(Self::$field => &[$($word),+],)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.names().first().copied().unwrap_or_default())
            }
        }

        /// The text is not the word for a field.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $unknown;

        impl FromStr for $name {
            type Err = $unknown;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let name = normal(text);
                Self::EVERY.iter().copied().find(|field| field.names().contains(&name.as_str())).ok_or($unknown)
            }
        }
    };
}

fields! {
    /// What a column can say about a license to be issued.
    OrderField, UnknownOrderField,
    "a field is customer, tier, product, seats, term, until, from, type, internal, machine, max machines, grace, features, without features, limits, note, meta or request",
    {
        /// Whose it is: the short name, or the display name.
        Customer: ["customer", "account", "company", "customer name", "account name", "company name", "customer id"],
        /// The tier.
        Tier: ["tier", "plan", "edition"],
        /// The product, where several have such a tier.
        Product: ["product"],
        /// The license count.
        Seats: ["seats", "seat count", "license count"],
        /// How long.
        Term: ["term", "for", "period", "duration"],
        /// The last day.
        Until: ["until", "end", "ends", "end date", "last day", "valid until", "expires"],
        /// The first day.
        From: ["from", "start", "starts", "start date", "first day", "valid from"],
        /// Commercial, trial or test.
        Type: ["type", "kind", "license type"],
        /// Whether it is for the vendor's own use.
        Internal: ["internal"],
        /// The machines it is bound to from the start.
        Machine: ["machine", "machines", "machine id", "machine ids"],
        /// How many machines may be bound.
        MaxMachines: ["max machines", "machine count"],
        /// The grace days.
        Grace: ["grace", "grace days"],
        /// Features beside the tier's.
        Features: ["features", "feature"],
        /// Features of the tier that are left out.
        WithoutFeatures: ["without features", "without feature", "no features", "no feature"],
        /// Limits in place of the tier's.
        Limits: ["limits", "limit"],
        /// A note for the ledger.
        Note: ["note", "notes", "comment", "comments"],
        /// JSON that is put into the key.
        Meta: ["meta", "metadata", "meta data"],
        /// A name for the row.
        Request: ["request", "request id"],
    }
}

fields! {
    /// What a column can say about a license to be renewed.
    RenewalField, UnknownRenewalField,
    "a field is license, term, until, seats, note or request",
    {
        /// Its id, or a beginning of it.
        License: ["license", "id", "license id", "key id"],
        /// How much longer.
        Term: ["term", "for", "period", "duration"],
        /// The last day from now on; the day it ends on already says nothing.
        Until: ["until", "new until", "end", "ends", "new end", "end date", "last day", "valid until"],
        /// The license count from now on.
        Seats: ["seats", "seat count", "license count"],
        /// A note for the ledger.
        Note: ["note", "notes", "comment", "comments"],
        /// A name for the row.
        Request: ["request", "request id"],
    }
}
