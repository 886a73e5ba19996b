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

-- Licenses of an older system
--
-- Revision 1 of such a license is what the older system granted. It has no key of ours, and so no row in `revisions`: what it
-- granted stands here, for lists of the past. The first key that is signed for it is revision 2.
CREATE TABLE foreign_licenses (
    license   INTEGER PRIMARY KEY REFERENCES licenses (status_index),
    event     INTEGER NOT NULL REFERENCES events (number),
    system    TEXT NOT NULL,                        -- what the older system is called
    reference TEXT NOT NULL,                        -- the number of the license there
    digest    BLOB CHECK (length(digest) = 32),     -- SHA-256 of its key there, without blanks; NULL: it had none
    taken_at  INTEGER NOT NULL,
    taken_by  INTEGER NOT NULL REFERENCES operators (id),
    customer  INTEGER NOT NULL REFERENCES customers (id),
    tier      INTEGER NOT NULL REFERENCES tiers (id),
    kind      INTEGER NOT NULL,
    internal  INTEGER NOT NULL CHECK (internal IN (0, 1)),
    starts    INTEGER NOT NULL,
    ends      INTEGER,
    stops     INTEGER,
    warn_days INTEGER NOT NULL,
    seats     INTEGER,
    UNIQUE (system, reference)
) STRICT;

CREATE INDEX foreign_licenses_by_digest ON foreign_licenses (digest) WHERE digest IS NOT NULL;
