-- The ledger, version 2: what happens to licenses and signing keys in the course of their lives.

-- Revisions and standings
ALTER TABLE revisions ADD COLUMN occasion TEXT;     -- why it was signed; NULL: the first one, or not known
ALTER TABLE standings ADD COLUMN note TEXT;         -- beside the reason

-- Signing keys
ALTER TABLE signing_keys ADD COLUMN changed_at INTEGER; -- since when it is in its state; NULL: since it was made
ALTER TABLE signing_keys ADD COLUMN reason TEXT;        -- why it is in its state

-- Which licenses depend on a key, a page at a time. The index ends with the key of the table: license, rev.
CREATE INDEX revisions_by_kid ON revisions (kid);
