//! `lic man`.

use insta::assert_snapshot;

use crate::support::empty;

#[test]
fn a_page_is_printed() {
    let run = empty().lic(&["man"]).done();
    assert!(
        run.stdout.contains(".TH LIC 1") || run.stdout.contains(".TH \"LIC\" \"1\"") || run.stdout.contains(".TH LIC"),
        "{run}"
    );
    assert_snapshot!(empty().lic(&["man", "customer", "add"]));
}

#[test]
fn every_page_is_written_to_a_folder() {
    let desk = empty();
    let run = desk.lic(&["man", "--out", "pages"]).done();
    let written = std::fs::read_dir(desk.path("pages")).unwrap().count();
    run.says(&format!("wrote {written} pages to /tmp/lic-test-folder/work/pages"));
    assert!(desk.read("pages/lic-customer-add.1").contains("lic customer add"));
}

#[test]
fn a_dry_run_writes_no_page() {
    let desk = empty();
    desk.lic(&["man", "--out", "pages", "--dry-run"]).done().says("would write");
    assert!(!desk.path("pages").exists());
}

#[test]
fn a_page_of_no_command_is_refused() {
    assert_snapshot!(empty().lic(&["man", "custommer"]));
    assert_snapshot!("a_command_and_a_folder", empty().lic(&["man", "issue", "--out", "pages"]));
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let desk = empty();
    desk.write("file", "");
    assert_snapshot!(desk.lic(&["man", "--out", "file/pages"]));
}
