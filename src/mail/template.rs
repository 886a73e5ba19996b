//! The words of the mails: templates in the language of Jinja, built in, and replaced file by file in the home.
//!
//! `HOME/templates/de/customer.txt` takes the place of the German text of the mail to customers; a folder for a language that
//! is not built in makes a new one, in which what is missing is English. What a template may use is in `docs/notify.md`. In
//! `.html` templates every value is escaped.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// The language of everything that was not written in another.
pub const ENGLISH: &str = "en";

/// The built-in templates: language, name, text.
const BUILT_IN: [(&str, &str, &str); 12] = [
    ("en", "customer.subject", include_str!("templates/en/customer.subject")),
    ("en", "customer.txt", include_str!("templates/en/customer.txt")),
    ("en", "customer.html", include_str!("templates/en/customer.html")),
    ("en", "digest.subject", include_str!("templates/en/digest.subject")),
    ("en", "digest.txt", include_str!("templates/en/digest.txt")),
    ("en", "digest.html", include_str!("templates/en/digest.html")),
    ("de", "customer.subject", include_str!("templates/de/customer.subject")),
    ("de", "customer.txt", include_str!("templates/de/customer.txt")),
    ("de", "customer.html", include_str!("templates/de/customer.html")),
    ("de", "digest.subject", include_str!("templates/de/digest.subject")),
    ("de", "digest.txt", include_str!("templates/de/digest.txt")),
    ("de", "digest.html", include_str!("templates/de/digest.html")),
];

/// The largest template, in bytes.
const LARGEST: u64 = 256 * 1024;

/// A part of a mail that a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The subject.
    Subject,
    /// The text.
    Text,
    /// The HTML.
    Html,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    fn ending(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }
}

/// Why a mail could not be worded.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Nothing is written in the language.
    #[error("there are no mail templates in the language '{language}'")]
    Language {
        /// The language.
        language: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A template file cannot be read.
    #[error("cannot read {}: {}", .path.display(), .why)]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A file in the folder of templates that no mail uses.
    #[error("{} is the template of no mail", .path.display())]
    Stray {
        /// The file.
        path: PathBuf,
    },
    /// A template is not as templates are written, or uses what there is not.
    #[error("{place}: {why}")]
    Mistake {
        /// The template and the line.
        place: String,
        /// What is wrong.
        why: String,
    },
}

/// The templates of every language.
pub struct Templates {
    environment: Environment<'static>,
    /// Where each template comes from: `de/customer.txt` and its path, where it is a file.
    files: BTreeMap<String, PathBuf>,
    languages: Vec<String>,
}

impl Templates {
    /// The built-in templates, and those in the folder, if there is one. All of them are read, so that a mistake in one is found
    /// before any mail is sent.
    ///
    /// # Errors
    /// [`TemplateError`] names the file, and the line.
    pub fn load(folder: &Path) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        // Fixed, and therefore always right.
        environment.set_syntax(syntax.unwrap_or_default());
        environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        let mut templates = Self { environment, files: BTreeMap::new(), languages: Vec::new() };
        for (language, name, text) in BUILT_IN {
            templates.add(language, name, text.to_owned())?;
        }
        for (language, name, path) in overrides(folder)? {
            if BUILT_IN.iter().all(|(_, known, _)| *known != name) {
                return Err(TemplateError::Stray { path });
            }
            let text = read(&path)?;
            templates.files.insert(format!("{language}/{name}"), path);
            templates.add(&language, &name, text)?;
        }
        Ok(templates)
    }

    fn add(&mut self, language: &str, name: &str, text: String) -> Result<(), TemplateError> {
        if !self.languages.iter().any(|known| known == language) {
            self.languages.push(language.to_owned());
        }
        let full = format!("{language}/{name}");
        self.environment.add_template_owned(full.clone(), text).map_err(|error| self.mistake(&full, &error))
    }

    /// Refuses a language in which nothing is written.
    ///
    /// # Errors
    /// [`TemplateError::Language`].
    pub fn require(&self, language: &str) -> Result<(), TemplateError> {
        if self.languages.iter().any(|known| known == language) {
            return Ok(());
        }
        Err(TemplateError::Language { language: language.to_owned(), known: self.languages.clone() })
    }

    /// Words a part of a mail: of `customer` or `digest`, in a language, with these values.
    ///
    /// # Errors
    /// [`TemplateError::Mistake`] where the template uses what there is not.
    pub fn word(&self, mail: &str, part: Part, language: &str, values: &impl Serialize) -> Result<String, TemplateError> {
        let name = |language: &str| format!("{language}/{mail}.{}", part.ending());
        let mut full = name(language);
        let template = self.environment.get_template(&full).or_else(|_| {
            full = name(ENGLISH);
            self.environment.get_template(&full)
        });
        let worded = template.and_then(|template| template.render(Serde(values)));
        worded.map_err(|error| self.mistake(&full, &error))
    }

    fn mistake(&self, full: &str, error: &minijinja::Error) -> TemplateError {
        let mut place = self.files.get(full).map_or_else(|| full.to_owned(), |path| path.display().to_string());
        if let Some(line) = error.line() {
            let _ = write!(place, ":{line}");
        }
        let why = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        TemplateError::Mistake { place, why }
    }
}

/// The files of the folder: language, name, path.
fn overrides(folder: &Path) -> Result<Vec<(String, String, PathBuf)>, TemplateError> {
    let mut found = Vec::new();
    for (language, path) in entries(folder)? {
        if path.is_dir() {
            found.extend(entries(&path)?.into_iter().map(|(name, path)| (language.clone(), name, path)));
        }
    }
    found.sort();
    Ok(found)
}

/// What is in a folder, but for hidden files and the copies that editors keep; nothing where there is no folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, TemplateError> {
    let unreadable = |error: io::Error| TemplateError::Unreadable { path: folder.to_owned(), why: error.to_string() };
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(unreadable)?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !name.ends_with('~') {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, TemplateError> {
    let unreadable = |why: String| TemplateError::Unreadable { path: path.to_owned(), why };
    let size = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > LARGEST {
        return Err(unreadable(format!("larger than {} KiB", LARGEST / 1024)));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8 text".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Values {
        vendor: &'static str,
    }

    const VALUES: Values = Values { vendor: "<b>Söhne & Co</b>" };

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn refused(files: &[(&str, &str)]) -> String {
        let folder = folder(files);
        let error = Templates::load(folder.path()).err().unwrap();
        error.to_string().replace(&folder.path().display().to_string(), "T")
    }

    #[test]
    fn a_template_in_the_home_takes_the_place_of_a_built_in_one() {
        let folder = folder(&[("fr/customer.txt", "Bonjour {{ vendor }}\n"), ("fr/customer.html", "<p>{{ vendor }}\n")]);
        let templates = Templates::load(folder.path()).unwrap();
        assert_eq!(templates.word("customer", Part::Text, "fr", &VALUES).unwrap(), "Bonjour <b>Söhne & Co</b>\n");
        assert_eq!(templates.word("customer", Part::Html, "fr", &VALUES).unwrap(), "<p>&lt;b&gt;Söhne &amp; Co&lt;&#x2f;b&gt;\n");
        assert!(templates.require("fr").is_ok() && templates.require("de").is_ok());
        let unknown = templates.require("it").unwrap_err().to_string();
        assert_eq!(unknown, "there are no mail templates in the language 'it'");
    }

    #[test]
    fn a_mistake_is_found_before_anything_is_sent_and_shown_with_its_line() {
        assert_eq!(
            refused(&[("en/customer.txt", "Dear\n{% if %}\n")]),
            "T/en/customer.txt:2: syntax error: unexpected end of block"
        );
        assert_eq!(refused(&[("en/custmer.txt", "")]), "T/en/custmer.txt is the template of no mail");
        assert_eq!(refused(&[("en/digest.txt", &"x".repeat(300_000))]), "cannot read T/en/digest.txt: larger than 256 KiB");
    }

    #[test]
    fn a_value_that_is_not_there_is_a_mistake_and_not_an_empty_word() {
        let folder = folder(&[("en/customer.subject", "{{ vendor }}\n{{ vndor }}")]);
        let templates = Templates::load(folder.path()).unwrap();
        let error = templates.word("customer", Part::Subject, "en", &VALUES).unwrap_err().to_string();
        assert!(error.ends_with("en/customer.subject:2: undefined value"), "{error}");
    }

    #[test]
    fn no_folder_and_an_editor_s_copies_do_no_harm() {
        assert!(Templates::load(Path::new("/nowhere/at/all")).is_ok());
        let folder = folder(&[("en/customer.txt~", "{% if"), ("en/.customer.txt.swp", "{% if"), ("README", "{% if")]);
        assert!(Templates::load(folder.path()).is_ok());
    }
}
