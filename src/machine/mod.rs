//! The machine that a program runs on: what it is known by, read from the system and hashed, never shown.
//!
//! ```no_run
//! use lic::machine::Machine;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let machine = Machine::this("cockpit")?;
//! println!("{}", machine.id());          // MID-10ZVN-BNJ3P-…, for the vendor
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here needs root, a network or a file of its own. What cannot be read is left out and said; a value that one user may
//! read and another may not is never replaced by another value, so that both make IDs that match.
//!
//! On Linux the factors come from files below a root folder, which a test may lay out as it likes, and the processor from
//! `sysinfo`; elsewhere from `sysinfo` and `machine-uid`. What an ID is and when two match belongs in `license::fingerprint`,
//! and what a program remembers of its machine in `guard`.

mod blank;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod firmware;
mod linux;

use std::fmt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::license::name::InvalidSlug;
use crate::license::{Environment, Factor, Fingerprint, MachineId, Slug};

/// The key of the seals; the factor's value follows.
const SEAL_KEY: &[u8] = b"lic machine seal 1\0";

/// Where the factors are read.
#[derive(Debug, Clone)]
pub struct System(Source);

#[derive(Debug, Clone)]
enum Source {
    This,
    Under { root: PathBuf, processor: Option<String> },
}

impl System {
    /// The system that this program runs on.
    #[must_use]
    pub fn this() -> Self {
        Self(Source::This)
    }

    /// A Linux system laid out below a folder, with this processor: for tests.
    #[must_use]
    pub fn under(root: impl Into<PathBuf>, processor: Option<&str>) -> Self {
        Self(Source::Under { root: root.into(), processor: processor.map(str::to_owned) })
    }
}

/// Why a factor is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The system does not tell.
    Absent,
    /// This user may not read it.
    NotPermitted,
    /// A placeholder that its maker never filled in.
    Blank,
    /// A container sees what belongs to its host.
    OfTheHost,
    /// It changes from one start to the next, or may be set at will.
    Unstable,
}

impl Missing {
    /// What to tell people.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Absent => "the system does not tell it",
            Self::NotPermitted => "only root may read it",
            Self::Blank => "the maker left it blank",
            Self::OfTheHost => "it belongs to the host, not to this container",
            Self::Unstable => "none here is permanent",
        }
    }
}

/// One factor as it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    factor: Factor,
    source: String,
    value: Result<String, Missing>,
    private: bool,
}

impl Reading {
    /// Which factor.
    #[must_use]
    pub fn factor(&self) -> Factor {
        self.factor
    }

    /// Where it was read or looked for.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Why it is not known; `None` where it is.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        self.value.as_ref().err().copied()
    }

    /// Whether only root could read it: a program that runs as somebody else will not find it.
    #[must_use]
    pub fn is_for_root_only(&self) -> bool {
        self.private && self.value.is_ok()
    }

    /// The value itself, which must not leave this machine.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.value.as_deref().ok()
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_ref().map(|_| "…");
        out.debug_struct("Reading").field("factor", &self.factor).field("source", &self.source).field("value", &value).finish()
    }
}

/// Why there is no machine to speak of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MachineError {
    /// The product's name is none.
    #[error("the product '{0}': {1}")]
    Product(String, InvalidSlug),
    /// Nothing that can be read tells this machine from the next.
    #[error("nothing that this user may read tells this machine from the next")]
    Unidentified,
}

/// A machine, as one product sees it.
#[derive(Debug, Clone)]
pub struct Machine {
    product: Slug,
    environment: Environment,
    readings: Vec<Reading>,
}

impl Machine {
    /// The machine that this program runs on, as this product sees it.
    ///
    /// # Errors
    /// [`MachineError`].
    pub fn this(product: &str) -> Result<Self, MachineError> {
        let slug = product.parse().map_err(|why| MachineError::Product(product.to_owned(), why))?;
        let machine = Self::read(&slug, &System::this());
        if machine.fingerprint().identifies() { Ok(machine) } else { Err(MachineError::Unidentified) }
    }

    /// Whatever can be read of a system, also where it is nothing.
    #[must_use]
    pub fn read(product: &Slug, system: &System) -> Self {
        let (environment, readings) = match &system.0 {
            #[cfg(not(target_os = "linux"))]
            Source::This => elsewhere::read(),
            #[cfg(target_os = "linux")]
            Source::This => linux::read(Path::new("/"), processor()),
            Source::Under { root, processor } => linux::read(root, processor.clone()),
        };
        Self { product: product.clone(), environment, readings }
    }

    /// What it runs in.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The product that it is seen by.
    #[must_use]
    pub fn product(&self) -> &Slug {
        &self.product
    }

    /// Every factor as it was found, in the order of [`Factor::ALL`].
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Its fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let known = self.readings.iter().filter_map(|reading| Some((reading.factor, reading.secret()?)));
        Fingerprint::new(&self.product, self.environment, known)
    }

    /// Its machine ID: what the vendor binds a license to, and what [`Verifier::machine`](crate::token::Verifier::machine) takes.
    #[must_use]
    pub fn id(&self) -> MachineId {
        self.fingerprint().into()
    }

    /// A seal over a text for each factor that tells one machine from the next: a MAC keyed with the factor's whole value. Whoever
    /// can read the values can make them; a file carried to another machine cannot.
    #[must_use]
    pub fn seals(&self, text: &[u8]) -> Vec<(Factor, [u8; 32])> {
        let known = self.readings.iter().filter(|reading| reading.factor.identifies());
        known.filter_map(|reading| Some((reading.factor, seal(reading.factor, reading.secret()?, text)))).collect()
    }
}

fn seal(factor: Factor, value: &str, text: &[u8]) -> [u8; 32] {
    let key = [SEAL_KEY, factor.as_str().as_bytes(), b"\0", value.as_bytes()].concat();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The processor's make and number of cores. Only the list of processors is asked for: no loads, no frequencies.
fn processor() -> Option<String> {
    use sysinfo::{CpuRefreshKind, System};
    let mut system = System::new().ok()?;
    system.refresh_cpu_list(CpuRefreshKind::nothing());
    let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned())?;
    let cores = System::physical_core_count().ok()?;
    (!brand.is_empty()).then(|| format!("{brand}, {cores} cores"))
}

/// A value as it is hashed: what differs in case and blanks alone is the same.
fn tidy(value: &str) -> String {
    value
        .trim_matches(|sign: char| sign.is_whitespace() || sign == '\0')
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// A value that was read, unless it is a placeholder.
fn filled(value: &str) -> Result<String, Missing> {
    let value = tidy(value);
    if blank::is_blank(&value) { Err(Missing::Blank) } else { Ok(value) }
}

fn reading(factor: Factor, source: impl Into<String>, value: Result<String, Missing>) -> Reading {
    Reading { factor, source: source.into(), value, private: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        root
    }

    fn read(root: &tempfile::TempDir, product: &str) -> Machine {
        Machine::read(&product.parse().unwrap(), &System::under(root.path(), Some("A Processor, 4 cores")))
    }

    #[test]
    fn a_system_that_tells_nothing_has_no_identity() {
        let machine = read(&files(&[]), "cockpit");
        assert_eq!(machine.environment(), Environment::Physical);
        let missing: Vec<_> = machine.readings().iter().map(|reading| reading.missing()).collect();
        assert_eq!(missing, [Some(Missing::Absent), Some(Missing::Absent), Some(Missing::Absent), Some(Missing::Absent), None]);
        assert!(!machine.fingerprint().identifies());
    }

    #[test]
    fn a_reading_keeps_its_value_to_itself() {
        let machine = read(&files(&[("etc/machine-id", "b08dfa6083e7567a1921a715000001fb\n")]), "cockpit");
        assert_eq!(machine.readings()[0].secret(), Some("b08dfa6083e7567a1921a715000001fb"));
        let shown = format!("{machine:?} {}", machine.id());
        assert!(!shown.contains("b08dfa60") && !shown.to_lowercase().contains("a processor"), "{shown}");
    }

    #[test]
    fn a_reading_tells_where_it_was_found_and_why_not() {
        let machine = read(&files(&[("etc/machine-id", "b08dfa6083e7567a1921a715000001fb\n")]), "cockpit");
        let os = &machine.readings()[0];
        assert_eq!((os.factor(), os.source(), os.missing()), (Factor::Os, "/etc/machine-id", None));
        let blank = read(&files(&[("sys/class/dmi/id/board_serial", "To be filled by O.E.M.\n")]), "cockpit");
        let board = &blank.readings()[1];
        assert_eq!((board.source(), board.missing()), ("/sys/class/dmi/id/board_serial", Some(Missing::Blank)));
        let missing = [Missing::Absent, Missing::NotPermitted, Missing::Blank, Missing::OfTheHost, Missing::Unstable];
        assert_eq!(
            missing.map(Missing::described),
            [
                "the system does not tell it",
                "only root may read it",
                "the maker left it blank",
                "it belongs to the host, not to this container",
                "none here is permanent",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_only_root_may_read_is_marked_and_what_nobody_may_read_is_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = files(&[("sys/class/dmi/id/product_uuid", "4c4c4544-0051-3610-8052-b4c04f4d3332\n")]);
        let board = |mode| {
            let path = root.path().join("sys/class/dmi/id/product_uuid");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            let board = read(&root, "cockpit").readings()[1].clone();
            (board.secret().is_some(), board.is_for_root_only(), board.missing())
        };
        assert_eq!(board(0o444), (true, false, None));
        assert_eq!(board(0o400), (true, true, None));
        assert_eq!(board(0o000), (false, false, Some(Missing::NotPermitted)));
    }

    #[test]
    fn case_and_blanks_make_no_other_value() {
        for value in ["A  Serial\t1234\n", "\0a serial 1234\0\0", " a serial 1234"] {
            assert_eq!(filled(value), Ok("a serial 1234".to_owned()), "{value:?}");
        }
    }

    #[test]
    fn a_processor_is_told_with_its_cores() {
        if let Some(processor) = processor() {
            assert!(processor.ends_with(" cores") && !processor.starts_with(','), "{processor}");
        }
    }

    #[test]
    fn a_seal_depends_on_the_machine_and_the_text() {
        let root = files(&[("etc/machine-id", "b08dfa6083e7567a1921a715000001fb\n")]);
        let other = files(&[("etc/machine-id", "00112233445566778899aabbccddeeff\n")]);
        let seals = read(&root, "cockpit").seals(b"text");
        assert_eq!(seals.len(), 1);
        assert_eq!(seals, read(&root, "cockpit").seals(b"text"));
        assert_ne!(seals, read(&root, "cockpit").seals(b"texts"));
        assert_ne!(seals, read(&other, "cockpit").seals(b"text"));
    }
}
