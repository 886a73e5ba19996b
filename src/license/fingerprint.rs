//! Machine IDs: `MID-10ZVN-BNJ3P-…`, what `lic fingerprint` prints and a license is bound to.
//!
//! An ID is made to be mailed, pasted and read out: six groups of five symbols of Crockford's base32, each group with a check
//! symbol of its own.
//!
//! | group | symbols |
//! | --- | --- |
//! | 1 | version, environment, two symbols of check over the whole ID, keyed with the product; check |
//! | 2 to 6 | 20 bits of each [`Factor`], in their order; check |
//!
//! Why so long, and no longer. To match *m of n* from the ID alone, each factor must stand in it by itself. With 20 bits a
//! strange machine passes for one factor once in a million times, and for three of five never, while even one factor alone
//! still means something where a machine has no more to show. Fewer bits would save five characters and spoil that; more would
//! only make it easier to search for the serial number behind a hash. The check symbol of a group finds every wrong symbol and
//! every swap of two neighbours in it, and because the group's place counts, also groups that changed places: a typing
//! mistake is named by its group, which is all that has to be read out again. The ten bits over the whole cost nothing extra:
//! they are keyed with the product, so that they tell an ID of another product as well.
//!
//! No value of a machine stands in its ID, and the IDs of one machine for two products have nothing in common. The hashes are
//! short and their key is the product's name, so that they keep serial numbers from being read or compared, not from being
//! confirmed by somebody who already knows them.
//!
//! How the factors are read belongs in `machine`; that any other text may name a machine too, in `machine_id`.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::crockford;
use super::environment::Environment;
pub use super::factor::{Change, Comparison, DEFAULT_REQUIRE, Factor};
use super::name::Slug;

/// What every ID starts with.
pub const PREFIX: &str = "MID-";
/// The version of this layout, its first symbol.
const VERSION: u8 = 1;
/// How many groups there are, and how many symbols in each, the check included.
const GROUPS: usize = 6;
const GROUP: usize = 5;
const SYMBOLS: usize = GROUPS * GROUP;
/// How many bits of a factor's hash are kept.
const FACTOR_BITS: u32 = 20;
/// The keys of the two hashes; the product follows.
const FACTOR_KEY: &[u8] = b"lic machine factor 1\0";
const WHOLE_KEY: &[u8] = b"lic machine id 1\0";

/// What stands in a machine ID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    environment: Environment,
    /// Of each factor, in the order of [`Factor::ALL`], the kept bits of its hash; 0: not known.
    factors: [u32; Factor::ALL.len()],
    /// The keyed check over the rest.
    whole: u16,
}

/// Why a text is no machine ID of `lic`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFingerprint {
    /// Too few or too many symbols.
    #[error("a machine ID is MID- and six groups of five characters; {0}")]
    Length(String),
    /// A character outside Crockford's alphabet.
    #[error("{character:?} in group {group} does not occur in machine IDs")]
    Character {
        /// The character.
        character: char,
        /// The group it stands in, from 1.
        group: usize,
    },
    /// Groups that do not fit their check.
    #[error("{}", mistyped(.0))]
    Mistyped(Vec<(usize, String)>),
    /// Another version of the ID.
    #[error("it is a machine ID of version {0}, which this program does not read: make it anew with 'lic fingerprint'")]
    Version(u8),
    /// A newer program wrote something into it that this one does not know.
    #[error("a newer lic made this machine ID: update this program")]
    Newer,
}

fn mistyped(groups: &[(usize, String)]) -> String {
    let named: Vec<String> = groups.iter().map(|(number, group)| format!("{number} ({group})")).collect();
    match named.as_slice() {
        [one] => format!("group {one} is mistyped"),
        several => format!("groups {} are mistyped or have changed places", several.join(", ")),
    }
}

/// A factor's hash, keyed with the product and cut to what stands in an ID. Never 0.
fn factor_hash(product: &Slug, factor: Factor, value: &str) -> u32 {
    let digest = keyed(FACTOR_KEY, product, &[factor.as_str().as_bytes(), b"\0", value.as_bytes()]);
    let start = u32::from_be_bytes([0, digest[0], digest[1], digest[2]]);
    (start >> (24 - FACTOR_BITS)).max(1)
}

fn keyed(key: &[u8], product: &Slug, parts: &[&[u8]]) -> [u8; 32] {
    let key = [key, product.as_str().as_bytes()].concat();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

impl Fingerprint {
    /// The fingerprint for this product of a machine with these values. What a machine does not tell is left out of `values`.
    #[must_use]
    pub fn new<'v>(product: &Slug, environment: Environment, values: impl IntoIterator<Item = (Factor, &'v str)>) -> Self {
        let mut factors = [0; Factor::ALL.len()];
        for (factor, value) in values {
            factors[factor as usize] = factor_hash(product, factor, value);
        }
        let mut made = Self { environment, factors, whole: 0 };
        made.whole = made.whole_check(product);
        made
    }

    fn whole_check(&self, product: &Slug) -> u16 {
        let factors: Vec<u8> = self.factors.iter().flat_map(|factor| factor.to_be_bytes()).collect();
        let digest = keyed(WHOLE_KEY, product, &[&[VERSION, self.environment.number()], &factors]);
        u16::from_be_bytes([digest[0], digest[1]]) >> 6
    }

    /// Whether it was made for this product.
    #[must_use]
    pub fn is_for(&self, product: &Slug) -> bool {
        self.whole == self.whole_check(product)
    }

    /// What the machine runs in.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Whether this factor is known.
    #[must_use]
    pub fn knows(&self, factor: Factor) -> bool {
        self.factors[factor as usize] != 0
    }

    /// The factors that are known.
    pub fn known(&self) -> impl Iterator<Item = Factor> + '_ {
        Factor::ALL.into_iter().filter(|factor| self.knows(*factor))
    }

    /// Whether it tells one machine from the next at all.
    #[must_use]
    pub fn identifies(&self) -> bool {
        self.known().any(Factor::identifies)
    }

    /// What has become of the machine that this was made on, going by what it tells now.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Comparison {
        let change = |factor: Factor| match (self.factors[factor as usize], now.factors[factor as usize]) {
            (0, 0) => Change::Unknown,
            (0, _) => Change::New,
            (_, 0) => Change::Gone,
            (then, now) if then == now => Change::Same,
            _ => Change::Changed,
        };
        Comparison { factors: Factor::ALL.map(|factor| (factor, change(factor))) }
    }

    fn symbols(&self) -> [u8; SYMBOLS] {
        let mut symbols = [0; SYMBOLS];
        let five = |number: u32, shift: u32| ((number >> shift) & 31) as u8;
        let whole = u32::from(self.whole);
        symbols[..4].copy_from_slice(&[VERSION, self.environment.number(), five(whole, 5), five(whole, 0)]);
        for (factor, group) in self.factors.iter().zip(symbols[GROUP..].chunks_exact_mut(GROUP)) {
            group[..4].copy_from_slice(&[five(*factor, 15), five(*factor, 10), five(*factor, 5), five(*factor, 0)]);
        }
        for (place, group) in symbols.chunks_exact_mut(GROUP).enumerate() {
            group[GROUP - 1] = group_check(place, group);
        }
        symbols
    }
}

/// The check symbol of a group: its place counts as one symbol more.
fn group_check(place: usize, group: &[u8]) -> u8 {
    let mut values = vec![place as u8 + 1];
    values.extend_from_slice(&group[..GROUP - 1]);
    crockford::check(&values)
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self
            .symbols()
            .chunks_exact(GROUP)
            .map(|group| group.iter().map(|value| crockford::symbol(*value)).collect())
            .collect();
        out.pad(&format!("{PREFIX}{}", groups.join("-")))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The text after `MID`, where it starts so: in any case, with I, L and 1 for one another.
fn after_prefix(text: &str) -> Option<&str> {
    let mut signs = text.char_indices();
    let fits =
        |sign: Option<(usize, char)>, wanted: &str| sign.is_some_and(|(_, sign)| wanted.contains(sign.to_ascii_uppercase()));
    let starts = fits(signs.next(), "M") && fits(signs.next(), "I1L") && fits(signs.next(), "D");
    starts.then_some(signs.as_str())
}

/// Whether the text is meant as a machine ID of `lic`, with or without mistakes.
#[must_use]
pub fn is_meant(text: &str) -> bool {
    let text = text.trim();
    let separated = |rest: &str| rest.is_empty() || rest.starts_with(is_separator) || rest.len() >= SYMBOLS;
    let bare = || text.chars().filter(|sign| !is_separator(*sign)).count() == SYMBOLS && symbols(text).is_ok();
    after_prefix(text).is_some_and(separated) || bare()
}

fn is_separator(sign: char) -> bool {
    matches!(sign, '-' | ' ' | '\t' | '\r' | '\n' | '.' | '_' | '–' | '—' | '\u{a0}')
}

fn symbols(rest: &str) -> Result<Vec<u8>, InvalidFingerprint> {
    let mut values = Vec::with_capacity(SYMBOLS);
    for character in rest.chars().filter(|sign| !is_separator(*sign)) {
        let group = values.len() / GROUP + 1;
        values.push(crockford::value(character).ok_or(InvalidFingerprint::Character { character, group })?);
    }
    Ok(values)
}

/// Where symbols are missing or too many, as far as the text's own groups tell.
fn odd_length(rest: &str, found: usize) -> InvalidFingerprint {
    let groups: Vec<&str> = rest.split(is_separator).filter(|group| !group.is_empty()).collect();
    let odd = groups.iter().enumerate().find(|(_, group)| group.chars().count() != GROUP);
    let detail = match odd {
        Some((place, group)) if groups.len() == GROUPS => {
            format!("group {} ({group}) has {} of {GROUP}", place + 1, group.chars().count())
        }
        _ if found < SYMBOLS => format!("this has {found} of {SYMBOLS} characters: is it cut?"),
        _ => format!("this has {found} characters in place of {SYMBOLS}"),
    };
    InvalidFingerprint::Length(detail)
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = after_prefix(text).unwrap_or(text);
        let values = symbols(rest)?;
        if values.len() != SYMBOLS {
            return Err(odd_length(rest, values.len()));
        }
        let wrong = |(place, group): (usize, &[u8])| {
            let text = || group.iter().map(|value| crockford::symbol(*value)).collect();
            (group[GROUP - 1] != group_check(place, group)).then(|| (place + 1, text()))
        };
        let mistyped: Vec<_> = values.chunks_exact(GROUP).enumerate().filter_map(wrong).collect();
        if !mistyped.is_empty() {
            return Err(InvalidFingerprint::Mistyped(mistyped));
        }
        if values[0] != VERSION {
            return Err(InvalidFingerprint::Version(values[0]));
        }
        let environment = Environment::from_number(values[1]).ok_or(InvalidFingerprint::Newer)?;
        let join = |symbols: &[u8]| symbols.iter().fold(0, |number: u32, value| number * 32 + u32::from(*value));
        let mut factors = [0; Factor::ALL.len()];
        for (factor, group) in factors.iter_mut().zip(values[GROUP..].chunks_exact(GROUP)) {
            *factor = join(&group[..GROUP - 1]);
        }
        // Ten bits always fit.
        Ok(Self { environment, factors, whole: join(&values[2..4]) as u16 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn product(name: &str) -> Slug {
        name.parse().unwrap()
    }

    const VALUES: [(Factor, &str); 5] = [
        (Factor::Os, "b08dfa6083e7567a1921a715000001fb"),
        (Factor::Board, "4c4c4544-0051-3610-8052-b4c04f4d3332"),
        (Factor::Disk, "S4EWNX0R123456"),
        (Factor::Network, "48:2a:e3:5b:90:12"),
        (Factor::Cpu, "Intel(R) Core(TM) i7-1185G7, 4 cores"),
    ];

    fn machine(leave_out: &[Factor]) -> Fingerprint {
        let values = VALUES.into_iter().filter(|(factor, _)| !leave_out.contains(factor));
        Fingerprint::new(&product("cockpit"), Environment::Physical, values)
    }

    /// The machine with these factors changed.
    fn swapped(changed: &[Factor]) -> Fingerprint {
        let values = VALUES.into_iter().map(|(factor, value)| (factor, if changed.contains(&factor) { "other" } else { value }));
        Fingerprint::new(&product("cockpit"), Environment::Physical, values)
    }

    #[test]
    fn an_id_never_changes_its_spelling() {
        // Licenses are bound to it for years.
        assert_eq!(machine(&[]).to_string(), "MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R");
        assert_eq!(machine(&[Factor::Board]).to_string(), "MID-102PM-BNJ3P-0000F-44HFB-DV9HZ-NN32R");
    }

    #[test]
    fn an_id_is_read_however_it_was_passed_on() {
        let id = machine(&[]).to_string();
        let bare = id.trim_start_matches(PREFIX).to_owned();
        for text in [
            id.clone(),
            id.to_lowercase(),
            id.replace('-', " "),
            id.replace("MID", "MlD").replace('0', "O").replace('1', "I"),
            id.replace('1', "l").replace('0', "o"),
            id.replace('-', ""),
            id.replace('-', "–"),
            bare.clone(),
            bare.replace('-', ""),
            format!("  {id}\r\n"),
        ] {
            assert_eq!(text.parse(), Ok(machine(&[])), "{text}");
            assert!(is_meant(&text), "{text}");
        }
        for text in ["M1-AAAA-BBBB", "host-7f3a9c", "midnight-server", "build-7", "MIDDLE"] {
            assert!(!is_meant(text), "{text}");
        }
    }

    #[test]
    fn a_cut_id_says_what_is_missing() {
        let id = machine(&[]).to_string();
        let said = |text: &str| text.parse::<Fingerprint>().unwrap_err().to_string();
        assert!(said(&id[..id.len() - 6]).ends_with("this has 25 of 30 characters: is it cut?"));
        assert!(said(&id.replacen("ZB-", "Z-", 1)).ends_with("group 3 (52CZ) has 4 of 5"));
        assert!(said(&format!("{id}0")).ends_with("group 6 (NN32R0) has 6 of 5"));
        assert!(said(&format!("{id}-{}", &id[4..])).ends_with("this has 60 characters in place of 30"));
        assert!(said("MID-").contains("0 of 30"));
        assert!(said(&id[4..id.len() - 1].replacen("ZB-", "Z", 1)).ends_with("this has 28 of 30 characters: is it cut?"));
        assert!(said(&id.replacen("BN", "UN", 1)).starts_with("'U' in group 2 does"));
        assert_eq!(said(&id.replacen("BN", "NB", 1)), "group 2 (NBJ3P) is mistyped");
        let two = id.replacen("BN", "NB", 1).replacen("ZB", "BZ", 1);
        assert_eq!(said(&two), "groups 2 (NBJ3P), 3 (52CBZ) are mistyped or have changed places");
    }

    #[test]
    fn groups_that_changed_places_are_found() {
        let id = machine(&[]).to_string();
        let mut groups: Vec<&str> = id.split('-').collect();
        groups.swap(2, 4);
        let InvalidFingerprint::Mistyped(found) = groups.join("-").parse::<Fingerprint>().unwrap_err() else { panic!() };
        assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn another_version_is_told_as_such() {
        let mut values = machine(&[]).symbols();
        values[0] = 2;
        values[4] = group_check(0, &values[..5]);
        let text: String = values.iter().map(|value| crockford::symbol(*value)).collect();
        assert_eq!(text.parse::<Fingerprint>(), Err(InvalidFingerprint::Version(2)));
    }

    #[test]
    fn two_products_cannot_compare_notes() {
        let other = Fingerprint::new(&product("radar"), Environment::Physical, VALUES);
        assert!(machine(&[]).is_for(&product("cockpit")) && !machine(&[]).is_for(&product("radar")));
        assert!(other.is_for(&product("radar")));
        assert_eq!(machine(&[]).compare(&other).same(), 0);
    }

    #[test]
    fn three_of_five_must_match() {
        let bound = machine(&[]);
        for changed in [&[][..], &[Factor::Disk], &[Factor::Disk, Factor::Network]] {
            assert!(bound.compare(&swapped(changed)).passes(None), "{changed:?}");
        }
        assert!(!bound.compare(&swapped(&[Factor::Disk, Factor::Network, Factor::Os])).passes(None));
        let two = bound.compare(&swapped(&[Factor::Disk, Factor::Network]));
        assert!(!two.passes(Some(4)) && two.passes(Some(3)));
        assert_eq!(two.all(Change::Changed).collect::<Vec<_>>(), [Factor::Disk, Factor::Network]);
    }

    #[test]
    fn all_must_match_where_fewer_are_known() {
        let bound = machine(&[Factor::Board, Factor::Disk, Factor::Network]);
        assert_eq!(bound.compare(&machine(&[])).required(None), 2);
        assert!(bound.compare(&machine(&[])).passes(None));
        assert!(!bound.compare(&swapped(&[Factor::Os])).passes(None));
        assert!(!bound.compare(&swapped(&[Factor::Cpu])).passes(None));
    }

    #[test]
    fn what_is_missing_never_matches() {
        let nothing = machine(&Factor::ALL);
        assert!(!nothing.compare(&nothing).passes(None) && !nothing.identifies());
        assert!(!machine(&[]).compare(&nothing).passes(Some(1)));
        // Two of five can be read: three are asked for.
        assert!(!machine(&[]).compare(&machine(&[Factor::Board, Factor::Disk, Factor::Network])).passes(None));
    }

    #[test]
    fn what_a_machine_told_is_known_of_it_and_nothing_else() {
        let some = machine(&[Factor::Board, Factor::Cpu]);
        assert_eq!(some.known().collect::<Vec<_>>(), [Factor::Os, Factor::Disk, Factor::Network]);
        assert!(some.identifies() && some.knows(Factor::Os) && !some.knows(Factor::Cpu));
        let changes = some.compare(&machine(&[Factor::Cpu, Factor::Disk])).factors;
        let changes = changes.map(|(_, change)| change);
        assert_eq!(changes, [Change::Same, Change::New, Change::Gone, Change::Same, Change::Unknown]);
    }

    #[test]
    fn a_processor_alone_is_no_machine() {
        let cpu = machine(&[Factor::Os, Factor::Board, Factor::Disk, Factor::Network]);
        assert!(!cpu.compare(&cpu).passes(None) && !cpu.compare(&machine(&[])).passes(Some(1)) && !cpu.identifies());
    }

    prop_compose! {
        fn any_machine()(
            environment in prop::sample::select(Environment::ALL),
            values in prop::collection::vec(prop::option::of("[ -~]{1,12}"), 5),
            name in "[a-z]{1,9}",
        ) -> (Fingerprint, Slug) {
            let product = product(&name);
            let values = Factor::ALL.into_iter().zip(&values).filter_map(|(factor, value)| Some((factor, value.as_deref()?)));
            (Fingerprint::new(&product, environment, values), product)
        }
    }

    /// An ID as somebody typed it, with these symbols.
    fn typed(values: &[u8]) -> String {
        PREFIX.chars().chain(values.iter().map(|value| crockford::symbol(*value))).collect()
    }

    proptest! {
        #[test]
        fn every_id_reads_back((made, product) in any_machine()) {
            let text = made.to_string();
            prop_assert_eq!(text.len(), PREFIX.len() + SYMBOLS + GROUPS - 1);
            let read: Fingerprint = text.parse().unwrap();
            prop_assert_eq!(read, made);
            prop_assert!(read.is_for(&product));
            prop_assert!(is_meant(&text));
        }

        #[test]
        fn one_wrong_character_is_found_and_located((made, _) in any_machine(), at in 0..SYMBOLS, other in 1u8..32) {
            let mut values = made.symbols();
            values[at] ^= other;
            let text = typed(&values);
            let Err(InvalidFingerprint::Mistyped(found)) = text.parse::<Fingerprint>() else { panic!("{text}") };
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].0, at / GROUP + 1);
        }

        #[test]
        fn a_swap_of_neighbours_is_found((made, _) in any_machine(), at in 0..SYMBOLS - 1) {
            let mut values = made.symbols();
            prop_assume!(values[at] != values[at + 1]);
            values.swap(at, at + 1);
            let text = typed(&values);
            prop_assert!(matches!(text.parse::<Fingerprint>(), Err(InvalidFingerprint::Mistyped(_))));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,60}") {
            let _ = text.parse::<Fingerprint>();
            let _ = is_meant(&text);
        }

        #[test]
        fn matching_follows_the_rule(
            then in prop::collection::vec(prop::option::of(0u8..2), 5),
            now in prop::collection::vec(prop::option::of(0u8..2), 5),
            require in prop::option::of(1u8..6),
        ) {
            let make = |values: &[Option<u8>]| {
                let texts: Vec<Option<String>> = values.iter().map(|value| value.map(|value| value.to_string())).collect();
                let known = Factor::ALL.into_iter().zip(&texts).filter_map(|(factor, text)| Some((factor, text.as_deref()?)));
                Fingerprint::new(&product("cockpit"), Environment::Kvm, known)
            };
            let comparison = make(&then).compare(&make(&now));
            let same = (0..5).filter(|at| then[*at].is_some() && then[*at] == now[*at]).count();
            let identifying = (0..4).any(|at| then[at].is_some() && then[at] == now[at]);
            let known = then.iter().flatten().count();
            let wanted = usize::from(require.unwrap_or(3)).min(known);
            prop_assert_eq!(comparison.passes(require), identifying && same >= wanted);
            prop_assert_eq!(make(&now).compare(&make(&then)).same(), comparison.same());
        }
    }
}
