//! Files as people really have them, one fault each.

use insta::assert_snapshot;

use super::licenses;
use crate::support::lifecycle::house;

#[test]
fn files_of_every_spreadsheet_are_taken() {
    let desk = house();
    for (what, text) in [
        ("a byte order mark", "\u{feff}customer,tier\nacme,basic\n"),
        ("semicolons and CRLF", "customer;tier\r\nacme;basic\r\n"),
        ("tabs", "customer\ttier\nacme\tbasic\n"),
        ("quotes", "\"customer\",\"tier\"\n\"Acme GmbH\",\"basic\"\n"),
        ("what Excel puts first", "sep=;\ncustomer;tier\nacme;basic\n"),
        ("carriage returns alone", "customer;tier\racme;basic\r"),
        ("empty rows and cells", "\n\ncustomer,tier,,\n,,,\nacme,basic,,\n\n"),
        ("no line end", "customer,tier\nacme,basic"),
        ("an apostrophe before what is no formula", "customer,tier,seats\nacme,'basic,\n"),
    ] {
        desk.write("orders.csv", text);
        let run = desk.lic(&["issue", "--from", "orders.csv", "-q", "-o", "name"]);
        if what.starts_with("an apostrophe") {
            // It is part of the name, and there is no such tier.
            assert_eq!(run.code, 1, "{run}");
        } else {
            assert_eq!(run.done().stdout.lines().count(), 1, "{what}");
        }
    }
    // They all say the same.
    assert_eq!(licenses(&desk), 1);
}

#[test]
fn a_file_that_cannot_be_taken_is_refused_whole() {
    let desk = house();
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain("customer,tier\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let cases: [(&str, Vec<u8>); 21] = [
        ("utf_16", utf_16),
        ("latin_1", b"customer,tier\nM\xfcller,basic\n".into()),
        ("nul", b"customer,tier\nac\0me,basic\n".into()),
        ("empty", Vec::new()),
        ("header_only_of_another_file", b"id,name\n".into()),
        ("wrong_header", b"acme,basic\nglobex,pro\n".into()),
        ("duplicate_header", b"customer,tier,tier\nacme,basic,pro\n".into()),
        ("two_names_of_a_field", b"customer,account,tier\nacme,acme,basic\n".into()),
        ("misspelled_header", b"customer,tier,saets\nacme,basic,5\n".into()),
        ("ragged", b"customer,tier\nacme\nacme,basic,5\n".into()),
        ("open_quote", b"customer,tier\n\"acme,basic\nacme,basic\n".into()),
        ("unknown_customer", b"customer,tier\nacne,basic\nGlobex,basic\nnobody,basic\n".into()),
        ("unknown_tier", b"customer,tier\nacme,basik\nacme,e\n".into()),
        ("request_twice", b"customer,tier,seats,request\nacme,basic,1,PO-1\nacme,basic,2,PO-1\nacme,basic,1,a b\n".into()),
        ("numbers", b"customer,tier,seats,grace,max machines\nacme,basic,0,-1,many\nacme,basic,99999999999,1.5,0\n".into()),
        ("dates", b"customer,tier,until,from,term\nacme,basic,31.12.2027,,\nacme,basic,,2027-02-30,1m\nacme,basic,2027-01-01,,1y\nacme,basic,2027-01-01,2027-02-01,\n".into()),
        ("words", b"customer,tier,type,internal,limits\nacme,basic,full,maybe,users\nacme,basic,,,users=many\n".into()),
        ("machines", b"customer,tier,machine\nacme,basic,MID-0\n".into()),
        ("features", b"customer,tier,features,without features\nacme,basic,A!,\nacme,basic,,nothing\n".into()),
        ("meta", b"customer,tier,meta,meta.a\nacme,basic,{,\nacme,basic,\"[1]\",x\n".into()),
        ("control_characters", b"customer,tier,note\nacme,basic,\x1b[31mred\n\"ac\nme\",basic,\n".into()),
    ];
    let before = desk.files();
    for (name, bytes) in cases {
        desk.write("orders.csv", &bytes);
        let run = desk.lic(&["issue", "--from", "orders.csv"]).tame();
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {run}");
        assert_snapshot!(format!("refused_{name}"), run);
        std::fs::remove_file(desk.path("orders.csv")).unwrap();
        assert!(desk.files() == before, "{name}");
    }
}

#[test]
fn a_header_without_rows_is_nothing_to_do() {
    let desk = house();
    desk.write("orders.csv", "customer,tier\n");
    assert_snapshot!("header_only", desk.lic(&["issue", "--from", "orders.csv"]));
}

#[test]
fn large_cells_are_told_and_take_no_memory() {
    let desk = house();
    let large = format!("customer,tier,note\nacme,basic,{}\nacme,basic,\n", "x".repeat(2 << 20));
    desk.write("orders.csv", large);
    assert_snapshot!("cell_of_2_mib", desk.lic(&["issue", "--from", "orders.csv"]));
    let huge = format!("customer,tier,note\nacme,basic,\nacme,basic,\"{}\"\n", "x\n".repeat(10 << 20));
    desk.write("orders.csv", huge);
    assert_snapshot!("cell_of_20_mib", desk.lic(&["issue", "--from", "orders.csv"]));
    assert_eq!(licenses(&desk), 0);
}

#[test]
fn formulas_are_text_and_are_kept_from_spreadsheets() {
    let desk = house();
    desk.lic(&["customer", "add", "evil", "--name", "=cmd|' /C calc'!A0"]).done();
    desk.write("orders.csv", "customer,tier,note\nevil,basic,\"=HYPERLINK(\"\"http://x\"\")\"\n");
    desk.lic(&["issue", "--from", "orders.csv", "-q", "--out", "keys.csv"]).done();
    let list = desk.lic(&["list", "-o", "csv"]).done().stdout;
    assert!(list.contains(",'=cmd|") && list.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{list}");
}

#[test]
fn what_is_no_file_is_told() {
    let desk = house();
    std::fs::create_dir(desk.path("folder")).unwrap();
    for name in ["missing.csv", "folder"] {
        let run = desk.lic(&["issue", "--from", name]);
        assert_eq!(run.code, 1);
        assert_snapshot!(format!("no_file_{}", name.trim_end_matches(".csv")), run);
    }
    assert_snapshot!("map_of_an_unknown_field", desk.lic(&["issue", "--from", "x.csv", "--map", "teir=x"]));
    desk.write("orders.csv", "Kunde,Stufe,teir\nacme,basic,x\n");
    assert_snapshot!(
        "mapped",
        desk.lic(&["issue", "--from", "orders.csv", "--map", "customer=Kunde", "--map", "tier=Stufe", "--dry-run"])
    );
}
