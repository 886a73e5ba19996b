-- The ledger, version 2: what happens to licenses and signing keys in the course of their lives.

-- Revisions and standings
ALTER TABLE revisions ADD COLUMN occasion TEXT;     -- why it was signed; NULL: the first one, or not known
ALTER TABLE standings ADD COLUMN note TEXT;         -- beside the reason

-- Signing keys
ALTER TABLE signing_keys ADD COLUMN changed_at INTEGER; -- since when it is in its state; NULL: since it was made
ALTER TABLE signing_keys ADD COLUMN reason TEXT;        -- why it is in its state

-- Which licenses depend on a key, a page at a time. The index ends with the key of the table: license, rev.
CREATE INDEX revisions_by_kid ON revisions (kid);
-- Status lists
CREATE TABLE status_lists (
    number       INTEGER PRIMARY KEY CHECK (number > 0), -- of the publication; it only grows
    uri          TEXT NOT NULL,                     -- the address below which the lists are
    lists        INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

-- Holds the few licenses that are suspended or revoked, so that a list is made without a look at the others.
CREATE INDEX licenses_withdrawn ON licenses (status_index, standing) WHERE standing <> 0;
