//! The ledger: the database of customers, tiers, licenses and everything that ever happened to them.
