//! SECURITY.md says which test shows each defence: every test that it names exists, and every threat names one.

use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all tests below a folder: of functions behind a `#[test]`.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for piece in text.split("#[test]").skip(1) {
                let after = piece.split_once("fn ").map_or("", |(_, after)| after);
                found.extend(after.split_once('(').map(|(name, _)| name.to_owned()));
            }
        }
    }
}

/// The words in backticks that can only be the names of tests.
fn named(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() >= 2 && !word.contains(['.', ' ', '/'])).collect()
}

#[test]
fn every_test_that_security_md_names_exists() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let mut found = BTreeSet::new();
    tests(&root().join("src"), &mut found);
    tests(&root().join("tests"), &mut found);
    let missing: Vec<&str> = named(&text).into_iter().filter(|name| !found.contains(*name)).collect();
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:?}");
}

#[test]
fn every_threat_in_security_md_names_the_test_that_shows_its_defence() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let threats: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(threats.len() >= 30, "{} threats", threats.len());
    for threat in threats {
        let cells: Vec<&str> = threat.trim_matches('|').split(" | ").collect();
        assert!(cells.len() == 3 && !named(cells[2]).is_empty(), "{threat}");
    }
}
