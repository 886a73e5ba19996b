//! `lic init`.

use insta::assert_snapshot;

use crate::support::{Enter, Yes, empty, line, pick, secret};

#[test]
fn flags_alone_set_up_an_authority() {
    let desk = empty();
    assert_snapshot!(desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase"]));
}

#[test]
fn a_terminal_is_asked_for_what_is_missing() {
    let answers =
        [line("Example Software"), line("cockpit"), Enter, Yes, pick("Type"), secret("correct horse"), secret("correct horse")];
    assert_snapshot!(empty().lic_on_terminal(&["init"], answers));
}
