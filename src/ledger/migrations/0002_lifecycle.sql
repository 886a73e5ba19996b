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
    machines_max   INTEGER,                         -- as in licenses
    machines_bound INTEGER NOT NULL,
    UNIQUE (system, reference)
) STRICT;

CREATE INDEX foreign_licenses_by_digest ON foreign_licenses (digest) WHERE digest IS NOT NULL;
-- Mail
--
-- The outbox of `lic notify`. This is the state of its work and no projection of events: nothing of it is rebuilt or compared by
-- a replay (see `WORK` in replay.rs), and a ledger made from its events begins with these tables empty.
CREATE TABLE mails (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('customer', 'digest')),
    day        INTEGER NOT NULL,                    -- the day it was planned on: its first second
    since      INTEGER NOT NULL,                    -- licenses that ended on this day or later count as just ended: its first second
    customer   INTEGER REFERENCES customers (id),   -- NULL: a digest
    recipient  TEXT NOT NULL,
    name       TEXT,                                -- the recipient's
    message_id TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'refused', 'dropped', 'unknown')),
    attempts   INTEGER NOT NULL,                    -- how often it was tried
    unanswered INTEGER NOT NULL,                    -- how often it was handed over without an answer
    tried_at   INTEGER,
    answer     TEXT,                                -- to the last attempt
    CHECK ((customer IS NULL) = (kind = 'digest'))
) STRICT;

CREATE INDEX mails_open ON mails (id) WHERE state IN ('queued', 'sending', 'failed');
CREATE INDEX mails_by_customer ON mails (customer) WHERE customer IS NOT NULL;
CREATE INDEX digests_by_day ON mails (day, recipient) WHERE kind = 'digest';

-- What a customer's mail tells: one row for each end of a license, window and recipient.
CREATE TABLE mail_lines (
    license   INTEGER NOT NULL REFERENCES licenses (status_index),
    ends      INTEGER NOT NULL,
    window    INTEGER NOT NULL,                     -- days before the end
    recipient TEXT NOT NULL,
    mail      INTEGER NOT NULL REFERENCES mails (id),
    PRIMARY KEY (license, ends, window, recipient)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_lines_by_mail ON mail_lines (mail);

-- When 'lic notify' first ran, and when it last left nothing behind that failed.
CREATE TABLE mail_runs (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    began_at INTEGER NOT NULL,
    good_at  INTEGER
) STRICT;
-- Machines
-- One row for every time a machine took a seat of a license. A machine that was named when a license was issued has one only once
-- it is given a label or gives its seat back.
CREATE TABLE activations (
    license      INTEGER NOT NULL REFERENCES licenses (status_index),
    event        INTEGER NOT NULL REFERENCES events (number), -- the one that gave it the seat
    machine      TEXT NOT NULL,                     -- the machine ID, as it was last
    label        TEXT,
    activated_at INTEGER NOT NULL,
    nonce        TEXT,                              -- of the newest request that asked for it
    receipt_key  TEXT,                              -- the public key that signs for the machine
    ended_at     INTEGER,                           -- NULL: it holds its seat
    activated    INTEGER NOT NULL CHECK (activated IN (0, 1)), -- 0: it was named when the license was issued
    given_back   INTEGER NOT NULL CHECK (given_back IN (0, 1)), -- it was taken off by itself, and its seat counts as passed on
    PRIMARY KEY (license, event)
) STRICT, WITHOUT ROWID;

-- With the span of each seat, so that machines with several are found without a look at the table, today and in the past.
CREATE INDEX activations_by_machine ON activations (machine, ended_at, activated_at);
CREATE INDEX activations_ended ON activations (license, ended_at) WHERE ended_at IS NOT NULL;

-- Requests for an activation that were answered, so that none is answered for two machines.
CREATE TABLE activation_requests (
    nonce   TEXT PRIMARY KEY,
    license INTEGER NOT NULL REFERENCES licenses (status_index),
    event   INTEGER NOT NULL REFERENCES events (number)
) STRICT, WITHOUT ROWID;

-- Machines that licenses are bound to
--
-- How many machines a revision may be bound to, and to how many it is: for reports, without a look at the events.
ALTER TABLE licenses ADD COLUMN machines_max INTEGER;   -- NULL: any number
ALTER TABLE licenses ADD COLUMN machines_bound INTEGER NOT NULL DEFAULT 0;
ALTER TABLE revisions ADD COLUMN machines_max INTEGER;
ALTER TABLE revisions ADD COLUMN machines_bound INTEGER NOT NULL DEFAULT 0;

-- What version 1 recorded stands in its events.
UPDATE revisions SET machines_max = body ->> '$.fact.data.terms.machines.max',
    machines_bound = coalesce(json_array_length(body, '$.fact.data.terms.machines.bound'), 0)
    FROM events WHERE number = revisions.event;
UPDATE licenses SET machines_max = r.machines_max, machines_bound = r.machines_bound
    FROM revisions r WHERE r.license = status_index AND r.rev = licenses.rev
    AND (r.machines_max IS NOT NULL OR r.machines_bound > 0);
-- Reports
-- Hold the few licenses that have more machines than seats, and those that got another revision, so that they are found without a
-- look at the others: neither has a part in issuing a license.
CREATE INDEX licenses_over_used ON licenses (status_index) WHERE machines_bound > seats;
CREATE INDEX licenses_revised ON licenses (revised_at) WHERE rev > 1;

-- Dashboard
-- Holds the few events that tell of something wrong, so that they are found without a look at the others.
CREATE INDEX events_of_alerts ON events (at) WHERE kind IN ('license.refused', 'key.doubted');
