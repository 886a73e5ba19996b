//! Mutated inputs for stable Rust, the same in every run: small changes to a seed, as libFuzzer makes them.

/// Numbers that only look random (SplitMix64).
pub struct Random(u64);

impl Random {
    /// A series of its own for each name.
    pub fn new(name: &str) -> Self {
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below this one, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Pieces of the texts that are read, and bytes that readers trip over.
const PIECES: &[&[u8]] = &[
    b"-----BEGIN LICENSE-----",
    b"-----END LICENSE-----",
    b"eyJ",
    b".",
    b"..",
    b"=",
    b"+",
    b"/",
    b"\r\n",
    b"\n\n",
    b"> ",
    b"\"",
    b"\\",
    b"\"exp\":1,",
    b"\"exp\":1795392000,",
    b"\"nbf\":1900000000,",
    b"\"ver\":2,",
    b"\"ver\":1,",
    b"\"alg\":\"none\"",
    b"\"alg\":\"Ed25519\"",
    b"\"crit\":[],",
    b"\"typ\":\"JWT\"",
    b"null",
    b"true",
    b"-1",
    b"1.0",
    b"1e400",
    b"18446744073709551616",
    b"9007199254740993",
    b"{}",
    b"[]",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"\xe2\x80\x94 ",
    b";",
    b"\t",
    b"'",
    b"=1",
    b"@",
    b"#",
    b"[[tier]]",
    b" = ",
    b"9999-12-31",
    b"0",
    b"00",
    b"99999999999",
    b"MID-",
    b"LIC-",
    b"%d",
];

/// What may stand in the place of a value in JSON and TOML.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "2",
    "-1",
    "1.0",
    "1e3",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "[null]",
    "{\"a\":1,\"a\":2}",
    "1795392000",
    "1795392001",
    "1811808000",
    "1900000000",
    "253402300800",
    "4294967296",
    "9007199254740992",
    "[\"sso\",\"sso\"]",
];

/// One of the seeds, mutated.
pub fn bytes(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let seed = seeds[random.below(seeds.len())].clone();
    of(random, seeds, &seed)
}

/// This input, with one to four changes; what is spliced in comes from the seeds.
pub fn of(random: &mut Random, seeds: &[Vec<u8>], input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    // Most inputs have one change, so that most come far.
    let changes = 1 + [0, 0, 0, 0, 0, 1, 2, 3][random.below(8)];
    for _ in 0..changes {
        change(random, seeds, &mut bytes);
    }
    bytes
}

fn change(random: &mut Random, seeds: &[Vec<u8>], bytes: &mut Vec<u8>) {
    let place = random.below(bytes.len() + 1);
    let most = 1 << random.below(6);
    let length = 1 + random.below(most);
    let end = bytes.len().min(place + length);
    match random.below(14) {
        0 | 1 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
        2 if place < bytes.len() => bytes[place] = random.below(256) as u8,
        // One letter or digit for another, which keeps most texts what they are.
        3..6 if place < bytes.len() => bytes[place] = b"0123456789ABCXYZabcxyz-_"[random.below(24)],
        6 => drop(bytes.drain(place..end)),
        7 => {
            let twice = bytes[place..end].to_vec();
            bytes.splice(place..place, twice);
        }
        8 | 9 => {
            let piece = PIECES[random.below(PIECES.len())];
            // In the place of as much, or in between.
            let until = if random.below(2) == 0 { bytes.len().min(place + piece.len()) } else { place };
            bytes.splice(place..until, piece.iter().copied());
        }
        10 if !seeds.is_empty() => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let piece = other[from..other.len().min(from + 4 * length)].to_vec();
            bytes.splice(place..end, piece);
        }
        11 => bytes.truncate(place),
        // Another value for a member.
        12 | 13 if bytes.contains(&b':') => *bytes = member(random, bytes),
        _ => bytes.insert(place, b' '),
    }
}

/// The input with another value for one member, where it looks like one.
pub fn member(random: &mut Random, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let place = random.below(bytes.len() + 1);
    let start = bytes.iter().skip(place).position(|byte| *byte == b':').map_or(0, |found| place + found + 1);
    let length = bytes[start..].iter().position(|byte| b",}\n".contains(byte)).unwrap_or(0);
    let value = VALUES[random.below(VALUES.len())];
    bytes.splice(start..start + length, value.bytes());
    bytes
}
