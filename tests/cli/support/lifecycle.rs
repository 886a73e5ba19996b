//! A desk on which licenses have a past: what the tests of renewing, changing, revoking and transferring begin with.

use super::{Desk, with_customer};

/// A desk with customers `acme` and `globex`, the archived `old`, the viewer `eve`, and the issuer `ivan`, who may issue
/// commercial licenses of up to a year.
pub fn house() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    desk.lic(&["customer", "add", "old", "--name", "Old Corp"]).done();
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    let ivan =
        ["operator", "add", "ivan", "--role", "issuer", "--no-passphrase", "--type", "commercial", "--longest", "1y", "-q"];
    desk.lic(&ivan).done();
    desk
}

/// Issues a license; gives its id.
pub fn license(desk: &Desk, args: &[&str]) -> String {
    desk.lic(&[&["issue"], args, &["--out", "keys/", "-o", "name"]].concat()).done().stdout.trim().to_owned()
}

/// A license as `lic show` has it.
pub fn shown(desk: &Desk, id: &str) -> serde_json::Value {
    desk.lic(&["show", id, "--history", "--json"]).done().json()["license"].clone()
}

/// What a command leaves as it was: the ledger and the files.
pub fn unchanged(desk: &Desk, before: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>, what: &str) {
    assert!(desk.files() == *before, "{what} changed something");
}
