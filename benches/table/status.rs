//! What status lists cost at ten million licenses of which one in a hundred is revoked: their size, the time to make and sign
//! them, beside zlib's own work on the same bytes, and the time to check one license.
//!
//! Reading the ledger is not in it: that is one walk over an index of the revoked licenses.

use std::hint::black_box;
use std::time::Instant;

use ed25519_dalek::{Signer, SigningKey};
use lic::license::{Standing, Timestamp};
use lic::token::{
    Claims, KeySet, Kid, ListClaims, PublicKey, Released, SHARD, StatusList, StatusRef, Statuses, Verifier, sign, sign_list,
};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde_json::json;

use crate::Outcome;
use crate::sheet::{self, Wanted, median};

const LICENSES: u64 = 10_000_000;

/// How often the short measurements are repeated; their median counts.
const REPEATS: usize = 101;

/// The effort that lists are packed with.
const EFFORT: u8 = 9;

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let licenses = wanted.number().unwrap_or(LICENSES);
    let status_key = SigningKey::from_bytes(&[9; 32]);
    let license_key = SigningKey::from_bytes(&[7; 32]);
    let at: Timestamp = "2027-06-01".parse()?;

    let start = Instant::now();
    let shards: Vec<Statuses> = (0..licenses.div_ceil(SHARD)).map(|shard| standings(shard, licenses)).collect();
    let noted = start.elapsed().as_secs_f64();
    let revoked: u64 = shards.iter().map(|statuses| statuses.tally().revoked).sum();

    let start = Instant::now();
    let lists: Vec<String> = (0..).zip(&shards).map(|(shard, statuses)| signed(shard, statuses, at, &status_key)).collect();
    let made = start.elapsed().as_secs_f64();

    let raw: Vec<Vec<u8>> = (0..shards.len() as u64).map(|shard| raw(shard, licenses)).collect();
    let start = Instant::now();
    let zlib: Vec<Vec<u8>> = raw.iter().map(|bytes| compress_to_vec_zlib(bytes, EFFORT)).collect();
    let packed = start.elapsed().as_secs_f64();

    sheet::heading(&format!("status lists of {licenses}, {revoked} revoked"), "lic", "zlib alone");
    let bytes = |name: &str, ours: usize, theirs: usize| {
        sheet::row(name, &format!("{ours} bytes"), &format!("{theirs} bytes"), ours as f64 / theirs as f64, None);
    };
    bytes(&format!("size of {} lists", lists.len()), lists.iter().map(String::len).sum(), zlib.iter().map(Vec::len).sum());
    let times = |name: &str, ours: f64, theirs: f64| {
        sheet::row(name, &sheet::time(ours), &sheet::time(theirs), ours / theirs, None);
    };
    times("note every revocation", noted, packed);
    times("pack and sign every list", made, packed);

    let mut keys: KeySet = PublicKey::try_from(license_key.verifying_key()).into_iter().collect();
    keys.insert_status(PublicKey::try_from(status_key.verifying_key())?);
    let list = lists[0].as_str();
    let open = repeated(|| drop(black_box(StatusList::open(black_box(list), &keys).expect("a list"))));
    let unpack = repeated(|| drop(black_box(decompress_to_vec_zlib_with_limit(black_box(&zlib[0]), 1 << 18).expect("zlib"))));
    times("open one list", open, unpack);

    let license = license(&license_key);
    let bare = Verifier::for_any_product(keys.clone());
    let with_list = bare.clone().status_list(list);
    let alone = repeated(|| drop(black_box(bare.verify(black_box(&license), at).expect("a valid key"))));
    let checked = repeated(|| drop(black_box(with_list.verify(black_box(&license), at).expect("a valid key"))));
    let whole =
        repeated(|| drop(black_box(bare.clone().status_list(list).verify(black_box(&license), at).expect("a valid key"))));
    sheet::heading("one license and its list", "with the list", "without");
    times("check the license, list open", checked, alone);
    times("open the list and check the license", whole, alone);
    Ok(())
}

/// The median of the seconds that something takes.
fn repeated(work: impl Fn()) -> f64 {
    (0..10).for_each(|_| work());
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    median((0..REPEATS).map(|_| once()).collect())
}

/// Whether this license is revoked: one in a hundred, spread as chance spreads them.
fn is_revoked(index: u64) -> bool {
    // SplitMix64, the finalizer: any two indexes are as good as independent.
    let mut mixed = index.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31).is_multiple_of(100) && index != 0
}

fn standings(shard: u64, licenses: u64) -> Statuses {
    let mut statuses = Statuses::all_good();
    let first = shard * SHARD;
    let places = (0..SHARD).filter(|place| first + place < licenses && is_revoked(first + place));
    places.for_each(|place| statuses.set(place, Standing::Revoked));
    statuses
}

/// The bytes of a list, as zlib gets them.
fn raw(shard: u64, licenses: u64) -> Vec<u8> {
    let mut bytes = vec![0; (SHARD / 4) as usize];
    let first = shard * SHARD;
    for place in (0..SHARD).filter(|place| first + place < licenses && is_revoked(first + place)) {
        bytes[(place / 4) as usize] |= 1 << (2 * (place % 4));
    }
    bytes
}

fn address(shard: u64) -> String {
    format!("https://licenses.example.com/status/{shard}.jwt")
}

fn signed(shard: u64, statuses: &Statuses, at: Timestamp, key: &SigningKey) -> String {
    let claims = ListClaims {
        sub: address(shard),
        iat: at,
        exp: at.plus_days(7),
        ttl: Some(43_200),
        number: 12,
        checkpoint: None,
        released: Released::new(),
    };
    sign_list(&claims, statuses, &Kid::of(&key.verifying_key()), |bytes| key.sign(bytes).to_bytes())
}

/// The license at the first place of the first list.
fn license(key: &SigningKey) -> String {
    let claims = json!({
        "iss": "Example Software", "sub": "acme", "aud": "cockpit", "jti": lic::license::LicenseId::from_random(1).to_string(),
        "iat": 1_795_357_800, "nbf": 1_795_392_000, "exp": 1_827_187_200, "ver": 1, "rev": 1, "customer": "Acme GmbH",
        "tier": "pro", "tier_name": "Professional", "rank": 3, "type": "commercial", "warn_days": 30,
    });
    let mut claims: Claims = serde_json::from_value(claims).expect("claims");
    claims.status = Some(StatusRef { idx: 0, uri: address(0) });
    sign(&claims, key)
}
