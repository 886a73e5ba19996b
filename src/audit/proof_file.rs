//! Proof files: an entry of a log, its place, its inclusion proof and a signed checkpoint in one text, as C2SP defines them
//! (c2sp.org/tlog-proof). Whoever has the log's public key checks one without the log.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};

use super::checkpoint::{Checkpoint, CheckpointError, hash, number};
use super::merkle::{Hash, leaf_hash};
use super::note::VerifierKey;
use super::proof::verify_inclusion;

/// The first line.
const HEADING: &str = "c2sp.org/tlog-proof@v1";
/// The largest proof file that is read.
pub const LARGEST_PROOF: usize = 1 << 20;
/// A path in a tree of 2^63 leaves.
const MOST_HASHES: usize = 63;

/// A proof that an entry is in a log. Nothing in it is to be trusted before [`ProofFile::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// The entry itself; absent where whoever checks has it from elsewhere.
    pub entry: Option<Vec<u8>>,
    /// Its place in the log, from 0.
    pub index: u64,
    /// The hashes of its siblings, from the leaf upwards.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, word for word.
    pub checkpoint: String,
}

/// Why a text is no proof file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProofFile {
    /// More than [`LARGEST_PROOF`].
    #[error("it is too large")]
    Large,
    /// Another first line.
    #[error("it does not start with '{HEADING}'")]
    Heading,
    /// The extra data is not base64.
    #[error("the line 'extra' holds no base64")]
    Extra,
    /// No index, or one with needless zeros.
    #[error("the line 'index' holds no number")]
    Index,
    /// A line that is no hash.
    #[error("line {line} is no hash")]
    Hash {
        /// Its number, from 1.
        line: usize,
    },
    /// A longer path than any log has.
    #[error("it holds too many hashes")]
    TooMany,
    /// The blank line and the checkpoint are missing.
    #[error("it is cut off: no checkpoint stands in it")]
    NoCheckpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// The entry is not in the file.
    #[error("the proof does not hold the event that it is about")]
    NoEntry,
    /// The checkpoint is refused.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead to the root.
    #[error("the event, its place and the hashes do not lead to the root of the checkpoint: something was changed")]
    NotIncluded,
}

impl ProofFile {
    /// The checkpoint and the entry, if the entry is in the log at its place.
    ///
    /// # Errors
    /// [`ProofFileError`].
    pub fn check(&self, keys: &[VerifierKey]) -> Result<(Checkpoint, &[u8]), ProofFileError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, keys)?;
        let entry = self.entry.as_deref().ok_or(ProofFileError::NoEntry)?;
        let leaf = leaf_hash(entry);
        if verify_inclusion(&leaf, self.index, checkpoint.size(), &self.hashes, checkpoint.root()) {
            Ok((checkpoint, entry))
        } else {
            Err(ProofFileError::NotIncluded)
        }
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{HEADING}")?;
        if let Some(entry) = &self.entry {
            writeln!(out, "extra {}", Base64::encode_string(entry))?;
        }
        writeln!(out, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(out, "{}", Base64::encode_string(hash)))?;
        write!(out, "\n{}", self.checkpoint)
    }
}

impl FromStr for ProofFile {
    type Err = InvalidProofFile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LARGEST_PROOF {
            return Err(InvalidProofFile::Large);
        }
        let body = text.strip_prefix(HEADING).and_then(|rest| rest.strip_prefix('\n')).ok_or(InvalidProofFile::Heading)?;
        // The checkpoint has a blank line of its own, further down.
        let (head, checkpoint) = body.split_once("\n\n").ok_or(InvalidProofFile::NoCheckpoint)?;
        if checkpoint.is_empty() {
            return Err(InvalidProofFile::NoCheckpoint);
        }
        let mut lines = head.split('\n').zip(2..).peekable();
        let entry = match lines.next_if(|(line, _)| line.starts_with("extra")) {
            Some((line, _)) => {
                let data = line.strip_prefix("extra ").and_then(|data| Base64::decode_vec(data).ok());
                Some(data.ok_or(InvalidProofFile::Extra)?)
            }
            None => None,
        };
        let index = lines.next().and_then(|(line, _)| number(line.strip_prefix("index ")?)).ok_or(InvalidProofFile::Index)?;
        let mut hashes = Vec::new();
        for (text, line) in lines {
            if hashes.len() == MOST_HASHES {
                return Err(InvalidProofFile::TooMany);
            }
            hashes.push(hash(text).ok_or(InvalidProofFile::Hash { line })?);
        }
        Ok(Self { entry, index, hashes, checkpoint: checkpoint.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::tests::{GOLDEN, key};
    use super::*;
    use crate::audit::inclusion_proof;
    use proptest::prelude::*;

    const HEAD: &str = "c2sp.org/tlog-proof@v1\nextra c2Vjb25k\nindex 1\n\
        oa8DAjHKL9IOzzDFKUuvj2kyHQm7FqxTiFzNF6OFKA0=\nZW0+j1RCOM324y1kD1G6CRSVmxTt16UtC4uZq0yKxsY=\n";

    fn golden() -> String {
        format!("{HEAD}\n{GOLDEN}")
    }

    #[test]
    fn a_proof_is_spelled_as_others_spell_it() {
        let leaves = ["first", "second", "third"].map(|body| leaf_hash(body.as_bytes()));
        let hashes = inclusion_proof(leaves, 1, 3).unwrap();
        let proof = ProofFile { entry: Some(b"second".to_vec()), index: 1, hashes, checkpoint: GOLDEN.to_owned() };
        assert_eq!(proof.to_string(), golden());
        let read: ProofFile = golden().parse().unwrap();
        assert_eq!(read, proof);
        let (checkpoint, entry) = read.check(&[key()]).unwrap();
        assert_eq!((checkpoint.size(), entry), (3, b"second".as_slice()));
    }

    #[test]
    fn what_is_no_proof_is_refused_with_its_reason() {
        let golden = golden();
        let line = HEAD.lines().nth(3).unwrap();
        for (text, why) in [
            (String::new(), InvalidProofFile::Heading),
            (golden.replace("@v1", "@v2"), InvalidProofFile::Heading),
            (golden.replace("@v1\n", "@v1 \n"), InvalidProofFile::Heading),
            (golden.replace("c2Vjb25k", "c2Vjb25"), InvalidProofFile::Extra),
            (golden.replace("extra ", "extra"), InvalidProofFile::Extra),
            (golden.replace("index 1", "index 01"), InvalidProofFile::Index),
            (golden.replace("index 1\n", ""), InvalidProofFile::Index),
            (golden.replace("extra c2Vjb25k\n", "extra c2Vjb25k\nextra c2Vjb25k\n"), InvalidProofFile::Index),
            (golden.replace("ZW0+", "ZW0"), InvalidProofFile::Hash { line: 5 }),
            (golden.replace("\noa8D", "\n oa8D"), InvalidProofFile::Hash { line: 4 }),
            (golden.replace("KA0=\n", "KA0=\r\n"), InvalidProofFile::Hash { line: 4 }),
            (HEAD.to_owned(), InvalidProofFile::NoCheckpoint),
            (format!("{HEAD}\n"), InvalidProofFile::NoCheckpoint),
            (golden.replace("index 1\n", &format!("index 1\n{}", format!("{line}\n").repeat(64))), InvalidProofFile::TooMany),
            (format!("{golden}{}", "x".repeat(LARGEST_PROOF)), InvalidProofFile::Large),
        ] {
            assert_eq!(text.parse::<ProofFile>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn a_proof_may_be_as_large_and_have_as_many_hashes_as_it_says() {
        let golden = golden();
        let largest = format!("{golden}{}", "x".repeat(LARGEST_PROOF - golden.len()));
        assert!(largest.parse::<ProofFile>().is_ok());
        let line = HEAD.lines().nth(3).unwrap();
        let longest = format!("{HEADING}\nindex 1\n{}\n{GOLDEN}", format!("{line}\n").repeat(MOST_HASHES));
        assert_eq!(longest.parse().map(|proof: ProofFile| proof.hashes.len()), Ok(MOST_HASHES));
    }

    #[test]
    fn a_changed_proof_proves_nothing() {
        let refused = |text: &str| text.parse::<ProofFile>().unwrap().check(&[key()]).unwrap_err();
        let golden = golden();
        assert_eq!(refused(&golden.replace("c2Vjb25k", "c2Vjb25l")), ProofFileError::NotIncluded);
        assert_eq!(refused(&golden.replace("index 1", "index 2")), ProofFileError::NotIncluded);
        assert_eq!(refused(&golden.replace("index 1", "index 3")), ProofFileError::NotIncluded);
        assert_eq!(refused(&golden.replace("ZW0+", "ZW1+")), ProofFileError::NotIncluded);
        assert_eq!(refused(&golden.replace("extra c2Vjb25k\n", "")), ProofFileError::NoEntry);
        assert!(matches!(refused(&golden.replace("\n3\n", "\n4\n")), ProofFileError::Checkpoint(CheckpointError::Unverified(_))));
        let cut = golden.split_at(golden.len() - 5).0;
        assert!(matches!(refused(cut), ProofFileError::Checkpoint(CheckpointError::Note(_))));
    }

    proptest! {
        #[test]
        fn every_proof_reads_back(
            entry in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)), index: u64,
            hashes in prop::collection::vec(any::<[u8; 32]>(), 0..6)
        ) {
            let proof = ProofFile { entry, index, hashes, checkpoint: GOLDEN.to_owned() };
            prop_assert_eq!(proof.to_string().parse(), Ok(proof));
        }

        #[test]
        fn nothing_panics(text in "(c2sp.org/tlog-proof@v1\n|extra |index |[0-9]{1,2}\n|[A-Za-z0-9+/=]{44}\n|\n|\\PC){0,20}") {
            if let Ok(proof) = text.parse::<ProofFile>() {
                let _ = proof.check(&[key()]);
            }
        }
    }
}
