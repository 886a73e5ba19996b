//! Customers: the accounts that licenses belong to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::name::Slug;

/// What an account is to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// Has bought.
    Customer,
    /// May buy.
    Prospect,
    /// Sells or builds on the product.
    Partner,
    /// The vendor itself.
    Internal,
}

impl CustomerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Prospect, Self::Partner, Self::Internal];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Prospect => "prospect",
            Self::Partner => "partner",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for CustomerKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a kind of customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a kind of customer is customer, prospect, partner or internal")]
pub struct UnknownCustomerKind;

impl FromStr for CustomerKind {
    type Err = UnknownCustomerKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownCustomerKind)
    }
}

/// A person at a customer who receives mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The person's name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The mail address, checked by `mail::address` before it gets here.
    pub mail: String,
}

impl fmt::Display for Contact {
    /// `Name <address>`, or the address alone.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(out, "{name} <{}>", self.mail),
            None => out.write_str(&self.mail),
        }
    }
}

/// An account that licenses belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The short name.
    pub slug: Slug,
    /// The display name, which stands in every key.
    pub name: String,
    /// What the account is to the vendor.
    pub kind: CustomerKind,
    /// Who receives mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// The account owner: the salesperson in charge, as a mail address or an operator's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The account's number in another system, such as a CRM; unique where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Anything worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Set aside: kept, and no longer offered for new licenses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_and_is_the_word_in_json() {
        for kind in CustomerKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("friend".parse::<CustomerKind>(), Err(UnknownCustomerKind));
    }

    #[test]
    fn a_contact_is_shown_with_the_name_where_there_is_one() {
        let contact = |name: Option<&str>| Contact { name: name.map(str::to_owned), mail: "ann@acme.example".into() }.to_string();
        assert_eq!((contact(Some("Ann")), contact(None)), ("Ann <ann@acme.example>".into(), "ann@acme.example".into()));
    }
}
