//! Publishing how the licenses stand: signed status lists as plain files, for any web server to hand out.
//!
//! Each list holds 2^20 licenses. All of them are written anew at each publication, under one number that only grows, so that
//! nobody passes an old list off as the newest. A publication is recorded in the ledger in the transaction that writes the
//! files: it waits for other writers, and of two at the same time the second gets the higher number.

mod folder;

use std::path::{Path, PathBuf};

use super::activate::same_machine;
use super::service::{Service, ServiceKey};
use super::{Actor, Authority, Error, Mode};
use crate::ledger::{Fact, KeyPurpose, KeyState, Tables, TierFilter, Transaction};
use crate::license::time::DAY;
use crate::license::{MachineId, Timestamp};
use crate::token::{
    KeySet, ListClaims, MachineDigest, PublicKey, Released, SHARD, SeenLists, StatusList, StatusRef, Statuses, Tally, sign_list,
};
use crate::world::Entropy;
use folder::{Folder, Present};

/// How long a copy of a list may be kept before it is fetched again, where nobody says: twelve hours, in seconds.
pub const USUAL_TTL: u32 = 12 * 60 * 60;

/// How long a list counts, where nobody says and no tier asks for more: a week, in seconds.
pub const USUAL_VALIDITY: i64 = 7 * DAY;

/// The address of a list below its base.
#[must_use]
pub fn address(base: &str, shard: u64) -> String {
    format!("{base}/{}", file_name(shard))
}

fn file_name(shard: u64) -> String {
    format!("{shard}.jwt")
}

/// Where the status of the license with this status index is published.
#[must_use]
pub fn reference(base: &str, status_index: u64) -> StatusRef {
    StatusRef { idx: status_index % SHARD, uri: address(base, status_index / SHARD) }
}

/// What the caller says about a publication.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'p> {
    /// The folder that the lists go into; made where it is not there.
    pub folder: &'p Path,
    /// How long a copy may be kept before it is fetched again, in seconds.
    pub ttl: u32,
    /// How long the lists count, in seconds; `None`: [`USUAL_VALIDITY`], or longer where a tier's `offline_days` ask for it.
    pub validity: Option<i64>,
}

/// Status lists that were published.
#[derive(Debug, Clone)]
pub struct Published {
    /// The number of the publication.
    pub number: u64,
    /// When the lists were made.
    pub issued: Timestamp,
    /// When they stop to count.
    pub expires: Timestamp,
    /// The lists, in order.
    pub lists: Vec<PublishedList>,
    /// The `offline_days` of a tier that allow more days than the lists count for.
    pub outlasted: Option<u32>,
    /// How many licenses have machines taken off for which the lists had no room.
    pub left_out: u32,
}

/// One list of a publication.
#[derive(Debug, Clone)]
pub struct PublishedList {
    /// Its file.
    pub file: PathBuf,
    /// Its address.
    pub uri: String,
    /// The size of the file, in bytes.
    pub bytes: usize,
    /// How many licenses it calls suspended or revoked.
    pub tally: Tally,
    /// How many machines it names that gave their seats back.
    pub released: u32,
    /// The list that it takes the place of: its number, and how many licenses stand otherwise.
    pub before: Option<(u64, u64)>,
}

impl Authority {
    /// Publishes how the licenses stand: writes every list into a folder, each file whole or not at all.
    ///
    /// Any operator may: a list says what the ledger says. A rehearsal does all but write.
    ///
    /// # Errors
    /// [`Error::NoStatusAddress`]; [`Error::NotOurStatusList`] where a file is in the way; what keeps the status key from being
    /// opened, or a file from being written.
    pub fn publish_status(
        &mut self,
        actor: &Actor,
        publication: &Publication<'_>,
        at: Timestamp,
        entropy: &mut dyn Entropy,
        mode: Mode,
    ) -> Result<Published, Error> {
        let base = self.settings.status.uri.clone().ok_or(Error::NoStatusAddress)?;
        let key = self.service_key(Service::Status, actor, at, entropy, mode)?;
        let log_key = self.service_key(Service::Log, actor, at, entropy, mode)?;
        let checkpoint = self.signed_checkpoint(&log_key)?;
        let mut keys = status_keys(&self.read())?;
        // A rehearsal signs with a key that the ledger does not keep.
        keys.insert_status(PublicKey::try_from(key.verifying()).map_err(|why| Error::SelfCheck(why.to_string()))?);
        let folder = Folder::at(publication.folder);
        if mode == Mode::Commit {
            folder.make()?;
        }
        self.change(mode, |tx| {
            let plan = Plan::new(&tx.read(), &base, publication, &folder, &keys, at)?;
            let published = plan.write(tx, &key, &keys, &checkpoint, &folder, mode)?;
            plan.record(tx, actor, &key, &published)?;
            folder.reveal()?;
            Ok(published)
        })
        .inspect_err(|_: &Error| folder.forget())
    }

    /// The numbers of the lists that this authority has published, below every address it ever had: what a list is held to.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn published_lists(&self) -> Result<SeenLists, Error> {
        let mut seen = SeenLists::new();
        for record in self.read().status_lists_by_address()? {
            for shard in 0..u64::from(record.lists) {
                seen.at_least(&address(&record.uri, shard), record.number);
            }
        }
        Ok(seen)
    }
}

/// What a publication comes to, before the first list is made.
struct Plan<'p> {
    base: &'p str,
    ttl: u32,
    number: u64,
    issued: Timestamp,
    expires: Timestamp,
    outlasted: Option<u32>,
    /// For each list, the one in the folder that it takes the place of.
    before: Vec<Present>,
}

impl<'p> Plan<'p> {
    fn new(
        tables: &Tables<'_>,
        base: &'p str,
        publication: &Publication<'_>,
        folder: &Folder,
        keys: &KeySet,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let shards = how_many(tables.next_status_index()?);
        let before: Vec<Present> =
            (0..shards).map(|shard| folder.present(&file_name(shard), &address(base, shard), keys)).collect::<Result<_, _>>()?;
        // The folder may be ahead of a ledger that was restored from a backup, or of a publication that broke off.
        let in_folder = before.iter().filter_map(|present| present.list()).map(StatusList::number).max();
        let in_ledger = tables.newest_status_list()?.map(|newest| newest.number);
        let longest = tables.tiers(&TierFilter::default())?.iter().filter_map(|tier| tier.offline_days).max();
        let needed = i64::from(longest.unwrap_or(0)) * DAY;
        // A day more, for the hours between two publications.
        let validity = publication.validity.unwrap_or(USUAL_VALIDITY.max(needed + DAY));
        Ok(Self {
            base,
            ttl: publication.ttl,
            number: in_ledger.max(in_folder).unwrap_or(0) + 1,
            issued: at,
            expires: at.plus_seconds(validity),
            outlasted: longest.filter(|_| needed > validity),
            before,
        })
    }

    /// Makes and signs every list, one after the other, and writes each beside the place that it will take.
    fn write(
        &self,
        tx: &Transaction<'_>,
        key: &ServiceKey,
        keys: &KeySet,
        checkpoint: &str,
        folder: &Folder,
        mode: Mode,
    ) -> Result<Published, Error> {
        let mut lists = Vec::new();
        let mut left_out = 0;
        for (shard, before) in (0..).zip(&self.before) {
            let statuses = standings(&tx.read(), shard)?;
            let (released, beyond) = released(&tx.read(), shard)?;
            left_out += beyond;
            let claims = ListClaims {
                sub: address(self.base, shard),
                iat: self.issued,
                exp: self.expires,
                ttl: Some(self.ttl),
                number: self.number,
                checkpoint: Some(checkpoint.to_owned()),
                released,
            };
            let text = sign_list(&claims, &statuses, key.kid(), |bytes| key.sign(bytes));
            let opened = StatusList::open(&text, keys).map_err(|refusal| Error::SelfCheck(refusal.to_string()))?;
            if (opened.claims(), opened.statuses()) != (&claims, &statuses) {
                return Err(Error::SelfCheck("it reads back differently".into()));
            }
            let name = file_name(shard);
            if mode == Mode::Commit {
                folder.stage(&name, &text)?;
            }
            let before = before.list().map(|list| {
                let changed = list.statuses().differences(&statuses) + list.claims().released.differences(&claims.released);
                (list.number(), changed)
            });
            lists.push(PublishedList {
                file: folder.path(&name),
                uri: claims.sub,
                bytes: text.len(),
                tally: statuses.tally(),
                released: u32::try_from(claims.released.len()).unwrap_or(u32::MAX),
                before,
            });
        }
        let Self { number, issued, expires, outlasted, .. } = *self;
        Ok(Published { number, issued, expires, lists, outlasted, left_out })
    }

    fn record(&self, tx: &Transaction<'_>, actor: &Actor, key: &ServiceKey, published: &Published) -> Result<(), Error> {
        let total = |count: fn(&Tally) -> u64| published.lists.iter().map(|list| count(&list.tally)).sum();
        let fact = Fact::StatusListPublished {
            number: self.number,
            uri: self.base.to_owned(),
            lists: u32::try_from(published.lists.len()).unwrap_or(u32::MAX),
            kid: *key.kid(),
            expires: self.expires,
            revoked: total(|tally| tally.revoked),
            suspended: total(|tally| tally.suspended),
        };
        tx.record(self.issued, actor.slug(), &fact)?;
        Ok(())
    }
}

/// The keys that signed this authority's status lists; signatures of compromised ones are refused.
fn status_keys(tables: &Tables<'_>) -> Result<KeySet, Error> {
    let mut keys = KeySet::new();
    for record in tables.signing_keys()?.iter().filter(|record| record.purpose == KeyPurpose::Status) {
        keys.insert_status(record.public_key()?);
        if record.state == KeyState::Compromised {
            keys.refuse(record.kid);
        }
    }
    Ok(keys)
}

/// How many lists there are for so many licenses. The next license has its list already, and once the newest list is half full,
/// so has the first license of the one after it: a license issued between two publications is never without a list.
fn how_many(licenses: u64) -> u64 {
    let full = licenses / SHARD;
    if licenses % SHARD > SHARD / 2 { full + 2 } else { full + 1 }
}

/// How the licenses of a list stand. A list is as long as it can be, so that it has a place for every license to come.
fn standings(tables: &Tables<'_>, shard: u64) -> Result<Statuses, Error> {
    let mut statuses = Statuses::all_good();
    let first = shard * SHARD;
    tables.each_withdrawn(first, first + SHARD, |index, standing| statuses.set(index - first, standing))?;
    Ok(statuses)
}

/// The machines that lost their seats of the licenses of a list, and how many licenses there was no room for: where there are
/// too many, those that were taken off long ago are left out.
///
/// What a revision was ever bound to counts, under every ID that it had, unless it is or still matches a machine that holds a
/// seat now: that one may have an old key yet.
fn released(tables: &Tables<'_>, shard: u64) -> Result<(Released, u32), Error> {
    let first = shard * SHARD;
    let mut released = Released::new();
    let mut left_out = 0;
    for (index, license, rev) in tables.licenses_with_ended_seats(first, first + SHARD)? {
        let Some(terms) = tables.terms(license, rev)? else { continue };
        let holds = |machine: &MachineId| terms.machines.bound.contains(machine) || same_machine(&terms, machine).is_some();
        let mut gone = tables.machines_ever_bound(license)?.into_iter().filter(|machine| !holds(machine));
        let fits = gone.all(|machine| released.add(index - first, MachineDigest::of(license, &machine)));
        left_out += u32::from(!fits);
    }
    Ok((released, left_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Home;
    use crate::authority::testing::Counted;
    use crate::ledger::testing::{beginnings, day, id, issue, record};
    use crate::ledger::{Access, Ledger};

    /// An authority of three licenses, of which the second is revoked.
    fn authority() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().to_owned());
        let settings = "[authority]\nname = 'Vendor Inc'\n[status]\nuri = 'https://a.example'\n";
        std::fs::write(home.settings_path(), settings).unwrap();
        let mut ledger = Ledger::create(&home.ledger_path()).unwrap();
        record(&mut ledger, 0, &beginnings());
        let revoked = Fact::LicenseRevoked { license: id(2), reason: "refund".into(), note: None };
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |_| {}), issue(3, "acme", |_| {}), revoked]);
        ledger.close().unwrap();
        (folder, home)
    }

    fn publish(home: &Home, folder: &Path, mode: Mode) -> Result<Published, Error> {
        let mut authority = Authority::open(home.clone(), Access::ReadWrite).unwrap();
        let actor = authority.actor("anna").unwrap();
        let publication = Publication { folder, ttl: USUAL_TTL, validity: None };
        authority.publish_status(&actor, &publication, day(2), &mut Counted(0), mode)
    }

    fn number_in(folder: &Path) -> u64 {
        StatusList::inspect(std::fs::read(folder.join("0.jwt")).unwrap()).unwrap().1.number
    }

    #[test]
    fn publications_at_the_same_time_get_numbers_of_their_own_and_the_highest_stays() {
        const EACH: usize = 4;
        let (folder, home) = authority();
        let lists = folder.path().join("lists");
        let mut numbers: Vec<u64> = std::thread::scope(|scope| {
            let publishers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| (0..EACH).map(|_| publish(&home, &lists, Mode::Commit).unwrap().number).collect::<Vec<_>>())
                })
                .collect();
            publishers.into_iter().flat_map(|publisher| publisher.join().unwrap()).collect()
        });
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<u64>>());
        assert_eq!(number_in(&lists), 12);
        let ledger = Ledger::open(&home.ledger_path(), Access::ReadOnly).unwrap();
        assert_eq!(ledger.read().newest_status_list().unwrap().map(|newest| newest.number), Some(12));
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
        assert_eq!(std::fs::read_dir(&lists).unwrap().count(), 1);
    }

    #[test]
    fn a_publication_that_fails_records_nothing_and_leaves_the_list_that_was_there() {
        let (folder, home) = authority();
        let lists = folder.path().join("lists");
        publish(&home, &lists, Mode::Commit).unwrap();
        // What should become a file is a folder.
        std::fs::create_dir_all(lists.join(".0.jwt.new/x")).unwrap();
        assert!(matches!(publish(&home, &lists, Mode::Commit), Err(Error::File { .. })));
        assert_eq!(number_in(&lists), 1);
        let rehearsed = publish(&home, &lists, Mode::Rehearse).unwrap();
        assert_eq!((rehearsed.number, rehearsed.lists[0].tally.revoked, rehearsed.lists[0].before), (2, 1, Some((1, 0))));
        assert_eq!(number_in(&lists), 1);
        let ledger = Ledger::open(&home.ledger_path(), Access::ReadOnly).unwrap();
        assert_eq!(ledger.read().newest_status_list().unwrap().map(|newest| newest.number), Some(1));
    }

    #[test]
    fn a_license_is_found_in_the_list_that_its_index_leads_to() {
        let at = |index| {
            let StatusRef { idx, uri } = reference("https://a.example/s", index);
            (idx, uri)
        };
        assert_eq!(at(0), (0, "https://a.example/s/0.jwt".into()));
        assert_eq!(at(SHARD - 1), (SHARD - 1, "https://a.example/s/0.jwt".into()));
        assert_eq!(at(SHARD), (0, "https://a.example/s/1.jwt".into()));
        assert_eq!(at(10 * SHARD + 7), (7, "https://a.example/s/10.jwt".into()));
    }

    #[test]
    fn there_is_always_a_list_for_the_next_licenses() {
        for (licenses, lists) in
            [(0, 1), (1, 1), (SHARD / 2, 1), (SHARD / 2 + 1, 2), (SHARD - 1, 2), (SHARD, 2), (10_000_000, 11)]
        {
            assert_eq!(how_many(licenses), lists, "{licenses}");
            let next = reference("https://a.example", licenses).uri;
            assert!((0..lists).any(|shard| address("https://a.example", shard) == next));
        }
    }
}
