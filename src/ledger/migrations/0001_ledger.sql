-- The ledger, version 1.
--
-- `events` is the truth: append-only, each a leaf of a Merkle tree whose compact head stands in `log_head`. All other tables
-- are a projection of the events, rebuilt from them by a replay and compared: they may hold nothing that the events do not
-- say. An `id` is the number of the event that made the row. The key columns stand first in every table of the projection:
-- the replay compares the tables in that order.
--
-- Times are seconds since 1970-01-01 UTC. Truth values are 0 and 1. JSON is written by serde_json, without blanks.

CREATE TABLE events (
    number   INTEGER PRIMARY KEY CHECK (number > 0),
    at       INTEGER NOT NULL,
    operator TEXT NOT NULL,
    kind     TEXT NOT NULL,
    license  INTEGER,                               -- the number of the license it is about
    customer INTEGER,                               -- customers.id of the customer it is about
    leaf     BLOB NOT NULL CHECK (length(leaf) = 32), -- the leaf hash of the body, so that a changed body can be named
    body     TEXT NOT NULL                          -- the whole event as JSON
) STRICT;

CREATE INDEX events_by_time ON events (at, kind, operator);
CREATE INDEX events_by_license ON events (license) WHERE license IS NOT NULL;
CREATE INDEX events_by_customer ON events (customer) WHERE customer IS NOT NULL;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never removed');
END;

-- Also keeps INSERT OR REPLACE from passing the two triggers above by.
CREATE TRIGGER events_are_numbered_without_gaps BEFORE INSERT ON events
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM events)
BEGIN
    SELECT RAISE(ABORT, 'events are numbered without gaps');
END;

CREATE TABLE log_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    frontier BLOB NOT NULL                          -- eight bytes of size, then the roots of the full subtrees
) STRICT;

INSERT INTO log_head (one, frontier) VALUES (1, x'0000000000000000');

CREATE TABLE authority (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    name       TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE operators (
    id      INTEGER PRIMARY KEY,
    slug    TEXT NOT NULL UNIQUE,
    name    TEXT,
    mail    TEXT,
    role    TEXT NOT NULL,
    limits  TEXT NOT NULL,                          -- what the operator may issue, as JSON
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)) -- kept, because licenses name their creator
) STRICT;

CREATE TABLE signing_keys (
    id         INTEGER PRIMARY KEY,
    kid        TEXT NOT NULL UNIQUE,
    purpose    TEXT NOT NULL,
    state      TEXT NOT NULL,
    public     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_key_copies (
    signing_key INTEGER NOT NULL REFERENCES signing_keys (id),
    operator    INTEGER NOT NULL REFERENCES operators (id),
    protected   INTEGER NOT NULL CHECK (protected IN (0, 1)),
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (signing_key, operator)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    id        INTEGER PRIMARY KEY,
    slug      TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    contacts  TEXT NOT NULL,                        -- JSON
    owner     TEXT,
    reference TEXT UNIQUE,                          -- the account's number in another system
    notes     TEXT,
    archived  INTEGER NOT NULL CHECK (archived IN (0, 1)),
    added_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE tiers (
    id               INTEGER PRIMARY KEY,
    product          TEXT NOT NULL,
    slug             TEXT NOT NULL,
    rank             INTEGER NOT NULL,
    retired          INTEGER NOT NULL CHECK (retired IN (0, 1)),
    monthly          INTEGER,                       -- hundredths of the currency's main unit, for a seat
    monthly_currency TEXT,
    yearly           INTEGER,
    yearly_currency  TEXT,
    definition       TEXT NOT NULL,                 -- the whole tier as JSON
    UNIQUE (product, slug)
) STRICT;

CREATE INDEX tiers_by_rank ON tiers (product, rank);

-- One row for a license: what its newest revision grants, and how it stands.
CREATE TABLE licenses (
    status_index INTEGER PRIMARY KEY CHECK (status_index >= 0), -- its place in the status lists, in the order of issue
    number       INTEGER NOT NULL UNIQUE,           -- the id
    customer     INTEGER NOT NULL REFERENCES customers (id),
    tier         INTEGER NOT NULL REFERENCES tiers (id),
    kind         INTEGER NOT NULL,                  -- 0 commercial, 1 trial, 2 test
    internal     INTEGER NOT NULL CHECK (internal IN (0, 1)),
    starts       INTEGER NOT NULL,
    ends         INTEGER,                           -- the agreed end; NULL: perpetual
    stops        INTEGER,                           -- the end and the grace days
    warn_days    INTEGER NOT NULL,
    seats        INTEGER,                           -- NULL: unlimited
    standing     INTEGER NOT NULL CHECK (standing IN (0, 1, 2)), -- 0 good, 1 revoked, 2 suspended, as in a status list
    rev          INTEGER NOT NULL CHECK (rev > 0),
    issued_at    INTEGER NOT NULL,
    issued_by    INTEGER NOT NULL REFERENCES operators (id),
    revised_at   INTEGER NOT NULL,                  -- when the newest revision was signed
    note         TEXT,
    CHECK ((ends IS NULL) = (stops IS NULL)),
    CHECK (stops >= ends)
) STRICT;

-- Holds all that decides a status, so that licenses are counted by status, and sought by it, without a look at the table.
CREATE INDEX licenses_by_end ON licenses (ends, standing, starts, stops, warn_days, kind, internal);
CREATE INDEX licenses_by_customer ON licenses (customer, ends, standing);
CREATE INDEX licenses_by_tier ON licenses (tier, ends, standing);
CREATE INDEX licenses_by_issue ON licenses (issued_at);
CREATE INDEX licenses_with_note ON licenses (note) WHERE note IS NOT NULL;

-- Every revision of every license. The text of the key stands once, in the event.
CREATE TABLE revisions (
    license   INTEGER NOT NULL REFERENCES licenses (status_index),
    rev       INTEGER NOT NULL CHECK (rev > 0),
    event     INTEGER NOT NULL REFERENCES events (number),
    kid       INTEGER NOT NULL REFERENCES signing_keys (id),
    signed_at INTEGER NOT NULL,
    signed_by INTEGER NOT NULL REFERENCES operators (id),
    customer  INTEGER NOT NULL REFERENCES customers (id),
    tier      INTEGER NOT NULL REFERENCES tiers (id),
    kind      INTEGER NOT NULL,
    internal  INTEGER NOT NULL CHECK (internal IN (0, 1)),
    starts    INTEGER NOT NULL,
    ends      INTEGER,
    stops     INTEGER,
    warn_days INTEGER NOT NULL,
    seats     INTEGER,
    PRIMARY KEY (license, rev)
) STRICT, WITHOUT ROWID;

-- What the vendor decided about licenses: one row for every suspension, revocation and reinstatement.
CREATE TABLE standings (
    license  INTEGER NOT NULL REFERENCES licenses (status_index),
    event    INTEGER NOT NULL REFERENCES events (number),
    at       INTEGER NOT NULL,
    standing INTEGER NOT NULL CHECK (standing IN (0, 1, 2)),
    reason   TEXT,
    PRIMARY KEY (license, event)
) STRICT, WITHOUT ROWID;

-- Requests that were answered with a license, so that asking again gives the same one.
CREATE TABLE requests (
    id      TEXT PRIMARY KEY,
    digest  TEXT NOT NULL,                          -- of what was asked for
    license INTEGER NOT NULL REFERENCES licenses (status_index),
    rev     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
