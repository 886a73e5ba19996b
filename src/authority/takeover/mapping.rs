//! The mapping file: what the columns of an older system's CSV mean, and how its words are ours.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::format::{Item, StrftimeItems};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::authority::settings::error::Mistake;
use crate::authority::settings::{SettingsError, fields, without_mark};
use crate::license::{Date, LicenseType, Slug};

/// What the columns of a file mean.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the older system is called.
    #[serde(deserialize_with = "fields::display_name")]
    pub system: String,
    /// The product of tiers that are named without one.
    #[serde(default)]
    pub product: Option<Slug>,
    /// Which column says what.
    pub columns: Columns,
    /// How dates are written.
    #[serde(default)]
    pub dates: Dates,
    /// Which word stands for which tier.
    #[serde(default)]
    pub tiers: BTreeMap<String, String>,
    /// Which word stands for which type.
    #[serde(default)]
    pub types: BTreeMap<String, LicenseType>,
    /// Words for no limit to the seats.
    #[serde(default = "unlimited")]
    pub unlimited: Vec<String>,
    /// Whose the licenses are.
    #[serde(default)]
    pub customers: Customers,
}

/// `[columns]`: which column says what, by the names in the header.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The number of the license, unique in the older system.
    pub reference: String,
    /// Whose it is.
    pub customer: String,
    /// The tier.
    pub tier: String,
    /// The key.
    pub key: Option<String>,
    /// The name of a customer who is not known yet.
    pub customer_name: Option<String>,
    /// The mail address of such a customer.
    pub mail: Option<String>,
    /// Commercial or trial.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How many seats.
    pub seats: Option<String>,
    /// The first day.
    pub starts: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// `[dates]`: how dates are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dates {
    /// As `strftime` spells it.
    #[serde(deserialize_with = "date_format")]
    pub format: String,
    /// Words for no end.
    pub perpetual: Vec<String>,
}

impl Default for Dates {
    fn default() -> Self {
        Self { format: "%Y-%m-%d".into(), perpetual: vec!["never".into(), "perpetual".into()] }
    }
}

impl Dates {
    /// The day that a cell names.
    pub fn parse(&self, text: &str) -> Option<Date> {
        chrono::NaiveDate::parse_from_str(text, &self.format).ok()?.to_string().parse().ok()
    }
}

/// `[customers]`: whose the licenses are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Customers {
    /// What the column holds.
    pub by: CustomerBy,
    /// Whether those who are not known are added.
    pub create: bool,
}

/// By what the file names a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerBy {
    /// The short name.
    #[default]
    Slug,
    /// The account's number in another system.
    Reference,
    /// The display name.
    Name,
}

fn unlimited() -> Vec<String> {
    vec!["unlimited".into()]
}

fn date_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let format = String::deserialize(deserializer)?;
    let mut items = StrftimeItems::new(&format);
    if items.any(|item| matches!(item, Item::Error)) || !StrftimeItems::new(&format).any(|item| !matches!(item, Item::Literal(_)))
    {
        return Err(D::Error::custom(format!("'{format}' is no way to write dates; day.month.year is \"%d.%m.%Y\"")));
    }
    Ok(format)
}

impl Mapping {
    /// Reads a mapping; `path` is for the messages.
    ///
    /// # Errors
    /// [`SettingsError::Mistake`], with the place.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let text = without_mark(text);
        Ok(toml::from_str(text).map_err(|error| Mistake::from_toml(text, path, &error))?)
    }
}

/// A mapping to start with, with a comment on everything that it may say.
pub const TEMPLATE: &str = r#"# What the columns of an older system's CSV mean, for 'lic migrate-from csv FILE --map THIS'.

# What the older system is called. Together with the number of a license it says which licenses were taken over already.
system = "keybox"
# The product of tiers that are named without one.
# product = "cockpit"

# Which column says what: the names as they stand in the first line of the file.
[columns]
# The number of the license in the older system. No two rows may have the same.
reference = "License No"
# Whose it is: see [customers].
customer = "Customer"
# The tier: see [tiers].
tier = "Edition"
# The key of the older system: 'lic verify' then says of it that it is one.
# key = "License Key"
# Name and mail address of customers who are not known yet.
# customer_name = "Company"
# mail = "Contact"
# Commercial or trial: see [types]. Without it, all are commercial.
# type = "Kind"
# How many seats; an empty cell, or no such column: as the tier has it.
# seats = "Users"
# The first day. Without it, the day on which the license is taken over.
# starts = "Purchased"
# The last day. Without it, the tier's own term runs from the first day.
# until = "Valid until"
# Anything worth knowing.
# note = "Remarks"

[dates]
# How dates are written: %d day, %m month, %Y year of four digits, %y of two, %b Jan, %H:%M:%S time.
# format = "%Y-%m-%d"
# What stands in the column of the last day where there is none. Add "" where the cell is empty.
# perpetual = ["never", "perpetual"]

# Which word of the older system stands for which tier. A word that is the name of a tier need not stand here.
[tiers]
# "Pro" = "professional"
# "Site License" = "cockpit/enterprise"

# Which word stands for commercial or trial.
[types]
# "Full" = "commercial"
# "Evaluation" = "trial"

[customers]
# What the column of the customer holds: slug (the short name), reference (the number in another system) or name.
# by = "slug"
# Whether customers who are not known are added. If not, a row with one is refused.
# create = false
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Mapping::parse(text, Path::new("map.toml")).unwrap_err().to_string().lines().next().unwrap().to_owned()
    }

    #[test]
    fn the_template_is_a_mapping_with_and_without_what_is_commented_out() {
        let path = Path::new("map.toml");
        let mapping = Mapping::parse(TEMPLATE, path).unwrap();
        assert_eq!((mapping.system.as_str(), mapping.columns.tier.as_str()), ("keybox", "Edition"));
        assert_eq!((mapping.dates.format.as_str(), mapping.customers.create), ("%Y-%m-%d", false));
        let all: Vec<&str> = TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if setting.contains(" = ") && !setting.contains(": ") => setting,
                _ => line,
            })
            .collect();
        let mapping = Mapping::parse(&all.join("\n"), path).unwrap();
        assert_eq!(mapping.columns.until.as_deref(), Some("Valid until"));
        assert_eq!(mapping.tiers["Site License"], "cockpit/enterprise");
        assert_eq!(mapping.types["Evaluation"], LicenseType::Trial);
    }

    #[test]
    fn mistakes_are_told() {
        let whole = "system = 'x'\n[columns]\nreference = 'a'\ncustomer = 'b'\ntier = 'c'\n";
        assert!(Mapping::parse(whole, Path::new("map.toml")).is_ok());
        insta::assert_snapshot!(refused(&whole.replace("tier", "teir")), @"unknown setting `teir`");
        insta::assert_snapshot!(refused(&whole.replace("tier = 'c'\n", "")), @"the setting `tier` is missing");
        insta::assert_snapshot!(refused(&format!("{whole}[dates]\nformat = '%Q'")), @"'%Q' is no way to write dates; day.month.year is \"%d.%m.%Y\"");
        insta::assert_snapshot!(refused(&format!("{whole}[dates]\nformat = 'DD.MM.YYYY'")), @"'DD.MM.YYYY' is no way to write dates; day.month.year is \"%d.%m.%Y\"");
        insta::assert_snapshot!(refused(&format!("{whole}[customers]\nby = 'mail'")), @"unknown value `mail`");
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (format, text, date) in [
            ("%Y-%m-%d", "2027-01-31", Some("2027-01-31")),
            ("%d.%m.%Y", "31.1.2027", Some("2027-01-31")),
            ("%m/%d/%y", "01/31/27", Some("2027-01-31")),
            ("%d %b %Y", "31 Jan 2027", Some("2027-01-31")),
            ("%Y-%m-%d %H:%M:%S", "2027-01-31 23:59:59", Some("2027-01-31")),
            ("%d.%m.%Y", "31.02.2027", None),
            ("%d.%m.%Y", "2027-01-31", None),
            ("%d.%m.%Y", "01.01.20277", None),
        ] {
            let dates = Dates { format: format.into(), ..Dates::default() };
            assert_eq!(dates.parse(text).map(|date| date.to_string()).as_deref(), date, "{format} {text}");
        }
    }
}
