//! `lic key`: the signing keys, and what verifies with them.

mod compromised;
mod copies;
mod passphrase;
mod plan;
mod reissue;
mod rotation;

use insta::assert_snapshot;

use crate::support::{Desk, Pipe, authority, empty, with_customer};

/// The kid of the key for this purpose.
fn kid(desk: &Desk, purpose: &str) -> String {
    let json = desk.lic(&["key", "list", "--json"]).done().json();
    let keys = json["signing_keys"].as_array().unwrap();
    keys.iter().find(|key| key["purpose"] == purpose).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// The kids of the keys for this purpose, the oldest first.
fn kids(desk: &Desk, purpose: &str) -> Vec<String> {
    let json = desk.lic(&["key", "list", "--json"]).done().json();
    let keys = json["signing_keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// An authority with a customer whose admin `ops` has the passphrase `correct horse`, also to be found in the file `pass`, and
/// an issuer `jane` with `battery staple`, in `janes`. Gives the kid of the license key.
fn protected() -> (Desk, String) {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.write_private("janes", "battery staple\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH", "-q"]).done();
    let add =
        ["operator", "add", "jane", "--role", "issuer", "--new-passphrase-file", "janes", "--passphrase-file", "pass", "-q"];
    desk.lic(&add).done();
    let kid = kid(&desk, "license");
    (desk, kid)
}

#[test]
fn the_signing_keys_are_listed_with_who_has_a_copy() {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    let add = ["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "--passphrase-file", "pass", "-q"];
    desk.lic(&add).done();
    assert_snapshot!("list_on_a_terminal", desk.lic_on_terminal(&["key", "list"], []));
    for format in ["json", "csv", "tsv", "name"] {
        assert_snapshot!(format!("list_as_{format}"), desk.lic(&["key", "list", "-o", format]));
    }
}

#[test]
fn public_keys_are_exported_in_every_form() {
    let desk = authority();
    for format in ["pem", "jwk", "jwks"] {
        assert_snapshot!(format!("export_{format}"), desk.lic(&["key", "export", "--format", format]));
    }
    assert_snapshot!("export_test", desk.lic(&["key", "export", "--test"]));
    assert_eq!(desk.lic(&["key", "export"]).done().stdout, desk.lic_on_terminal(&["key", "export"], []).done().stdout);
}

#[test]
fn a_release_build_is_not_given_the_test_key() {
    let desk = authority();
    for format in ["pem", "jwk", "jwks"] {
        let exported = desk.lic(&["key", "export", "--format", format]).done().stdout;
        let keys = lic::token::KeySet::parse(&exported).unwrap();
        let kids: Vec<String> = keys.iter().map(|key| key.kid().to_string()).collect();
        assert_eq!(kids, [kid(&desk, "license")], "{format}");
    }
    for language in ["python", "node", "go", "java", "csharp", "php", "rust", "c"] {
        let program = desk.lic(&["key", "export", "--format", "snippet", "--lang", language]).done().stdout;
        assert!(program.contains(&kid(&desk, "license")) && !program.contains(&kid(&desk, "test")), "{language}");
    }
}

#[test]
fn the_keys_of_the_authority_itself_are_exported_only_when_asked_for() {
    let desk = authority();
    for purpose in ["status", "log"] {
        let own = kid(&desk, purpose);
        for format in ["pem", "jwk", "jwks"] {
            let all = desk.lic(&["key", "export", "--format", format]).done().stdout;
            let keys = lic::token::KeySet::parse(&all).unwrap();
            assert!(keys.iter().all(|key| key.kid().as_str() != own), "{purpose} {format}");
            let asked = desk.lic(&["key", "export", "--purpose", purpose, "--format", format]).done().stdout;
            let keys = lic::token::KeySet::parse(&asked).unwrap();
            let kids: Vec<String> = keys.iter().chain(keys.status_keys()).map(|key| key.kid().to_string()).collect();
            assert_eq!(kids, [own.as_str()]);
            // PEM has no word for what a key is for.
            assert_eq!(keys.is_empty(), purpose == "status" && format != "pem", "{purpose} {format}");
        }
        let refused = desk.lic(&["key", "export", "--lang", "python", "--kid", &own]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused}");
    }
    let vkey = desk.lic(&["key", "export", "--purpose", "log", "--format", "vkey"]).done().stdout;
    assert_eq!(vkey.trim().parse::<lic::audit::VerifierKey>().unwrap().name(), "example-software");
    assert_snapshot!("refused_vkey_of_a_license_key", desk.lic(&["key", "export", "--format", "vkey"]).code(2));
    assert_snapshot!("refused_snippet_of_a_log_key", desk.lic(&["key", "export", "--lang", "python", "--purpose", "log"]));
    assert_snapshot!("refused_purpose", desk.lic(&["key", "export", "--purpose", "signing"]));
}

#[test]
fn the_private_halves_of_the_authority_s_own_keys_are_for_their_owner_alone() {
    let desk = authority();
    for purpose in ["status", "log"] {
        let path = desk.home().join(format!("keys/{}.key.pem", kid(&desk, purpose)));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
    }
}

#[test]
fn a_key_named_by_its_kid_is_exported_alone() {
    let desk = authority();
    for (purpose, args) in [("license", &[][..]), ("test", &["--test"]), ("test", &[])] {
        let kid = kid(&desk, purpose);
        let jwk = desk.lic(&[&["key", "export", "--format", "jwk", "--kid", &kid], args].concat()).done().json();
        assert_eq!(jwk["kid"], kid.as_str());
    }
}

#[test]
fn every_snippet_is_a_whole_program_for_this_authority() {
    let desk = authority();
    for language in ["python", "node", "go", "java", "csharp", "php", "rust", "c"] {
        let run = desk.lic(&["key", "export", "--format", "snippet", "--lang", language]).done();
        for needed in ["example-software", "cockpit"] {
            assert!(run.stdout.contains(needed), "{language} names no {needed}");
        }
        assert!(run.stdout.ends_with('\n') && run.stderr.is_empty(), "{language}");
        let other = desk.lic(&["key", "export", "--format", "snippet", "--lang", language, "--product", "radar"]).done();
        assert!(other.stdout.contains("radar") && !other.stdout.contains("cockpit"), "{language}");
    }
}

#[test]
fn a_language_alone_asks_for_its_snippet() {
    let desk = authority();
    let snippet = desk.lic(&["key", "export", "--format", "snippet", "--lang", "python"]).done().stdout;
    assert_eq!(desk.lic(&["key", "export", "--lang", "python"]).done().stdout, snippet);
}

#[test]
fn what_cannot_be_exported_is_told() {
    let desk = authority();
    for (name, args) in [
        ("kid_unknown", &["export", "--kid", "AAAAAAAAAAAAAAAA"][..]),
        ("kid_of_escape_codes", &["export", "--kid", "\u{1b}[31m"]),
        ("snippet_without_a_language", &["export", "--format", "snippet"]),
        ("language_unknown", &["export", "--format", "snippet", "--lang", "cobol"]),
        ("language_for_a_pem", &["export", "--format", "pem", "--lang", "python"]),
        ("format_unknown", &["export", "--format", "der"]),
        ("product_with_blanks", &["export", "--format", "snippet", "--lang", "python", "--product", "my product"]),
    ] {
        let run = desk.lic(&[&["key"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
    }
}

#[test]
fn a_snippet_needs_a_product() {
    let desk = authority();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("product = \"cockpit\"\n", "")).unwrap();
    assert_snapshot!(desk.lic(&["key", "export", "--format", "snippet", "--lang", "python"]));
}

#[test]
fn no_private_key_is_ever_printed() {
    let desk = with_customer("acme");
    let private: Vec<String> = desk
        .files()
        .into_iter()
        .filter(|(path, _)| path.ends_with("ops.pem"))
        .map(|(_, pem)| String::from_utf8(pem).unwrap().lines().nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(private.len(), 2);
    for args in [
        &["key", "list", "--json"][..],
        &["key", "export"],
        &["key", "export", "--format", "jwk"],
        &["key", "export", "--test", "--format", "jwks"],
        &["key", "export", "--format", "snippet", "--lang", "rust"],
        &["issue", "acme", "--tier", "basic", "--json", "-v"],
    ] {
        let run = desk.lic(args).done();
        for secret in &private {
            assert!(!run.stdout.contains(secret.as_str()) && !run.stderr.contains(secret.as_str()), "{args:?}");
        }
        assert!(!run.stdout.contains("PRIVATE") && !run.stdout.contains(r#""d":"#), "{args:?}");
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let desk = authority();
    for args in [&["key", "export"][..], &["key", "list"]] {
        let run = desk.command(args).output(Pipe::Closed).run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
}
