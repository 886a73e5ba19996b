//! The use cases of a license authority, one file per verb or noun.

pub mod settings;
pub mod snippets;
