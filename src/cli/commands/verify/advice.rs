//! What the holder of a refused key can do about it.

use crate::token::{Check, Reason};

/// What the holder of a refused key can do.
pub fn advice(reason: Reason, id: &str) -> String {
    match reason {
        Reason::NoKey | Reason::WrongSegments | Reason::WrongLength | Reason::BadEncoding | Reason::TooLarge => {
            "Paste the whole key, from its first line to its last, and nothing else.".into()
        }
        Reason::SeveralKeys => "Paste one key at a time.".into(),
        Reason::UnsupportedVersion => "Update the program, or ask the vendor for a key that it reads.".into(),
        Reason::NotYetValid => "Wait for its first day, or ask the vendor.".into(),
        Reason::Expired => format!("Ask the vendor to renew {id}."),
        Reason::WrongMachineKind => format!("Run it on a machine of the right sort, or ask the vendor about {id}."),
        Reason::WrongMachine | Reason::MachineRequired | Reason::NotActivated => {
            format!("Ask the vendor to bind {id} to this machine.")
        }
        Reason::ClockSetBack => "Set the clock right. Where it was wrong before and is right now, remove the state file.".into(),
        Reason::OlderRevision => format!("Use the newest key of {id}, or ask the vendor for it."),
        Reason::GivenBack => format!("Ask the vendor to activate {id} on this machine again."),
        Reason::NotInLedger => "Tell an admin at once.".into(),
        Reason::CompromisedKey => {
            format!("Ask the vendor for a new key of {id}: the signing key of this one is no longer trusted.")
        }
        Reason::OlderSystem => "Ask the vendor for a key of today.".into(),
        Reason::Revoked | Reason::Suspended => format!("Ask the vendor about {id}."),
        _ if reason.check() == Check::StatusList => "Fetch the vendor's newest status list and check again.".into(),
        Reason::StateUnreadable => "Make the state file readable, or name another with --state.".into(),
        _ if reason.check() == Check::State => "Put the right state file there, or remove it and start anew.".into(),
        Reason::WrongProduct | Reason::WrongCustomer | Reason::MissingFeature => "Ask the vendor for the right license.".into(),
        _ => "It is not a key of this vendor, or it was changed: ask the vendor for a new copy.".into(),
    }
}
