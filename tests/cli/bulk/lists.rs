//! Lists as files for bulk work, and where keys go.

use insta::assert_snapshot;

use super::rows;
use crate::support::Desk;
use crate::support::lifecycle::{house, license, shown};

fn with_licenses() -> (Desk, Vec<String>) {
    let desk = house();
    let ids = [
        license(&desk, &["acme", "--tier", "basic", "--for", "20d", "--note", "=1+1"]),
        license(&desk, &["globex", "--tier", "pro", "--for", "25d", "--seats", "unlimited"]),
        license(&desk, &["globex", "--tier", "pro", "--for", "1y"]),
    ];
    (desk, ids.into())
}

#[test]
fn a_list_of_what_ends_soon_is_renewed() {
    let (desk, ids) = with_licenses();
    let list = desk.lic(&["list", "--expiring", "30d", "-o", "csv"]).done().stdout;
    desk.write("renewals.csv", &list);
    assert_snapshot!("renewal_dry_run", desk.lic(&["renew", "--from", "renewals.csv", "--for", "1y", "--dry-run"]));
    assert_snapshot!("renewed", desk.lic(&["renew", "--from", "renewals.csv", "--for", "1y", "--out", "new/", "-o", "name"]));
    assert_snapshot!(
        "renewed_again",
        desk.lic(&["renew", "--from", "renewals.csv", "--for", "1y", "--out", "new/", "-o", "name"])
    );
    for (id, rev, until) in [(&ids[0], 2, "2027-12-12"), (&ids[1], 2, "2027-12-17"), (&ids[2], 1, "2027-11-22")] {
        let license = shown(&desk, id);
        assert_eq!((license["revision"].as_u64(), license["until"].as_str()), (Some(rev), Some(until)), "{id}");
    }
    let first = shown(&desk, &ids[0]);
    assert_eq!((first["note"].as_str(), first["seats"].as_u64()), (Some("=1+1"), Some(5)));
    // Each has run for its usual term once more.
    let input = desk.lic(&["list", "globex", "-o", "tsv"]).done().stdout;
    let run = desk.command(&["renew", "--from", "-", "-q", "-o", "name"]).input(input).run();
    assert_eq!(run.done().stdout.lines().count(), 2);
}

#[test]
fn what_is_written_over_in_a_list_is_what_is_renewed() {
    let (desk, ids) = with_licenses();
    let text = format!("License ID,Valid until,Seats,Note\n{},2028-06-30,40,PO 9\n{},never,,\n", ids[0], ids[2]);
    desk.write("renewals.csv", text);
    assert_snapshot!("written_over", desk.lic(&["renew", "--from", "renewals.csv", "-o", "name"]));
    let first = shown(&desk, &ids[0]);
    assert_eq!(
        (first["until"].as_str(), first["seats"].as_u64(), first["note"].as_str()),
        (Some("2028-06-30"), Some(40), Some("PO 9"))
    );
    assert!(shown(&desk, &ids[2])["until"].is_null());
}

#[test]
fn a_renewal_that_cannot_be_is_told_with_its_place() {
    let (desk, ids) = with_licenses();
    desk.lic(&["revoke", &ids[1], "--reason", "refund", "--yes"]).done();
    let text = format!(
        "license,term,until,seats\n{0},1y,2030-01-01,\n{1},1y,,\nLIC-0000-0000,1y,,\nnobody,,,\n{2},,2027-01-01,\n{2},1y,,\n,1y,,\n{2},1x,,0\n",
        ids[0], ids[1], ids[2]
    );
    desk.write("renewals.csv", text);
    let (before, events) = (desk.files(), desk.events());
    desk.lic(&["renew", "--from", "renewals.csv", "--dry-run"]).code(1);
    assert!(desk.files() == before);
    assert_snapshot!("renewals_refused", desk.lic(&["renew", "--from", "renewals.csv"]));
    // Nothing is renewed; that it was asked for a revoked license is kept, once a day.
    desk.lic(&["renew", "--from", "renewals.csv"]).code(1);
    assert_eq!((desk.events(), shown(&desk, &ids[1])["history"][2]["kind"].as_str()), (events + 1, Some("license.refused")));
    desk.write("renewals.csv", "customer,until\nacme,2030-01-01\n");
    assert_snapshot!("renewals_without_licenses", desk.lic(&["renew", "--from", "renewals.csv"]));
}

#[test]
fn every_list_is_csv_that_reads_back() {
    let (desk, _) = with_licenses();
    let lists: [&[&str]; 8] = [
        &["list"],
        &["customer", "list"],
        &["tier", "list"],
        &["operator", "list"],
        &["key", "list"],
        &["machine", "list"],
        &["audit", "log"],
        &["notify", "history"],
    ];
    let mut told = String::new();
    for words in lists {
        let run = desk.lic(&[words, &["-o", "csv"]].concat());
        assert_eq!(run.code, 0, "{run}");
        let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(run.stdout.as_bytes())
            .records()
            .map(Result::unwrap)
            .collect();
        let formula = |cell: &str| cell.starts_with(['=', '+', '-', '@']);
        assert!(rows.iter().all(|row| !row.iter().any(formula)), "{run}");
        told += &format!("{}: exit {}, {} columns\n", words.join(" "), run.code, rows.first().map_or(0, csv::StringRecord::len));
    }
    assert_snapshot!("lists_as_csv", told);
}

#[test]
fn keys_go_into_files_or_into_one_list() {
    let desk = house();
    desk.write("orders.csv", rows(2));
    assert_snapshot!("into_a_list", desk.lic(&["issue", "--from", "orders.csv", "--out", "keys.csv"]));
    let list = desk.read("keys.csv");
    assert_eq!(list.lines().count(), 3);
    assert_snapshot!("into_a_list_that_is_there", desk.lic(&["issue", "--from", "orders.csv", "--out", "keys.csv"]));
    desk.lic(&["issue", "--from", "orders.csv", "--out", "keys.jsonl", "-q"]).done();
    assert!(desk.read("keys.jsonl").lines().all(|line| line.contains("\"key\":\"ey")));
    assert_snapshot!("into_neither", desk.lic(&["issue", "--from", "orders.csv", "--out", "keys.lic"]));
    let run = desk.lic(&["issue", "--from", "orders.csv", "--out", "keys/", "-o", "csv", "-q"]).done();
    let file = run.stdout.lines().nth(1).and_then(|line| line.split(',').nth(6)).unwrap().to_owned();
    desk.lic(&["verify", &file]).done();
    // Saved a second time, they are the same files; another file in the place of one is never written over.
    desk.lic(&["issue", "--from", "orders.csv", "--out", "keys/", "-q"]).done();
    std::fs::write(desk.path(&file), "precious").unwrap();
    desk.lic(&["issue", "--from", "orders.csv", "--out", "keys/", "-q"]).code(1);
    assert_eq!(desk.read(&file), "precious");
}
