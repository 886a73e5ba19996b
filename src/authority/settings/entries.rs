//! The settings as a flat list, each with its origin: for `lic config show --origin`.

use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Settings;

/// One setting that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its full name, `presets.trial.for`.
    pub key: String,
    /// Its value as plain text; lists are joined with commas. `None` where nothing is set and nothing is the default.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The settings file, in this line, counted from 1.
    File(usize),
    /// An environment variable, by its name.
    Environment(&'static str),
    /// A flag of the command, by its name.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.pad("default"),
            Self::File(line) => out.pad(&format!("lic.toml line {line}")),
            Self::Environment(name) | Self::Flag(name) => out.pad(name),
        }
    }
}

impl Settings {
    /// Every setting that is in force, in the order of their names.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        // It was read before, so that it can be read again.
        if let Ok(document) = DeTable::parse(&self.text) {
            collect(&self.text, "", document.get_ref(), &mut entries);
        }
        let days: Vec<String> = self.notify.windows.iter().map(u32::to_string).collect();
        let defaults = [
            ("authority.issuer", Some(self.authority.issuer.clone())),
            ("backup.folder", Some(self.backup.folder.as_deref().unwrap_or(Path::new("backups")).display().to_string())),
            ("backup.keep", None),
            ("backup.max_age_days", Some(self.backup.max_age_days.to_string())),
            ("defaults.out", Some(self.defaults.out.display().to_string())),
            ("defaults.product", None),
            ("defaults.tier", None),
            ("notify.customers", Some(self.notify.customers.to_string())),
            ("notify.windows", Some(days.join(", "))),
            ("status.uri", None),
        ];
        for (key, value) in defaults {
            if entries.iter().all(|entry| entry.key != key) {
                entries.push(Entry { key: key.to_owned(), value, origin: Origin::Default });
            }
        }
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        entries
    }
}

fn collect(text: &str, prefix: &str, table: &DeTable<'_>, entries: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) => collect(text, &key, inner, entries),
            leaf => {
                let line = text[..name.span().start].matches('\n').count() + 1;
                entries.push(Entry { key, value: Some(plain(leaf)), origin: Origin::File(line) });
            }
        }
    }
}

/// A value as plain text.
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(list) => list.iter().map(|item| plain(item.get_ref())).collect::<Vec<_>>().join(", "),
        // No list here has tables in it.
        DeValue::Table(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_says_the_line_it_comes_from() {
        let text = "\u{feff}# The vendor\n[authority]\nname = \"Example \\\"Software\\\"\"\n\n[presets.trial]\nfor = \"30d\"\nfeatures = [\n  \"sso\",\n  \"api\",\n]\nseats = 5\nlimits = { users = 1_000 }\n[defaults]\nout = \"keys\"\n";
        let settings = Settings::parse(text, Path::new("lic.toml")).unwrap();
        let shown: Vec<String> = settings
            .entries()
            .into_iter()
            .map(|entry| format!("{} = {} ({})", entry.key, entry.value.unwrap_or_default(), entry.origin))
            .collect();
        assert_eq!(
            shown,
            [
                "authority.issuer = example-software (default)",
                "authority.name = Example \"Software\" (lic.toml line 3)",
                "backup.folder = backups (default)",
                "backup.keep =  (default)",
                "backup.max_age_days = 7 (default)",
                "defaults.out = keys (lic.toml line 14)",
                "defaults.product =  (default)",
                "defaults.tier =  (default)",
                "notify.customers = true (default)",
                "notify.windows = 30, 14, 7, 1, 0 (default)",
                "presets.trial.features = sso, api (lic.toml line 7)",
                "presets.trial.for = 30d (lic.toml line 6)",
                "presets.trial.limits.users = 1000 (lic.toml line 12)",
                "presets.trial.seats = 5 (lic.toml line 11)",
                "status.uri =  (default)",
            ]
        );
    }
}
