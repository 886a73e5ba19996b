//! `lic.toml`: the settings that a person edits.
//!
//! Everything the authority keeps about customers, tiers and licenses is in the ledger; here is only what somebody decides
//! once with an editor. A setting that is unknown is an error, for a mistyped one would be silently ignored otherwise.
//! Where the settings file is found belongs in `home`.

mod commented;
mod entries;
pub mod error;
pub(in crate::authority) mod fields;
pub mod mail;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::license::{Date, LicenseType, Slug, Term};

pub use commented::{NewSettings, commented};
pub use entries::{Entry, Origin};
pub use error::{Mistake, SettingsError};
pub use mail::{MailSettings, MailTransport, NotifySettings, SmtpSettings};

/// The settings of an authority.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who issues.
    pub authority: AuthoritySettings,
    /// What is meant where nothing is said.
    pub defaults: Defaults,
    /// Where status lists are published.
    pub status: StatusSettings,
    /// Where backups go and how many are kept.
    pub backup: BackupSettings,
    /// Ready-made orders for `lic quick`, by name.
    pub presets: BTreeMap<Slug, Preset>,
    /// How mails leave; `None`: they do not.
    pub mail: Option<MailSettings>,
    /// Who is told of the ends of licenses.
    pub notify: NotifySettings,
    /// What was read, to say later where each setting came from.
    text: String,
}

/// `[authority]`: who issues.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawAuthority")]
pub struct AuthoritySettings {
    /// The vendor's name, as customers know it.
    pub name: String,
    /// What verifiers know the authority by: the `iss` claim. Made from the name where it is not given.
    pub issuer: String,
}

/// `[defaults]`: what is meant where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// The product.
    pub product: Option<Slug>,
    /// The tier.
    pub tier: Option<Slug>,
    /// The folder where key files are saved, seen from the current folder.
    pub out: PathBuf,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { product: None, tier: None, out: PathBuf::from(".") }
    }
}

/// `[status]`: where status lists are published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusSettings {
    /// The address below which the lists are, without a slash at its end. With it, every new key says where its status is.
    #[serde(default, deserialize_with = "fields::some_address")]
    pub uri: Option<String>,
}

/// `[backup]`: where backups go and how many are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupSettings {
    /// The folder, seen from the home; absent: `backups` in it.
    pub folder: Option<PathBuf>,
    /// How many are kept; absent: all.
    #[serde(deserialize_with = "fields::some_count")]
    pub keep: Option<u32>,
    /// How many days old the newest may be before `lic doctor` warns.
    #[serde(deserialize_with = "fields::days")]
    pub max_age_days: u32,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { folder: None, keep: None, max_age_days: 7 }
    }
}

/// `[presets.NAME]`: a ready-made order for `lic quick NAME`. What is absent comes from the tier and the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawPreset")]
pub struct Preset {
    /// Who gets the license, unless the command names a customer.
    pub customer: Option<Slug>,
    /// The product.
    pub product: Option<Slug>,
    /// The tier.
    pub tier: Option<Slug>,
    /// How long it runs; written `for`. Never together with `until`.
    pub term: Option<Term>,
    /// The last day.
    pub until: Option<Date>,
    /// What it is for; written `type`.
    pub kind: LicenseType,
    /// Whether it is for the vendor's own use.
    pub internal: bool,
    /// The license count.
    pub seats: Option<u32>,
    /// Features on top of the tier's.
    pub features: BTreeSet<Slug>,
    /// Features of the tier to leave out; written `no_features`, as the flag is.
    pub without_features: BTreeSet<Slug>,
    /// Limits that replace the tier's.
    pub limits: BTreeMap<Slug, u64>,
    /// How many machines may be bound.
    pub machines: Option<u32>,
    /// How many days past the end the key still works.
    pub grace_days: Option<u32>,
    /// A note for the ledger.
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    authority: AuthoritySettings,
    #[serde(default)]
    defaults: Defaults,
    #[serde(default)]
    status: StatusSettings,
    #[serde(default)]
    backup: BackupSettings,
    #[serde(default)]
    presets: BTreeMap<Slug, Preset>,
    mail: Option<MailSettings>,
    #[serde(default)]
    notify: NotifySettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAuthority {
    #[serde(deserialize_with = "fields::display_name")]
    name: String,
    #[serde(default, deserialize_with = "fields::some_display_name")]
    issuer: Option<String>,
}

impl TryFrom<RawAuthority> for AuthoritySettings {
    type Error = &'static str;

    fn try_from(raw: RawAuthority) -> Result<Self, Self::Error> {
        let issuer = raw.issuer.or_else(|| default_issuer(&raw.name));
        let issuer = issuer.ok_or("no issuer can be made from this name: add a line `issuer = \"...\"`")?;
        Ok(Self { name: raw.name, issuer })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreset {
    customer: Option<Slug>,
    product: Option<Slug>,
    tier: Option<Slug>,
    #[serde(rename = "for")]
    term: Option<Term>,
    #[serde(default, deserialize_with = "fields::some_date")]
    until: Option<Date>,
    #[serde(rename = "type")]
    kind: Option<LicenseType>,
    #[serde(default)]
    internal: bool,
    #[serde(default, deserialize_with = "fields::some_count")]
    seats: Option<u32>,
    #[serde(default)]
    features: BTreeSet<Slug>,
    #[serde(default, rename = "no_features")]
    without_features: BTreeSet<Slug>,
    #[serde(default, deserialize_with = "fields::limits")]
    limits: BTreeMap<Slug, u64>,
    #[serde(default, deserialize_with = "fields::some_count")]
    machines: Option<u32>,
    #[serde(default, deserialize_with = "fields::some_days")]
    grace_days: Option<u32>,
    #[serde(default, deserialize_with = "fields::some_display_name")]
    note: Option<String>,
}

impl TryFrom<RawPreset> for Preset {
    type Error = String;

    fn try_from(raw: RawPreset) -> Result<Self, Self::Error> {
        if raw.term.is_some() && raw.until.is_some() {
            return Err("a preset has `for` or `until`, not both".to_owned());
        }
        if let Some(feature) = raw.features.intersection(&raw.without_features).next() {
            return Err(format!("`features` adds {feature} and `no_features` leaves it out"));
        }
        let RawPreset { customer, product, tier, term, until, internal, seats, features, without_features, .. } = raw;
        let RawPreset { limits, machines, grace_days, note, .. } = raw;
        let kind = raw.kind.unwrap_or(LicenseType::Commercial);
        Ok(Self {
            customer,
            product,
            tier,
            term,
            until,
            kind,
            internal,
            seats,
            features,
            without_features,
            limits,
            machines,
            grace_days,
            note,
        })
    }
}

/// The issuer of an authority that does not name one: its name as a slug. `None` where nothing of the name is left.
#[must_use]
pub fn default_issuer(name: &str) -> Option<String> {
    Slug::suggest(name).map(|slug| slug.to_string())
}

impl Settings {
    /// Reads the settings in a text; `path` is for the messages.
    ///
    /// # Errors
    /// [`SettingsError::Mistake`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let text = without_mark(text);
        let raw: RawSettings = toml::from_str(text).map_err(|error| Mistake::from_toml(text, path, &error))?;
        let RawSettings { authority, defaults, status, backup, mail, notify, presets } = raw;
        Ok(Self { authority, defaults, status, backup, mail, notify, presets, text: text.to_owned() })
    }

    /// Reads the settings file.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`], [`SettingsError::NotText`], [`SettingsError::Mistake`].
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        Self::parse(&read_text(path)?, path)
    }
}

/// Reads a file that a person wrote.
///
/// # Errors
/// [`SettingsError::Unreadable`], [`SettingsError::NotText`].
pub fn read_text(path: &Path) -> Result<String, SettingsError> {
    let bytes = fs::read(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        SettingsError::NotText { path: path.to_owned(), line }
    })
}

/// A text without the byte order mark that some editors put in front.
pub(in crate::authority) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::text::is_hidden;

    const VENDOR: &str = "[authority]\nname = \"Example Software\"\n";

    fn refused(text: &str) -> String {
        let error = Settings::parse(text, Path::new("lic.toml")).unwrap_err();
        let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        format!("{error}{hint}")
    }

    #[test]
    fn what_is_quoted_of_the_file_moves_no_cursor_and_hides_nothing() {
        for value in ["\\u001b[2Jtrial", "tri\u{202e}al", "tri\u{feff}al", "tri\\u200bal", "tri\\nal"] {
            let said = refused(&format!("{VENDOR}[presets.trial]\ntype = \"{value}\"\n"));
            let hidden = said.chars().find(|sign| *sign != '\n' && is_hidden(*sign));
            assert!(hidden.is_none() && said.contains('\u{fffd}'), "{said:?}");
        }
    }

    /// What is said of a line in a preset: the message alone.
    fn refused_in_preset(line: &str) -> String {
        let text = format!("{VENDOR}[presets.trial]\n{line}\n");
        let error = Settings::parse(&text, Path::new("lic.toml")).unwrap_err();
        let SettingsError::Mistake(mistake) = error else { panic!("{error}") };
        mistake.message
    }

    #[test]
    fn a_name_is_all_that_is_needed() {
        let settings = Settings::parse(VENDOR, Path::new("lic.toml")).unwrap();
        assert_eq!(settings.authority.issuer, "example-software");
        assert_eq!(settings.defaults, Defaults::default());
        assert!(settings.presets.is_empty());
    }

    #[test]
    fn a_mistyped_setting_is_shown_with_what_was_meant() {
        assert_eq!(
            refused(&format!("{VENDOR}[defaults]\nprodukt = \"cockpit\"\n")),
            "unknown setting `produkt`
  --> lic.toml:4:1
  |
4 | produkt = \"cockpit\"
  | ^^^^^^^
hint: did you mean `product`?"
        );
        assert_eq!(
            refused(&format!("{VENDOR}[preset.trial]\n")),
            "unknown setting `preset`
  --> lic.toml:3:2
  |
3 | [preset.trial]
  |  ^^^^^^
hint: did you mean `presets`?"
        );
    }

    #[test]
    fn a_text_that_is_not_toml_is_shown_with_its_place() {
        assert_eq!(
            refused("[authority]\nname = \"Example\n"),
            "invalid basic string, expected `\"`
  --> lic.toml:2:16
  |
2 | name = \"Example
  |                ^"
        );
    }

    #[test]
    fn the_vendors_name_is_asked_for() {
        assert_eq!(
            refused("# nothing\n[authority]\nissuer = \"example\"\n"),
            "the setting `name` is missing
  --> lic.toml:2:1
  |
2 | [authority]
  | ^^^^^^^^^^^"
        );
        assert!(refused("").starts_with("the setting `authority` is missing\n  --> lic.toml:1:1\n"));
        for name in ["", " Example", "Exa\\nmple", "Exa\\u202Emple"] {
            assert!(refused(&format!("[authority]\nname = \"{name}\"\n")).contains("2 | name = "), "{name}");
        }
        assert!(refused("[authority]\nname = \"!!!\"\n").starts_with("no issuer can be made from this name"));
    }

    #[test]
    fn a_preset_says_what_an_order_says() {
        let text = format!(
            "{VENDOR}[presets.fair]\ncustomer = 'acme'\nproduct = 'cockpit'\ntier = 'basic'\nuntil = '2027-12-31'\n\
             type = 'trial'\ninternal = true\nseats = 5\nfeatures = ['sso']\nno_features = ['api']\n\
             limits = {{ users = 0, employees = 9_007_199_254_740_991 }}\nmachines = 2\ngrace_days = 0\nnote = 'Fair 2027'\n"
        );
        let settings = Settings::parse(&text, Path::new("lic.toml")).unwrap();
        let slug = |text: &str| text.parse::<Slug>().unwrap();
        let expected = Preset {
            customer: Some(slug("acme")),
            product: Some(slug("cockpit")),
            tier: Some(slug("basic")),
            term: None,
            until: Some("2027-12-31".parse().unwrap()),
            kind: LicenseType::Trial,
            internal: true,
            seats: Some(5),
            features: BTreeSet::from([slug("sso")]),
            without_features: BTreeSet::from([slug("api")]),
            limits: BTreeMap::from([(slug("users"), 0), (slug("employees"), 9_007_199_254_740_991)]),
            machines: Some(2),
            grace_days: Some(0),
            note: Some("Fair 2027".into()),
        };
        assert_eq!(settings.presets["fair"], expected);
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_refused_with_what_can() {
        for (line, message) in [
            ("for = '1m'", "'1m' is ambiguous: write 1mo for months or 1d for days"),
            ("until = '2027-02-30'", "the calendar has no 2027-02-30"),
            ("until = '27-01-31'", "a date is written YYYY-MM-DD, like 2027-01-31"),
            ("for = '1y'\nuntil = '2027-12-31'", "a preset has `for` or `until`, not both"),
            ("seats = 0", "a whole number from 1 is wanted here, not 0; leave the line out for unlimited"),
            ("seats = -3", "a whole number from 1 is wanted here, not -3; leave the line out for unlimited"),
            ("grace_days = -1", "a number of days is wanted here, from 0 to 36525, not -1"),
            ("type = 'comercial'", "unknown value `comercial`"),
            ("tier = 'Pro'", "'P' is not allowed in a name: use a-z, 0-9, '-', '_' and '.'"),
            ("features = ['single sign on']", "' ' is not allowed in a name: use a-z, 0-9, '-', '_' and '.'"),
            ("features = ['a']\nno_features = ['a']", "`features` adds a and `no_features` leaves it out"),
            (
                "limits = { users = 9_007_199_254_740_992 }",
                "a limit is a whole number from 0 to 9007199254740991, not 9007199254740992",
            ),
            ("limits = { users = -1 }", "a limit is a whole number from 0 to 9007199254740991, not -1"),
            ("internal = 'yes'", "invalid type: string \"yes\", expected a boolean"),
        ] {
            assert_eq!(refused_in_preset(line), message, "{line}");
        }
    }

    #[test]
    fn the_address_of_status_lists_is_one_that_keys_can_carry() {
        let with = |uri: &str| Settings::parse(&format!("{VENDOR}[status]\nuri = \"{uri}\"\n"), Path::new("lic.toml"));
        let good = "https://licenses.example.com:8443/status";
        assert_eq!(with(good).unwrap().status.uri.as_deref(), Some(good));
        assert_eq!(Settings::parse(VENDOR, Path::new("")).unwrap().status.uri, None);
        for wrong in [
            "",
            "licenses.example.com",
            "https://",
            "https:///status",
            "ftp://example.com",
            "https://example.com/status/",
            "https://example.com/my status",
            "https://example.com/ä",
            "https://example.com/?a=1",
            "https://example.com/#a",
            &format!("https://example.com/{}", "x".repeat(500)),
        ] {
            let said = with(wrong).unwrap_err().to_string();
            assert!(said.starts_with("an address is written https://host/path, without a slash at its end"), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_date_needs_no_quotes() {
        let text = format!("{VENDOR}[presets.fair]\nuntil = 2027-12-31\n");
        let settings = Settings::parse(&text, Path::new("lic.toml")).unwrap();
        assert_eq!(settings.presets["fair"].until, Some("2027-12-31".parse().unwrap()));
        for wrong in ["2027-12-31T12:00:00Z", "2027", "[2027-12-31]"] {
            assert_eq!(refused_in_preset(&format!("until = {wrong}")), "a date is written YYYY-MM-DD, like 2027-01-31");
        }
    }

    #[test]
    fn a_byte_order_mark_is_tolerated_and_shifts_nothing() {
        assert!(Settings::parse(&format!("\u{feff}{VENDOR}"), Path::new("lic.toml")).is_ok());
        assert!(refused("\u{feff}nam = 1\n").contains("lic.toml:1:1"));
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lic.toml");
        let missing = Settings::load(&path).unwrap_err();
        assert_eq!(missing.to_string(), format!("cannot read {}: no such file or directory", path.display()));
        fs::write(&path, b"[authority]\nname = \"M\xfcller\"\n").unwrap();
        let latin = Settings::load(&path).unwrap_err();
        assert_eq!(latin.to_string(), format!("{} is not UTF-8 text: line 2 has a byte that no text has", path.display()));
        assert_eq!(latin.hint(), Some("save the file as UTF-8"));
        fs::write(&path, VENDOR).unwrap();
        assert_eq!(Settings::load(&path).unwrap(), Settings::parse(VENDOR, Path::new("")).unwrap());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|\n|[\\[\\]=\"'{}.]){0,60}") {
            let _ = Settings::parse(&text, Path::new("lic.toml")).map(|settings| settings.entries());
            let _ = Settings::parse(&format!("{VENDOR}{text}"), Path::new("lic.toml")).map(|settings| settings.entries());
        }
    }
}
