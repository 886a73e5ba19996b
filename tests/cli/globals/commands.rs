//! Every command once, as it succeeds on the desk of [`desk`].

use std::sync::OnceLock;

use crate::support::{Desk, Template, with_customer};

/// A command, and what it does.
pub struct Example {
    /// The words of the command.
    pub command: &'static [&'static str],
    /// What follows them, for it to succeed.
    pub args: &'static [&'static str],
    /// What it does.
    pub does: Does,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Records events in the ledger.
    Records,
    /// Writes files, and nothing in the ledger.
    WritesFiles,
    /// Writes files from the ledger, and nothing in it.
    Exports,
    /// Reads the ledger and prints.
    Reads,
    /// Prints, without an authority.
    Prints,
    /// Reads the ledger and sends mail; prints nothing.
    Sends,
}
use Does::{Exports, Prints, Reads, Records, Sends, WritesFiles};

const fn example(command: &'static [&'static str], args: &'static [&'static str], does: Does) -> Example {
    Example { command, args, does }
}

/// How the kids of the desk begin: of the license key that signs, of the next one, and of the test key that is retired. They
/// follow from the random bytes that came before; [`made`] tells where they are out of date.
const ACTIVE: &str = "02wV";
const NEXT: &str = "lf4w";
const RETIRED: &str = "KyOP";

/// The ID of the machine that every desk stands on at first, and of the laptop, for the product `cockpit`.
const HERE: &str = "MID-107J8-93N40-RQ0F1-93N6T-RGM78-VYSGQ";
const LAPTOP: &str = "MID-100R0-BNJ3P-0000F-9Z3KW-DV9HZ-9A62W";

/// Every command, in the order of the help.
pub const EVERY: [Example; 82] = [
    example(&["demo"], &[], Prints),
    example(&["init"], &["--home", "new", "--name", "New", "--product", "radar", "--no-passphrase"], WritesFiles),
    example(&["issue"], &["acme", "--tier", "basic"], Records),
    example(&["quick"], &["trial", "acme"], Records),
    example(&["verify"], &["key.lic"], Reads),
    example(&["inspect"], &["key.lic"], Prints),
    example(&["fingerprint"], &["key.lic"], Prints),
    example(&["activate"], &["key.lic", "--machine", LAPTOP, "--out", "activated.lic"], Records),
    example(&["deactivate"], &["asked.lic", "--state", "asked.state", "--receipt", "receipt.txt"], WritesFiles),
    example(&["machine", "list"], &["bound.lic"], Reads),
    example(&["machine", "deactivate"], &["bound.lic", HERE], Records),
    example(&["machine", "rename"], &["bound.lic", HERE, "build server"], Records),
    example(&["list"], &[], Reads),
    example(&["show"], &["key.lic"], Reads),
    example(&["renew"], &["key.lic", "--for", "1y"], Records),
    example(&["change"], &["key.lic", "--seats", "9"], Records),
    example(&["suspend"], &["key.lic"], Records),
    example(&["revoke"], &["key.lic", "--reason", "refund"], Records),
    example(&["reinstate"], &["off.lic"], Records),
    example(&["transfer"], &["key.lic", "globex"], Records),
    example(&["customer", "add"], &["new", "--name", "Newcomer Ltd"], Records),
    example(&["customer", "list"], &[], Reads),
    example(&["customer", "show"], &["acme"], Reads),
    example(&["customer", "edit"], &["acme", "--owner", "jane"], Records),
    example(&["customer", "archive"], &["acme"], Records),
    example(&["customer", "import"], &["crm.csv"], Records),
    example(&["tier", "add"], &["site"], Records),
    example(&["tier", "list"], &[], Reads),
    example(&["tier", "show"], &["basic"], Reads),
    example(&["tier", "edit"], &["basic", "--seats", "9"], Records),
    example(&["tier", "retire"], &["basic"], Records),
    example(&["tier", "apply"], &["tiers.toml"], Records),
    example(&["operator", "add"], &["kim", "--role", "issuer", "--no-passphrase"], Records),
    example(&["operator", "list"], &[], Reads),
    example(&["operator", "edit"], &["bob", "--name", "Bob"], Records),
    example(&["operator", "remove"], &["bob"], Records),
    example(&["key", "list"], &[], Reads),
    example(&["key", "export"], &[], Reads),
    example(&["report", "expiring"], &[], Reads),
    example(&["report", "expired"], &[], Reads),
    example(&["report", "issued"], &[], Reads),
    example(&["report", "customers"], &[], Reads),
    example(&["report", "tiers"], &[], Reads),
    example(&["report", "seats"], &[], Reads),
    example(&["report", "revenue"], &[], Reads),
    example(&["report", "machines"], &[], Reads),
    example(&["report", "renewals"], &[], Reads),
    example(&["audit", "log"], &[], Reads),
    example(&["audit", "verify"], &[], Reads),
    example(&["audit", "checkpoint"], &[], Reads),
    example(&["audit", "prove"], &["key.lic"], Reads),
    example(&["audit", "check"], &["key.tlog-proof", "--key", "log.vkey"], Prints),
    example(&["export"], &[], Reads),
    example(&["import"], &["ledger.jsonl", "--home", "new"], WritesFiles),
    example(&["key", "new"], &["--purpose", "test"], Records),
    example(&["key", "activate"], &[NEXT], Records),
    example(&["key", "retire"], &[NEXT], Records),
    example(&["key", "compromised"], &[RETIRED, "--yes"], Records),
    example(&["key", "plan"], &[], Reads),
    example(&["key", "reissue"], &["--out", "reissued/"], Records),
    example(&["key", "give"], &[NEXT, "jane", "--no-passphrase"], Records),
    example(&["key", "take"], &[ACTIVE, "jane"], Records),
    example(&["key", "passphrase"], &["--no-passphrase"], Records),
    example(&["status", "publish"], &["--out", "lists"], Records),
    example(&["status", "show"], &["earlier/0.jwt"], Reads),
    example(&["backup"], &[], Exports),
    example(&["restore"], &["saved", "--home", "restored"], WritesFiles),
    example(&["doctor"], &[], Reads),
    example(&["migrate-from", "csv"], &["old.csv", "--map", "old.toml"], Records),
    example(&["dashboard"], &[], Reads),
    example(&["notify", "history"], &[], Reads),
    example(&["mail", "preview"], &[], Reads),
    example(&["mail", "test"], &["jane@acme.example"], Sends),
    example(&["config", "show"], &[], Reads),
    example(&["completions"], &["bash"], Prints),
    example(&["man"], &["issue"], Prints),
    // The same commands, where a flag makes them do something else.
    example(&["activate"], &["key.lic", "--request", "request.txt", "--state", "key.state"], WritesFiles),
    example(&["activate"], &["--from", "asked.txt", "--out", "asked-bound.lic"], Records),
    example(&["show"], &["key.lic", "--html", "certificate.html"], Exports),
    example(&["dashboard"], &["--html", "board.html"], Exports),
    example(&["man"], &["--out", "pages"], WritesFiles),
    example(&["quick"], &["--state", "all", "--out", "states/"], Records),
];

impl Example {
    /// The whole command.
    pub fn words(&self) -> Vec<&'static str> {
        [self.command, self.args].concat()
    }

    /// The whole command, with more.
    pub fn with(&self, more: &[&'static str]) -> Vec<&'static str> {
        [&self.words(), more].concat()
    }

    /// Whether it needs an authority.
    pub fn needs_authority(&self) -> bool {
        matches!(self.does, Records | Exports | Reads | Sends)
    }

    /// Whether it changes anything, here or elsewhere.
    pub fn changes(&self) -> bool {
        matches!(self.does, Records | Exports | WritesFiles | Sends)
    }
}

/// A desk on which every command of [`EVERY`] succeeds, once.
pub fn desk() -> Desk {
    static MADE: OnceLock<Template> = OnceLock::new();
    MADE.get_or_init(|| made().template()).desk()
}

fn made() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "bob", "--role", "viewer"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "key.lic"]).done();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    // A mail program that takes everything and does nothing with it.
    let mail = "[mail]\ntransport = 'sendmail'\nprogram = '/bin/true'\nfrom = 'licenses@example.com'\n";
    std::fs::write(settings, text.replace("# uri = \"https", "uri = \"https") + mail).unwrap();
    desk.lic(&["status", "publish", "--out", "earlier"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "off.lic"]).done();
    desk.lic(&["suspend", "off.lic"]).done();
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--machine", HERE, "--out", "bound.lic"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "asked.lic"]).done();
    desk.lic(&["activate", "asked.lic", "--request", "asked.txt", "--state", "asked.state"]).done();
    desk.lic(&["audit", "prove", "key.lic", "--out", "key.tlog-proof"]).done();
    desk.write("log.vkey", desk.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout);
    desk.lic(&["export", "--out", "ledger.jsonl"]).done();
    desk.lic(&["quick", "--out", "test.lic"]).done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    let new = |purpose: &str| desk.lic(&["key", "new", "--purpose", purpose, "--no-passphrase", "-o", "name"]).done().stdout;
    desk.lic(&["key", "activate", new("test").trim()]).done();
    let next = new("license");
    let keys = desk.lic(&["key", "list", "-o", "name"]).done().stdout;
    let kids: Vec<&str> = keys.lines().collect();
    let begins = kids[0].starts_with(ACTIVE) && next.starts_with(NEXT) && kids[1].starts_with(RETIRED);
    assert!(begins, "ACTIVE is {}, NEXT is {}, RETIRED is {}", kids[0], next.trim(), kids[1]);
    desk.write("crm.csv", "name\nCrane Ltd\n");
    desk.write("old.csv", "no,customer,edition\nA-1,acme,Basic\n");
    desk.write(
        "old.toml",
        "system = 'old'\n[columns]\nreference = 'no'\ncustomer = 'customer'\ntier = 'edition'\n[tiers]\nBasic = 'basic'\n",
    );
    desk.lic(&["backup", "--to", "made"]).done();
    let made = std::fs::read_dir(desk.path("made")).expect("backups").next().expect("a backup").expect("an entry");
    std::fs::rename(made.path(), desk.path("saved")).expect("a backup");
    desk.write("tiers.toml", "[[tier]]\nproduct = 'radar'\nslug = 'pro'\nname = 'Pro'\nrank = 1\nterm = '1y'\n");
    desk
}

#[test]
fn every_command_stands_in_the_list() {
    let defined: Vec<Vec<String>> = super::leaves().into_iter().map(|(words, _)| words).collect();
    let listed: Vec<Vec<String>> = EVERY.iter().map(|one| one.command.iter().map(ToString::to_string).collect()).collect();
    for command in &defined {
        assert!(listed.contains(command), "add 'lic {}' to EVERY", command.join(" "));
    }
    for command in &listed {
        assert!(defined.contains(command), "'lic {}' is no command", command.join(" "));
    }
}
