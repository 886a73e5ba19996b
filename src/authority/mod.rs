//! The use cases of a license authority, one file per verb or noun.

pub mod csv_import;
pub mod sample_tiers;
pub mod settings;
pub mod snippets;
pub mod tiers_file;
