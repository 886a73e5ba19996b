//! The `lic.toml` that `lic init` writes: every setting with a comment, and commented out where its default applies.

use super::default_issuer;
use super::fields::quoted;
use crate::license::Slug;

/// What is known when an authority is set up.
#[derive(Debug, Clone, Copy)]
pub struct NewSettings<'a> {
    /// The vendor's name.
    pub name: &'a str,
    /// What verifiers shall know the authority by; `None`: made from the name.
    pub issuer: Option<&'a str>,
    /// The product to offer where none is named.
    pub product: Option<&'a Slug>,
    /// The tier that the presets give; `None` where there are no tiers yet.
    pub preset_tier: Option<&'a Slug>,
}

/// The text of a new `lic.toml`.
#[must_use]
pub fn commented(new: &NewSettings<'_>) -> String {
    let derived = default_issuer(new.name);
    let issuer = match new.issuer {
        // An issuer that is not the default, or has none to fall back on, is set; else the default is shown.
        Some(issuer) if derived.as_deref() != Some(issuer) => format!("issuer = {}", quoted(issuer)),
        _ => format!("# issuer = {}", quoted(derived.as_deref().unwrap_or("example-software"))),
    };
    let slug = |key: &str, value: Option<&Slug>, example: &str| match value {
        Some(value) => format!("{key} = {}", quoted(value.as_str())),
        None => format!("# {key} = {}", quoted(example)),
    };
    TEMPLATE
        .replace("{tier}", &slug("tier", new.preset_tier, "professional"))
        .replace("{product}", &slug("product", new.product, "cockpit"))
        .replace("{issuer}", &issuer)
        // Last, so that nothing in the name is taken for a place to fill in.
        .replace("{name}", &format!("name = {}", quoted(new.name)))
}

const TEMPLATE: &str = r##"# The settings of this license authority.
# A setting that is commented out shows its default, or an example where it has none. Every other line counts:
# 'lic config show --origin' says what is in force, and where it comes from.

[authority]
# The vendor's name, as customers know it.
{name}
# What verifiers know the authority by: the `iss` of every key. Keys already issued keep theirs, so do not change it lightly.
{issuer}

[defaults]
# The product that is meant where none is given.
{product}
# The tier that is meant where none is given. Without it, lic asks.
# tier = "professional"
# The folder where keys are saved, seen from the folder in which lic is run.
# out = "."

[status]
# The web address below which you publish status lists ('lic status publish --out FOLDER' writes the files; any web server
# will do). With it, every new key says where its status can be read. Keys already issued keep theirs, so do not change it lightly.
# uri = "https://licenses.example.com/status"

[backup]
# The folder where 'lic backup' keeps backups, seen from the folder of this file. Best on another disk.
# folder = "backups"
# How many are kept; without it, all are.
# keep = 30
# How many days old the newest may be before 'lic doctor' warns.
# max_age_days = 7

# How mails leave, for 'lic notify' and 'lic mail test ADDRESS'. Without this section none does.
# [mail]
# A mail server ("smtp"), the system's mail program ("sendmail"), or a folder of .eml files ("folder").
# transport = "smtp"
# Who writes.
# from = "Example Software <licenses@example.com>"
# Who gets the answers where a customer has no account owner with a mail address.
# reply_to = "sales@example.com"
# What every subject begins with.
# subject_prefix = "[Example]"
# The language of the mails: "en", "de", or that of your own templates in the folder templates/ beside this file.
# language = "en"
# How many seconds each step may take.
# timeout = 30
# The server: its name and port. The connection is encrypted on request ("starttls") or from the start ("tls"); not at all
# ("none") only to this machine.
# host = "mail.example.com"
# port = 587
# security = "starttls"
# Who logs in, and the file with the password; without it, the credential 'lic-smtp-password' of the service manager.
# user = "licenses"
# password_file = "/etc/lic/smtp-password"
# Certificates to trust beside those of the system.
# ca_file = "/etc/lic/mail-ca.pem"
# The mail program.
# program = "/usr/sbin/sendmail"
# The folder, seen from this file.
# folder = "mails"

# Who is told of the ends of licenses.
# [notify]
# How many days before the end.
# windows = [30, 14, 7, 1, 0]
# Who gets the daily digest of all licenses that end soon.
# digest = ["sales@example.com"]
# Whether customers' contacts are told of their own licenses.
# customers = true
# Tiers and customers that are left out of that: "free", or "cockpit/free" for one product.
# no_tiers = ["free"]
# no_customers = ["acme"]
# Customers who read another language.
# languages = { acme = "de" }

# Presets: ready-made orders for 'lic quick NAME [CUSTOMER]'. What a preset does not say comes from the tier.

# 'lic quick trial acme': for trying out.
[presets.trial]
{tier}
type = "trial"
for = "30d"

# 'lic quick demo acme': for a demonstration.
[presets.demo]
{tier}
type = "trial"
for = "14d"

# 'lic quick internal': for our own people.
[presets.internal]
customer = "internal"
{tier}
internal = true
for = "1y"

# 'lic quick': for the product's own tests. Signed by the test signing key, which a release verifier does not trust.
[presets.test]
customer = "internal"
{tier}
type = "test"
internal = true
for = "30d"

# Everything that a preset may say:
# [presets.example]
# Who gets the license, unless the command names a customer.
# customer = "acme"
# The product and the tier.
# product = "cockpit"
# tier = "professional"
# commercial, trial or test.
# type = "commercial"
# Whether it is for our own use.
# internal = false
# How long it runs: days, weeks, months or years (90d, 6w, 3mo, 1y), or "perpetual". Or the last day: until = "2027-12-31".
# for = "1y"
# How many seats.
# seats = 5
# Features on top of the tier's, and features of the tier to leave out.
# features = ["sso"]
# no_features = ["api"]
# Limits that replace the tier's.
# limits = { users = 25 }
# How many machines may be bound.
# machines = 2
# How many days past the end the key still works.
# grace_days = 14
# A note for the ledger.
# note = "Fair 2027"
"##;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::super::{Defaults, Settings};
    use super::*;
    use crate::license::LicenseType;
    use proptest::prelude::*;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn read(text: &str) -> Settings {
        Settings::parse(text, Path::new("lic.toml")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn bare(name: &str) -> NewSettings<'_> {
        NewSettings { name, issuer: None, product: None, preset_tier: None }
    }

    /// The text with every commented setting and table switched on.
    fn switched_on(text: &str) -> String {
        let is_setting =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| key.parse::<Slug>().is_ok());
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if is_setting(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn what_is_commented_out_is_the_default() {
        let settings = read(&commented(&bare("Example Software")));
        assert_eq!(settings.authority.name, "Example Software");
        assert_eq!(settings.authority.issuer, "example-software");
        assert_eq!(settings.defaults, Defaults::default());

        let on = read(&switched_on(&commented(&bare("Example Software"))));
        assert_eq!(on.authority, settings.authority);
        assert_eq!(on.defaults.out, settings.defaults.out);
        assert_eq!((&on.notify.windows, on.notify.customers), (&settings.notify.windows, settings.notify.customers));
        assert_eq!(on.mail.unwrap().timeout, std::time::Duration::from_secs(30));
        let example = &on.presets["example"];
        assert_eq!((example.kind, example.internal), (LicenseType::Commercial, false));
    }

    #[test]
    fn every_setting_there_is_stands_in_the_file() {
        let text = commented(&bare("Example"));
        for section in ["authority", "defaults", "mail", "notify", "presets.example"] {
            let refused = Settings::parse(&format!("[{section}]\nzzz = 1\n"), Path::new("x")).unwrap_err();
            let hint = refused.hint().unwrap().to_owned();
            let known = hint.strip_prefix("known here: ").unwrap();
            for key in known.split(", ").filter(|key| !["until", "password"].contains(key)) {
                let section_text = switched_on(&text);
                let section_text = section_text.split(&format!("[{section}]")).nth(1).unwrap();
                assert!(section_text.contains(&format!("\n{key} = ")), "{section}.{key}");
            }
        }
    }

    #[test]
    fn the_shipped_presets_are_as_documented() {
        let professional = slug("professional");
        let product = slug("cockpit");
        let new = NewSettings { product: Some(&product), preset_tier: Some(&professional), ..bare("Example") };
        let settings = read(&commented(&new));
        assert_eq!(settings.defaults.product.as_ref(), Some(&product));
        let shown: Vec<String> = settings
            .presets
            .iter()
            .map(|(name, preset)| {
                assert_eq!(preset.tier.as_ref(), Some(&professional));
                let (term, customer) = (preset.term.unwrap(), preset.customer.as_ref().map_or("-", Slug::as_str));
                format!("{name}: {term} {} {customer} {}", preset.kind, preset.internal)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "demo: 14d trial - false",
                "internal: 1y commercial internal true",
                "test: 30d test internal true",
                "trial: 30d trial - false",
            ]
        );
    }

    #[test]
    fn an_issuer_is_written_where_it_is_not_the_default() {
        let issuer = |name, issuer| read(&commented(&NewSettings { issuer, ..bare(name) })).authority.issuer;
        assert_eq!(issuer("Example", Some("https://example.com")), "https://example.com");
        assert_eq!(issuer("Example", Some("example")), "example");
        assert_eq!(issuer("!!!", Some("bangs")), "bangs");
        let text = commented(&NewSettings { issuer: Some("example"), ..bare("Example") });
        assert!(text.contains("\n# issuer = \"example\"\n"), "{text}");
    }

    #[test]
    fn defaults_outlast_a_name_that_looks_like_a_placeholder() {
        assert_eq!(read(&commented(&bare("{issuer} & {tier}"))).authority.name, "{issuer} & {tier}");
    }

    proptest! {
        #[test]
        fn every_name_is_written_so_that_it_reads_back(name in "[A-Za-z](\\PC|[\"'\\\\#]){0,30}[A-Za-z]") {
            let text = commented(&bare(&name));
            let settings = Settings::parse(&text, Path::new("lic.toml"));
            prop_assume!(!name.chars().any(crate::license::text::is_hidden));
            let settings = settings.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(settings.authority.name, name);
            prop_assert_eq!(settings.defaults.out, PathBuf::from("."));
        }

        #[test]
        fn no_name_ends_its_line(name in "(\\PC|[\n\r\t\u{2028}\u{202e}\"]){0,30}") {
            let text = commented(&NewSettings { issuer: Some(&name), ..bare(&name) });
            prop_assert_eq!(text.lines().count(), commented(&bare("a")).lines().count());
            prop_assert!(text.parse::<toml::Table>().is_ok());
        }
    }
}
