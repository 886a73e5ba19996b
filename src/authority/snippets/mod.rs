//! Programs that check a license key, one for each language, with a vendor's public keys in them.
//!
//! What belongs here: the programs (real files, so that editors and compilers read them), and how the vendor's keys and names
//! get into them. Which keys and names those are is decided by the caller. The programs hold four placeholders, each a whole
//! string literal: `"{{issuer}}"` and `"{{product}}"`, and `"{{kid}}"` and `"{{x}}"` on one line, which stands once for each key.

mod literal;

use std::fmt;
use std::str::FromStr;

/// A language that there is a program in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python, with PyJWT.
    Python,
    /// JavaScript for Node, with jose.
    Node,
    /// Go, with its standard library.
    Go,
    /// Java 17, with its standard library.
    Java,
    /// C#, with Bouncy Castle.
    CSharp,
    /// PHP, with its sodium extension.
    Php,
    /// Rust, with the `lic` crate.
    Rust,
    /// C, with OpenSSL and cJSON.
    C,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 8] = [Self::Python, Self::Node, Self::Go, Self::Java, Self::CSharp, Self::Php, Self::Rust, Self::C];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Go => "go",
            Self::Java => "java",
            Self::CSharp => "csharp",
            Self::Php => "php",
            Self::Rust => "rust",
            Self::C => "c",
        }
    }

    /// What its program is called, as some of the languages ask for a name.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Python => "verify.py",
            Self::Node => "verify.mjs",
            Self::Go => "main.go",
            Self::Java => "Main.java",
            Self::CSharp => "Program.cs",
            Self::Php => "verify.php",
            Self::Rust => "main.rs",
            Self::C => "verify.c",
        }
    }

    /// The ending of its files, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// What to type to run its program on a key in `KEY.lic`.
    #[must_use]
    pub fn run_line(self) -> &'static str {
        match self {
            Self::Python => "pip install 'pyjwt[crypto]' && python verify.py KEY.lic",
            Self::Node => "npm install jose && node verify.mjs KEY.lic",
            Self::Go => "go run main.go KEY.lic",
            Self::Java => "java Main.java KEY.lic",
            Self::CSharp => "dotnet add package BouncyCastle.Cryptography && dotnet run -- KEY.lic",
            Self::Php => "php verify.php KEY.lic",
            Self::Rust => "cargo run -- KEY.lic",
            Self::C => "cc -o verify verify.c -lcrypto -lcjson && ./verify KEY.lic",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Python => include_str!("verify.py"),
            Self::Node => include_str!("verify.mjs"),
            Self::Go => include_str!("main.go"),
            Self::Java => include_str!("Main.java"),
            Self::CSharp => include_str!("Program.cs"),
            Self::Php => include_str!("verify.php"),
            Self::Rust => include_str!("main.rs"),
            Self::C => include_str!("verify.c"),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a language is python, node, go, java, csharp, php, rust or c")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.as_str() == text).ok_or(UnknownLanguage)
    }
}

/// What goes into a program.
#[derive(Debug, Clone, Copy)]
pub struct SnippetInput<'a> {
    /// The public keys that it accepts: kid, and the key's 32 bytes in base64url (the `x` of its JWK).
    pub keys: &'a [(String, String)],
    /// The authority (`iss`).
    pub issuer: &'a str,
    /// The product (`aud`).
    pub product: &'a str,
}

/// The whole program in `language`, with the keys and names of `input` as string literals.
#[must_use]
pub fn render(language: Language, input: &SnippetInput<'_>) -> String {
    let mut program = String::new();
    for line in language.template().split_inclusive('\n') {
        if line.contains(r#""{{kid}}""#) {
            for (kid, x) in input.keys {
                fill(&mut program, line, language, &[("kid", kid), ("x", x)]);
            }
        } else {
            fill(&mut program, line, language, &[("issuer", input.issuer), ("product", input.product)]);
        }
    }
    program
}

/// Appends a line with its placeholders filled in, in one pass: what was filled in is never searched again.
fn fill(program: &mut String, line: &str, language: Language, values: &[(&str, &str)]) {
    let mut rest = line;
    while let Some((before, from)) = rest.split_once(r#""{{"#) {
        program.push_str(before);
        let known = values.iter().find_map(|(name, value)| {
            let after = from.strip_prefix(name)?.strip_prefix(r#"}}""#)?;
            Some((value, after))
        });
        match known {
            Some((value, after)) => {
                program.push_str(&literal::of(language, value));
                rest = after;
            }
            None => {
                program.push_str(r#""{{"#);
                rest = from;
            }
        }
    }
    program.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> Vec<(String, String)> {
        (0..count).map(|n| (format!("kid-{n}_34567890abc"), format!("x{n}"))).collect()
    }

    #[test]
    fn every_word_reads_back() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert_eq!("cobol".parse::<Language>(), Err(UnknownLanguage));
    }

    #[test]
    fn the_error_names_every_language() {
        for language in Language::ALL {
            assert!(UnknownLanguage.to_string().contains(language.as_str()), "{language}");
        }
    }

    #[test]
    fn every_program_says_how_to_run_it() {
        for language in Language::ALL {
            assert!(language.file_name().ends_with(&format!(".{}", language.extension())), "{language}");
            assert!(language.run_line().ends_with("KEY.lic"), "{language}");
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in Language::ALL {
            for name in ["issuer", "product", "kid", "x"] {
                let placeholder = format!(r#""{{{{{name}}}}}""#);
                assert_eq!(language.template().matches(&placeholder).count(), 1, "{language} {name}");
            }
            let program = render(language, &SnippetInput { keys: &keys(2), issuer: "Acme", product: "cockpit" });
            for left in ["{{issuer", "{{product", "{{kid", "{{x"] {
                assert!(!program.contains(left), "{language} {left}");
            }
        }
    }

    #[test]
    fn each_key_stands_in_the_program_once_on_its_own_line() {
        for language in Language::ALL {
            for count in 0..4 {
                let keys = keys(count);
                let program = render(language, &SnippetInput { keys: &keys, issuer: "Acme", product: "cockpit" });
                assert_eq!(program.lines().count(), language.template().lines().count() + count - 1, "{language}");
                for (kid, x) in &keys {
                    let holds = |line: &&str| line.contains(&format!("\"{kid}\"")) && line.contains(&format!("\"{x}\""));
                    assert_eq!(program.lines().filter(holds).count(), 1, "{language} {kid}");
                }
            }
        }
    }

    #[test]
    fn a_plain_name_stands_as_it_is() {
        for language in Language::ALL {
            let program =
                render(language, &SnippetInput { keys: &keys(1), issuer: "Acme Inc. (Berlin) 100%", product: "cockpit" });
            assert!(program.contains(r#""Acme Inc. (Berlin) 100%""#), "{language}");
            assert!(program.contains(r#""cockpit""#), "{language}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_searched_for_placeholders() {
        let input = SnippetInput { keys: &[], issuer: r#"{{product}}"#, product: "cockpit" };
        assert!(render(Language::Python, &input).contains(r#"ISSUER = "{{product}}""#));
    }

    #[test]
    fn a_hostile_name_stays_one_string_literal() {
        let hostile = "\"; \\\" ' ` $(id) ${x} {$x} #{x}\n\r\u{2028}\u{0}\u{7f}\u{202e} ??/ */ ?> \\u0022 {{kid}} \"{{x}}\"";
        for language in Language::ALL {
            let with = |name| render(language, &SnippetInput { keys: &keys(1), issuer: name, product: name });
            let expected = with("STAND-IN").replace("\"STAND-IN\"", &literal::of(language, hostile));
            assert_eq!(with(hostile), expected, "{language}");
        }
    }
}
