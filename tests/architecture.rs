//! The house rules that a compiler does not check: who may import whom, where SQL stands, where the world is touched, and how
//! long the files are that must stay short.
//!
//! The sources are read as text: comments and literals are told from code, nothing more. What stands under `#[cfg(test)]` at
//! the end of a file is held to none of these rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate, and the modules that each may import.
const MAY_IMPORT: [(&str, &[&str]); 13] = [
    ("license", &[]),
    ("token", &["license"]),
    ("machine", &["license"]),
    ("guard", &["license", "token", "machine"]),
    ("audit", &["license"]),
    ("ledger", &["license", "token", "machine", "audit"]),
    ("keyring", &["license", "token", "machine", "audit"]),
    ("mail", &["license", "token", "machine", "audit"]),
    ("render", &["license"]),
    ("world", &["license", "machine"]),
    ("authority", &["license", "token", "machine", "guard", "audit", "ledger", "keyring", "mail", "world"]),
    ("cli", &["license", "token", "machine", "guard", "audit", "ledger", "keyring", "mail", "world", "render", "authority"]),
    ("main", &["cli", "world"]),
];

/// Imports beyond that rule, each of one file, with the reason.
const IMPORTS_EXCUSED: [(&str, &str, &str); 0] = [];

/// What only `world` may name: the clock, the entropy and the environment of the process.
const OF_THE_WORLD: [&str; 9] =
    ["SystemTime", "Utc::now", "Local::now", "Instant", "getrandom", "OsRng", "std::env", "env::var", "temp_dir()"];

/// Where these names may stand all the same, with the reason.
const WORLD_EXCUSED: [(&str, &str, &str); 5] = [
    ("src/main.rs", "std::env", "the arguments of the process are handed over here"),
    ("src/license/time.rs", "SystemTime", "a moment is made of the system's type; nobody asks for the time"),
    ("src/authority/snippets/main.rs", "SystemTime", "a template that is printed, no part of the program"),
    ("src/authority/snippets/main.rs", "std::env", "a template that is printed, no part of the program"),
    ("src/cli/commands/demo.rs", "std::env", "the folder for temporary files is the system's own"),
];

/// The longest `main.rs`, and the longest file of one command.
const LONGEST_MAIN: usize = 20;
const LONGEST_COMMAND: usize = 200;

/// A source file of the crate.
struct Source {
    /// Its path from the root of the package, with `/`.
    path: String,
    /// Its lines, all of them.
    lines: usize,
    /// What runs in the program: without comments, without tests, literals emptied.
    code: String,
    /// The literals of the same.
    literals: Vec<String>,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let shown = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        let lines = text.lines().count();
        let (code, literals) = split(without_tests(&text));
        Self { path: shown, lines, code, literals }
    }

    /// How many `super::` lead from it to the root of the crate.
    fn depth(&self) -> usize {
        let parts = self.path.strip_prefix("src/").unwrap().split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }

    /// The module of the crate that it belongs to: `ledger` of `src/ledger/open.rs`.
    fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap();
        let first = below.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Every Rust file under `src/` that is compiled, in order.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "only {} files under src/", paths.len());
    paths.iter().map(|path| Source::read(root, path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The text up to its tests, which stand at the end of a file.
fn without_tests(text: &str) -> &str {
    let starts = |(place, _): &(usize, &str)| {
        let mut lines = text[place + 1..].lines();
        let condition = lines.next().unwrap_or_default();
        condition.contains("test") && lines.next().is_some_and(|line| line.ends_with("mod tests {"))
    };
    text.match_indices("\n#[cfg(").find(starts).map_or(text, |(end, _)| &text[..end])
}

/// Code with its comments taken out and its literals emptied, and the literals.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let signs: Vec<char> = text.chars().collect();
    let at = |place: usize| signs.get(place).copied().unwrap_or('\0');
    let mut place = 0;
    while place < signs.len() {
        match at(place) {
            '/' if at(place + 1) == '/' => {
                while place < signs.len() && at(place) != '\n' {
                    place += 1;
                }
            }
            '/' if at(place + 1) == '*' => {
                while place < signs.len() && !(at(place) == '*' && at(place + 1) == '/') {
                    place += 1;
                }
                place += 2;
            }
            'r' if matches!(at(place + 1), '"' | '#')
                && !at(place.wrapping_sub(1)).is_alphanumeric()
                && raw(&signs, place).is_some() =>
            {
                let (literal, end) = raw(&signs, place).unwrap();
                literals.push(literal);
                code.push_str("\"\"");
                place = end;
            }
            '"' => {
                let mut literal = String::new();
                place += 1;
                while place < signs.len() && at(place) != '"' {
                    place += usize::from(at(place) == '\\');
                    literal.push(at(place));
                    place += 1;
                }
                literals.push(literal);
                code.push_str("\"\"");
                place += 1;
            }
            // A character; a lifetime has no quote behind its first letter.
            '\'' if at(place + 1) == '\\' || at(place + 2) == '\'' => {
                place += 2 + usize::from(at(place + 1) == '\\');
                while place < signs.len() && at(place) != '\'' {
                    place += 1;
                }
                place += 1;
            }
            sign => {
                code.push(sign);
                place += 1;
            }
        }
    }
    (code, literals)
}

/// The raw string that starts here, and where it ends.
fn raw(signs: &[char], start: usize) -> Option<(String, usize)> {
    let hashes = signs[start + 1..].iter().take_while(|sign| **sign == '#').count();
    let open = start + 1 + hashes;
    if signs.get(open) != Some(&'"') {
        return None;
    }
    let closes = |place: usize| {
        signs[place] == '"' && signs[place + 1..].iter().take(hashes).filter(|sign| **sign == '#').count() == hashes
    };
    let end = (open + 1..signs.len()).find(|place| closes(*place))?;
    Some((signs[open + 1..end].iter().collect(), end + 1 + hashes))
}

/// The modules of the crate that the code of a file names: by `crate::x`, `crate::{x, y}`, `lic::x`, and by as many `super::`
/// as lead out of its own module. `depth` is how many that are.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "lic::", &"super::".repeat(depth)] {
        for (start, _) in code.match_indices(root) {
            let starts_a_path = !code[..start].ends_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '_' | ':'));
            if starts_a_path {
                found.extend(heads(&code[start + root.len()..]));
            }
        }
    }
    found
}

/// The first names of a path: `ledger` of `ledger::Tables`; `ledger` and `world` of `{ledger::{A, B}, world::C}`.
fn heads(path: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut depth, mut found, mut item) = (0, Vec::new(), String::new());
    for sign in group.chars() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.push(name(&std::mem::take(&mut item))),
            _ => {}
        }
        item.push(if sign == ',' && depth == 0 { ' ' } else { sign });
    }
    found.push(name(&item));
    found.retain(|name| !name.is_empty());
    found
}

/// The excuses, each to be used or to be taken off.
struct Excuses<'e> {
    left: BTreeMap<(&'e str, &'e str), &'e str>,
}

impl<'e> Excuses<'e> {
    fn new(excuses: &'e [(&'e str, &'e str, &'e str)]) -> (Self, BTreeSet<(&'e str, &'e str)>) {
        let known: BTreeMap<_, _> = excuses.iter().map(|(path, what, why)| ((*path, *what), *why)).collect();
        let all = known.keys().copied().collect();
        (Self { left: known }, all)
    }

    fn used(&mut self, path: &str, what: &str) {
        self.left.retain(|(known, name), _| !(*known == path && *name == what));
    }
}

#[test]
fn imports_run_one_way() {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let (mut excuses, excused) = Excuses::new(&IMPORTS_EXCUSED);
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.module();
        if module == "lib" {
            continue;
        }
        let allowed = rules.get(module).unwrap_or_else(|| panic!("{}: add the module '{module}' to MAY_IMPORT", source.path));
        for import in imports(&source.code, source.depth()) {
            if import == module || allowed.contains(&import.as_str()) || !rules.contains_key(import.as_str()) {
                continue;
            }
            excuses.used(&source.path, &import);
            if !excused.contains(&(source.path.as_str(), import.as_str())) {
                broken.push(format!("{}: '{module}' must not see '{import}'", source.path));
            }
        }
    }
    assert_eq!(broken, [""; 0], "imports run one way: see the table on top of this file");
    assert_eq!(excuses.left, BTreeMap::new(), "these excuses are not needed any more");
}

/// `license`, `token` and `audit` are pure: they open no file and no connection.
#[test]
fn the_pure_modules_do_no_input_and_no_output() {
    let mut broken = Vec::new();
    for source in sources() {
        if !["license", "token", "audit", "render"].contains(&source.module()) {
            continue;
        }
        for name in ["std::fs", "std::net", "std::process", "std::thread", "File::open", "println!", "eprintln!", "print!"] {
            if source.code.contains(name) {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn sql_stands_under_the_ledger_alone() {
    const STATEMENTS: [&str; 9] = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "PRAGMA ",
        "ALTER TABLE ",
    ];
    let mut in_ledger = 0;
    for source in sources() {
        let named = source.code.contains("rusqlite");
        let statements: Vec<&String> = source
            .literals
            .iter()
            .filter(|literal| STATEMENTS.iter().any(|start| literal.trim_start().starts_with(start)))
            .collect();
        if source.module() == "ledger" {
            in_ledger += statements.len();
        } else {
            assert!(!named, "{} names rusqlite: that belongs under src/ledger/", source.path);
            assert!(statements.is_empty(), "{}: SQL belongs under src/ledger/: {statements:?}", source.path);
        }
    }
    assert!(in_ledger > 20, "only {in_ledger} statements were found: does this test still see them?");
}

#[test]
fn the_clock_the_entropy_and_the_environment_are_touched_in_the_world_alone() {
    let (mut excuses, excused) = Excuses::new(&WORLD_EXCUSED);
    let mut broken = Vec::new();
    let mut in_world = 0;
    for source in sources() {
        for name in OF_THE_WORLD.iter().filter(|name| source.code.contains(**name)) {
            if source.module() == "world" {
                in_world += 1;
                continue;
            }
            excuses.used(&source.path, name);
            if !excused.contains(&(source.path.as_str(), *name)) {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(in_world > 2, "does this test still see what it looks for?");
    assert_eq!(broken, [""; 0], "take it from the world, as an argument");
    assert_eq!(excuses.left, BTreeMap::new(), "these excuses are not needed any more");
}

/// Temporary files have random names, which `tempfile` makes; nothing of it may reach a key. The few places are listed.
#[test]
fn temporary_files_are_made_where_files_are_written() {
    let places: Vec<String> =
        sources().into_iter().filter(|source| source.code.contains("tempfile::")).map(|source| source.path).collect();
    assert_eq!(
        places,
        [
            "src/authority/backup/mod.rs",
            "src/authority/bulk/spool.rs",
            "src/authority/exchange.rs",
            "src/authority/init.rs",
            "src/authority/notify/metrics.rs",
            "src/authority/restore.rs",
            "src/cli/commands/bulk/lists.rs",
            "src/cli/commands/demo.rs",
            "src/cli/commands/saving.rs",
            "src/keyring/files.rs",
        ]
    );
}

#[test]
fn nothing_writes_to_the_standard_streams_behind_the_world() {
    let mut broken = Vec::new();
    for source in sources().into_iter().filter(|source| source.module() != "world" && !source.path.contains("/snippets/")) {
        for name in ["println!", "eprintln!", "dbg!", "io::stdout", "io::stderr", "io::stdin", "process::exit"] {
            // A panic may have come from the terminal itself.
            let excused = source.path == "src/cli/mod.rs" && matches!(name, "io::stderr" | "process::exit");
            if source.code.contains(name) && !excused {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn main_hands_over_the_world_and_nothing_else() {
    let main = sources().into_iter().find(|source| source.path == "src/main.rs").unwrap();
    assert!(main.lines <= LONGEST_MAIN, "src/main.rs has {} lines, more than {LONGEST_MAIN}", main.lines);
}

#[test]
fn the_file_of_a_command_is_short() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("src/cli/commands/") && source.lines > LONGEST_COMMAND)
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert_eq!(long, [""; 0], "a command's file has at most {LONGEST_COMMAND} lines: what else moved in?");
}

#[test]
fn every_file_says_on_top_what_belongs_in_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.path.contains("/snippets/main.rs"))
        .filter(|source| !fs::read_to_string(root.join(&source.path)).unwrap().starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn comments_and_literals_are_no_code() {
    let (code, literals) = split(
        "let a = \"x // \\\" y\"; // SystemTime\n/* std::env */ let b = r#\"SELECT \"1\"\"#; let c = '\"'; fn f<'a>(x: &'a str) {}",
    );
    assert!(!code.contains("SystemTime") && !code.contains("std::env"), "{code}");
    assert!(code.contains("fn f<'a>(x: &'a str) {}"), "{code}");
    assert_eq!(literals, ["x // \" y", "SELECT \"1\""]);
}

#[test]
fn imports_are_seen_in_whatever_form_they_are_written() {
    let code = "use crate::ledger::Tables; use crate::{world::{A, B}, mail, token::C}; fn f() { crate::cli::run() } use mycrate::audit::X; \
        use super::near; use super::super::render::escape;";
    let seen: Vec<String> = imports(code, 2).into_iter().collect();
    assert_eq!(seen, ["cli", "ledger", "mail", "render", "token", "world"]);
}
