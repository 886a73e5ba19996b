//! What the commands show: plain structs that know their columns and sections, and no format.

pub mod audit;
pub mod backup;
pub mod claims;
pub mod condition;
pub mod customer;
pub mod decided;
pub mod finding;
pub mod fingerprint;
pub mod history;
pub mod issued;
pub mod key;
pub mod key_plan;
pub mod license;
pub mod machine;
pub mod mail;
pub mod operator;
pub mod reissued;
pub mod report;
pub mod report_count;
pub mod report_license;
pub mod report_machines;
pub mod report_money;
pub mod status_list;
pub mod taken_over;
pub mod tier;
pub mod verdict;
