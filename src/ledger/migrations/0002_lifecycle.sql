-- The ledger, version 2: what happens to licenses and signing keys in the course of their lives.

-- Revisions and standings
ALTER TABLE revisions ADD COLUMN occasion TEXT;     -- why it was signed; NULL: the first one, or not known
ALTER TABLE standings ADD COLUMN note TEXT;         -- beside the reason
