//! `lic status`, and what `lic verify --status-list` makes of the lists.

use insta::assert_snapshot;
use lic::token::{KeySet, SHARD, StatusList};
use serde_json::Value;

use crate::support::{Desk, Run, with_customer};

const ADDRESS: &str = "https://licenses.example.com/status";

/// Sets the address of status lists in lic.toml.
pub fn publishing(desk: Desk) -> Desk {
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(settings, text.replace("# uri = \"https", "uri = \"https")).unwrap();
    desk
}

/// A desk whose licenses name their status list: `good.lic`, `revoked.lic` and `suspended.lic` of type test, and `sold.lic`.
/// The keys to verify with are in `keys.jwks`.
fn desk() -> Desk {
    let desk = publishing(with_customer("acme"));
    for (state, file) in [("valid", "good.lic"), ("revoked", "revoked.lic"), ("suspended", "suspended.lic")] {
        desk.lic(&["quick", "--state", state, "--out", file, "-q"]).done();
    }
    desk.lic(&["issue", "acme", "--tier", "professional", "--for", "1y", "--out", "sold.lic", "-q"]).done();
    desk.write("keys.jwks", desk.lic(&["key", "export", "--test", "--format", "jwks"]).done().stdout);
    desk
}

fn publish(desk: &Desk) {
    desk.lic(&["status", "publish", "--out", "www", "-q"]).done();
}

fn verify(desk: &Desk, key: &str, args: &[&str]) -> Run {
    desk.lic(&[&["verify", key, "--json"], args].concat())
}

/// The reason of a verdict, `-` for a valid key.
fn reason(run: &Run) -> String {
    let reason = run.json()["verdict"]["reason"].as_str().unwrap_or("-").to_owned();
    assert_eq!(run.code, if reason == "-" { 0 } else { 3 }, "{run}");
    reason
}

fn payload(text: &str) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let claims = text.split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
}

#[test]
fn the_lists_are_published_and_say_what_the_ledger_says() {
    let desk = desk();
    assert_snapshot!("publish", desk.lic(&["status", "publish", "--out", "www"]));
    let text = desk.read("www/0.jwt");
    let keys = KeySet::parse(&desk.read("keys.jwks")).unwrap();
    let list = StatusList::open(&text, &keys).unwrap();
    assert_eq!((list.uri(), list.number(), list.statuses().len()), (format!("{ADDRESS}/0.jwt").as_str(), 1, SHARD));
    let claims = payload(&text);
    assert_eq!((&claims["ttl"], &claims["status_list"]["bits"]), (&43_200.into(), &2.into()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7 * 86_400);

    assert_snapshot!("show", desk.lic_on_terminal(&["status", "show", "www/0.jwt"], []));
    assert_snapshot!("show_as_json", desk.lic(&["status", "show", "www/0.jwt", "--index", "1", "--json"]));
    let standing = |args: &[&str]| {
        desk.lic(&[&["status", "show", "www/0.jwt", "--json"], args].concat()).done().json()["status_list"]["standing"].clone()
    };
    assert_eq!([standing(&["--index", "0"]), standing(&["--index", "2"])], ["good", "suspended"]);
    assert_eq!(standing(&["--index", "1048576"]), "beyond the list");
    let revoked = desk.lic(&["inspect", "revoked.lic", "--json"]).done().json();
    let claims = &revoked["unverified_key"]["claims"];
    assert_eq!(standing(&["--license", claims["jti"].as_str().unwrap()]), "revoked");
    assert_eq!(claims["status"]["status_list"], serde_json::json!({"idx": 1, "uri": format!("{ADDRESS}/0.jwt")}));
}

#[test]
fn publishing_again_counts_on_and_says_what_changed() {
    let desk = desk();
    publish(&desk);
    assert_snapshot!("publish_again", desk.lic(&["status", "publish", "--out", "www"]));
    desk.lic(&["quick", "--state", "revoked", "--out", "another.lic", "-q"]).done();
    assert_snapshot!("publish_a_change", desk.lic(&["status", "publish", "--out", "www", "--ttl", "1h", "--valid", "2d"]));
    assert_snapshot!("publish_as_json", desk.lic(&["status", "publish", "--out", "www", "--json"]));
    let names = desk.files().into_keys().filter(|path| path.parent().unwrap().ends_with("www")).count();
    assert_eq!(names, 1, "nothing is left beside the list");
}

#[test]
fn a_list_carries_the_head_of_the_audit_log_so_that_its_holders_are_witnesses() {
    let desk = desk();
    publish(&desk);
    let checkpoint = payload(&desk.read("www/0.jwt"))["checkpoint"].as_str().unwrap().to_owned();
    desk.write("from-list.txt", checkpoint);
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "later.lic", "-q"]).done();
    desk.lic(&["audit", "verify", "--against", "from-list.txt"]).done();
    assert_snapshot!("recorded", desk.lic(&["audit", "log", "--kind", "status-list.published", "-o", "csv"]));
    desk.lic_on_terminal(&["status", "show", "www/0.jwt"], []).done();
}

#[test]
fn a_timer_hears_nothing() {
    let desk = desk();
    let run = desk.lic(&["status", "publish", "--out", "www", "--quiet"]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn a_dry_run_publishes_nothing() {
    let desk = desk();
    let before = desk.files();
    assert_snapshot!("dry_run", desk.lic(&["status", "publish", "--out", "www", "--dry-run"]));
    assert!(desk.files() == before);
}

#[test]
fn any_operator_may_publish_and_a_stranger_may_not() {
    let desk = desk();
    desk.lic(&["operator", "add", "cron", "--role", "viewer", "-q"]).done();
    desk.lic(&["status", "publish", "--out", "www", "--as", "cron", "-q"]).done();
    assert_snapshot!("stranger", desk.lic(&["status", "publish", "--out", "www", "--as", "mallory"]));
}

#[test]
fn a_customer_s_program_learns_from_a_list_who_was_revoked() {
    let desk = desk();
    publish(&desk);
    let against = ["--keys", "keys.jwks", "--status-list", "www/0.jwt"];
    for (key, said) in [("good.lic", "-"), ("revoked.lic", "revoked"), ("suspended.lic", "suspended")] {
        assert_eq!(reason(&verify(&desk, key, &against)), said, "{key}");
        assert_eq!(reason(&verify(&desk, key, &["--keys", "keys.jwks"])), "-", "{key}");
    }
    assert_snapshot!("explained", desk.lic_on_terminal(&[&["verify", "good.lic", "--explain"], &against[..]].concat(), []));
    assert_snapshot!(
        "explained_revoked",
        desk.lic_on_terminal(&[&["verify", "revoked.lic", "--explain"], &against[..]].concat(), [])
    );

    // A release build takes both kinds of keys from one file too, and PEM files for each work as well.
    desk.write("vendor.jwks", desk.lic(&["key", "export", "--format", "jwks"]).done().stdout);
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.write("status.pem", desk.lic(&["key", "export", "--purpose", "status"]).done().stdout);
    let list = ["--status-list", "www/0.jwt"];
    assert_eq!(reason(&verify(&desk, "sold.lic", &[&["--keys", "vendor.jwks"], &list[..]].concat())), "-");
    let pem = ["--keys", "vendor.pem", "--status-keys", "status.pem"];
    assert_eq!(reason(&verify(&desk, "sold.lic", &[&pem, &list[..]].concat())), "-");
    assert_eq!(reason(&verify(&desk, "sold.lic", &[&["--keys", "vendor.pem"], &list[..]].concat())), "list-unknown-key");
    assert_eq!(reason(&verify(&desk, "sold.lic", &["--keys", "status.pem"])), "unknown-key");
}

#[test]
fn what_is_no_list_that_counts_is_refused() {
    let desk = desk();
    publish(&desk);
    desk.write("older.jwt", desk.read("www/0.jwt"));
    publish(&desk);
    desk.write("garbage.jwt", "hello");
    desk.write("changed.jwt", {
        let list = desk.read("www/0.jwt");
        let (head, tail) = list.rsplit_once('.').unwrap();
        let other = if tail.starts_with('A') { "B" } else { "A" };
        format!("{head}.{other}{}", &tail[1..])
    });
    for (list, said) in [
        ("older.jwt", "list-superseded"),
        ("sold.lic", "list-wrong-type"),
        ("garbage.jwt", "list-malformed"),
        ("changed.jwt", "list-bad-signature"),
    ] {
        let run = verify(&desk, "sold.lic", &["--status-list", list]);
        assert_eq!(reason(&run), said, "{list}");
        let name = list.replace('.', "_");
        assert_snapshot!(format!("refused_{name}"), desk.lic_on_terminal(&["verify", "sold.lic", "--status-list", list], []));
    }
    assert_eq!(reason(&verify(&desk, "sold.lic", &["--status-list", "www/0.jwt"])), "-");
    assert_eq!(reason(&verify(&desk, "sold.lic", &["--status-list", "www/0.jwt", "--at", "2026-12-01"])), "list-expired");
    assert_eq!(
        reason(&verify(&desk, "sold.lic", &["--status-list", "www/0.jwt", "--at", "2026-11-22T08:00:00Z"])),
        "list-not-yet-valid"
    );
    // A list is no license.
    assert_eq!(reason(&verify(&desk, "www/0.jwt", &[])), "wrong-type");
    assert_snapshot!("missing_file", desk.lic(&["verify", "sold.lic", "--status-list", "no.jwt"]));
    assert_snapshot!("show_garbage", desk.lic(&["status", "show", "garbage.jwt"]));
    assert_snapshot!("show_a_license", desk.lic(&["status", "show", "sold.lic"]));
    desk.write("status.pem", desk.lic(&["key", "export", "--purpose", "status"]).done().stdout);
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    let home = ["--home", "nowhere"];
    let shown = |keys: &str| desk.lic(&[&["status", "show", "www/0.jwt", "--json", "--keys", keys], &home[..]].concat());
    assert_eq!(shown("status.pem").done().json()["status_list"]["counts"], true);
    // The keys that a file calls something else are tried, and these sign no lists.
    assert_eq!(shown("vendor.pem").code(3).json()["status_list"]["reason"], "list-unknown-key");
    assert_snapshot!("show_older", desk.lic_on_terminal(&["status", "show", "older.jwt"], []));
}

#[test]
fn the_list_of_another_authority_is_refused() {
    let desk = desk();
    publish(&desk);
    desk.lic(&["init", "--home", "other", "--name", "Other", "--product", "radar", "--no-passphrase", "-q"]).done();
    let settings = desk.read("other/lic.toml").replace("# uri = \"https", "uri = \"https");
    desk.write("other/lic.toml", settings);
    desk.lic(&["status", "publish", "--home", "other", "--out", "theirs", "-q"]).done();
    assert_eq!(reason(&verify(&desk, "sold.lic", &["--status-list", "theirs/0.jwt"])), "list-unknown-key");
    // Nor does a second authority write over the lists of the first, even at the same address.
    let own = desk.read("www/0.jwt");
    let number = payload(&own)["number"].clone();
    desk.lic(&["status", "publish", "--home", "other", "--out", "www", "-q"]);
    assert_eq!(payload(&desk.read("www/0.jwt"))["number"], number);
}

#[test]
fn offline_days_ask_for_a_list_that_is_young_enough() {
    let desk = desk();
    desk.lic(&["tier", "edit", "professional", "--offline", "3", "-q"]).done();
    desk.lic(&["issue", "acme", "--tier", "professional", "--for", "1y", "--out", "held.lic", "-q"]).done();
    desk.write("vendor.jwks", desk.lic(&["key", "export", "--format", "jwks"]).done().stdout);
    publish(&desk);
    let keys = ["--keys", "vendor.jwks"];
    let list = ["--keys", "vendor.jwks", "--status-list", "www/0.jwt"];
    assert_eq!(reason(&verify(&desk, "held.lic", &keys)), "stale");
    assert_eq!(reason(&verify(&desk, "held.lic", &list)), "-");
    assert_eq!(reason(&verify(&desk, "held.lic", &[&list[..], &["--at", "2026-11-27"]].concat())), "stale");
    assert_snapshot!("stale", desk.lic_on_terminal(&[&["verify", "held.lic", "--at", "2026-11-27"], &list[..]].concat(), []));
    // With the ledger at hand, no list is needed.
    assert_eq!(reason(&verify(&desk, "held.lic", &[])), "-");
}

#[test]
fn lists_count_for_as_long_as_the_licenses_may_be_offline() {
    let desk = desk();
    desk.lic(&["tier", "edit", "professional", "--offline", "30", "-q"]).done();
    publish(&desk);
    let claims = payload(&desk.read("www/0.jwt"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 31 * 86_400);
    assert_snapshot!("outlasted", desk.lic(&["status", "publish", "--out", "www", "--valid", "2w"]));
}

#[test]
fn without_an_address_keys_name_no_list_and_nothing_is_published() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "professional", "--out", "sold.lic", "-q"]).done();
    let claims = desk.lic(&["inspect", "sold.lic", "--json"]).done().json();
    assert!(claims["unverified_key"]["claims"].get("status").is_none());
    assert_snapshot!("no_address", desk.lic(&["status", "publish", "--out", "www"]));
    assert!(!desk.path("www").exists());
    // A list that is given all the same is told of, and changes nothing.
    let desk = publishing(desk);
    publish(&desk);
    assert_snapshot!("not_named", desk.lic_on_terminal(&["verify", "sold.lic", "--status-list", "www/0.jwt"], []));
}

#[test]
fn a_key_that_asks_for_lists_where_none_are_published_is_out_of_the_ordinary() {
    let desk = with_customer("acme");
    desk.lic(&["tier", "edit", "professional", "--offline", "3", "-q"]).done();
    let issue = ["issue", "acme", "--tier", "professional", "--for", "1y", "--out", "held.lic"];
    assert_snapshot!("nowhere_published", desk.lic(&[&issue[..], &["--dry-run"]].concat()));
    let run = publishing(desk).lic(&issue).done();
    assert!(!run.stderr.contains("unusual"), "{run}");
}

#[test]
fn numbers_go_on_from_the_folder_where_the_ledger_is_older() {
    let desk = desk();
    publish(&desk);
    let ledger = desk.home().join("ledger.db");
    let earlier = std::fs::read(&ledger).unwrap();
    publish(&desk);
    publish(&desk);
    // As after a restore.
    std::fs::write(&ledger, earlier).unwrap();
    publish(&desk);
    assert_eq!(payload(&desk.read("www/0.jwt"))["number"], 4);
}

#[test]
fn a_file_that_is_no_list_of_ours_is_not_written_over() {
    let desk = desk();
    desk.write("www/0.jwt", "minutes of the meeting\n");
    let before = desk.files();
    assert_snapshot!("in_the_way", desk.lic(&["status", "publish", "--out", "www"]));
    assert!(desk.files() == before);
    desk.write("file", "x");
    assert_snapshot!("folder_is_a_file", desk.lic(&["status", "publish", "--out", "file"]));
}

#[test]
fn what_a_killed_publication_left_is_cleared_away() {
    let desk = desk();
    publish(&desk);
    desk.write("www/.0.jwt.new", "half a li");
    publish(&desk);
    assert!(!desk.path("www/.0.jwt.new").exists());
    assert_eq!(payload(&desk.read("www/0.jwt"))["number"], 2);
}

#[test]
fn wrong_words_are_refused() {
    let desk = desk();
    publish(&desk);
    for (name, args) in [
        ("ttl_without_unit", &["publish", "--out", "www", "--ttl", "12"][..]),
        ("ttl_ambiguous", &["publish", "--out", "www", "--ttl", "5m"]),
        ("valid_zero", &["publish", "--out", "www", "--valid", "0d"]),
        ("valid_shorter_than_ttl", &["publish", "--out", "www", "--valid", "1h"]),
        ("no_folder", &["publish"]),
        ("unknown_license", &["show", "www/0.jwt", "--license", "LIC-0000-0000"]),
    ] {
        let run = desk.lic(&[&["status"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
    }
}

#[test]
fn a_license_keeps_its_place_when_it_is_renewed() {
    let desk = desk();
    let place = |file: &str| {
        let claims = &desk.lic(&["inspect", file, "--json"]).done().json()["unverified_key"]["claims"];
        (claims["rev"].as_u64().unwrap(), claims["status"]["status_list"]["idx"].as_u64().unwrap())
    };
    desk.lic(&["renew", "sold.lic", "--for", "1y", "--out", "renewed.lic", "-q"]).done();
    desk.lic(&["issue", "acme", "--tier", "professional", "--for", "1y", "--out", "next.lic", "-q"]).done();
    assert_eq!([place("sold.lic"), place("renewed.lic"), place("next.lic")], [(1, 3), (2, 3), (1, 4)]);
}

#[test]
fn a_list_follows_what_becomes_of_a_license() {
    let desk = desk();
    desk.lic(&["renew", "sold.lic", "--for", "1y", "--out", "renewed.lic", "-q"]).done();
    desk.write("vendor.jwks", desk.lic(&["key", "export", "--format", "jwks"]).done().stdout);
    let said = |desk: &Desk| {
        publish(desk);
        let against = ["--keys", "vendor.jwks", "--status-list", "www/0.jwt"];
        // Whatever revision the customer runs.
        ["sold.lic", "renewed.lic"].map(|key| reason(&verify(desk, key, &against)))
    };
    assert_eq!(said(&desk), ["-", "-"]);
    desk.lic(&["suspend", "sold.lic", "-q"]).done();
    assert_eq!(said(&desk), ["suspended", "suspended"]);
    desk.lic(&["reinstate", "sold.lic", "-q"]).done();
    assert_eq!(said(&desk), ["-", "-"]);
    desk.lic(&["revoke", "sold.lic", "--reason", "refund", "--yes", "-q"]).done();
    assert_eq!(said(&desk), ["revoked", "revoked"]);
    // A customer's program goes by its list until it gets a newer one, and so is told of one that is behind.
    desk.write("behind.jwt", desk.read("www/0.jwt"));
    desk.lic(&["reinstate", "sold.lic", "--reason", "paid after all", "-q"]).done();
    assert_eq!(reason(&verify(&desk, "sold.lic", &["--status-list", "behind.jwt"])), "revoked");
    assert_snapshot!("list_behind", desk.lic_on_terminal(&["verify", "sold.lic", "--status-list", "behind.jwt"], []));
    assert_eq!(reason(&verify(&desk, "sold.lic", &[])), "-");
}

#[test]
fn what_was_published_is_told_in_every_format() {
    let desk = desk();
    let publish = |format: &str| desk.lic(&["status", "publish", "--out", "www", "-o", format]).done().stdout;
    let tsv = publish("tsv");
    let row: Vec<(&str, &str)> = {
        let mut lines = tsv.lines().map(|line| line.split('\t'));
        lines.next().unwrap().zip(lines.next().unwrap()).collect()
    };
    for one in [("uri", &*format!("{ADDRESS}/0.jwt")), ("number", "1"), ("revoked", "1"), ("suspended", "1")] {
        assert!(row.contains(&one), "{one:?}: {tsv}");
    }
    assert_eq!(publish("name").trim(), row[0].1);
    assert_eq!(publish("csv").lines().next().unwrap().replace(',', "\t"), tsv.lines().next().unwrap());
    // A person has it on the lines beside the tick.
    let table = desk.lic(&["status", "publish", "--out", "www", "-o", "table"]).done();
    assert_eq!(table.stdout, "");
    assert!(table.stderr.contains("www/0.jwt  1 revoked, 1 suspended; nothing changed"), "{table}");
}
