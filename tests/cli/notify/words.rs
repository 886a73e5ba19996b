//! How mails read: whole, in both languages, with the oddest names; and templates of one's own.

use insta::assert_snapshot;

use super::{desk, header, issue, mails, take};
use crate::support::Desk;

fn odd_desk(more: &str) -> Desk {
    let desk = desk(more);
    let names = ["=HYPERLINK(\"http://evil.example\";\"x\")", "<script>alert(1)</script> & Söhne"];
    for (slug, name) in ["formula", "markup"].into_iter().zip(names) {
        let contact = format!("Jürgen Müller <jm@bücher-{slug}.example>");
        desk.lic(&["customer", "add", slug, "--name", name, "--contact", &contact, "--owner", "bob@example.com"]).done();
        issue(&desk, slug, "2026-11-23", &[]);
    }
    desk
}

#[test]
fn whole_mails_to_customers() {
    let desk = desk("subject_prefix = '[Example]'\n");
    issue(&desk, "acme", "2026-12-22", &[]);
    issue(&desk, "acme", "2026-11-23", &["--type", "trial"]);
    issue(&desk, "globex", "2026-11-22", &["--seats", "1"]);
    desk.lic(&["notify"]).done();
    for mail in mails(&desk).values() {
        let to = header(mail, "To").replace(|sign: char| !sign.is_ascii_alphanumeric(), "_");
        assert_snapshot!(format!("mail_{to}"), mail);
    }
}

#[test]
fn a_whole_mail_in_german() {
    let desk = desk("[notify]\nlanguages = { globex = 'de' }\n");
    issue(&desk, "globex", "2026-11-29", &["--seats", "unlimited"]);
    desk.lic(&["notify"]).done();
    assert_snapshot!("mail_in_german", mails(&desk).values().next().unwrap());
}

#[test]
fn a_whole_digest_in_which_no_name_acts() {
    let desk = odd_desk("[notify]\ndigest = ['sales@example.com']\ncustomers = false\n");
    issue(&desk, "acme", "2026-12-22", &["--internal"]);
    desk.set_time("2026-11-24T05:00:00Z");
    desk.lic(&["notify"]).done();
    let mail = mails(&desk).values().next().unwrap().clone();
    assert_snapshot!("digest", mail);
    let csv = mail.split("base64\n\n").nth(1).unwrap().split("\n--").next().unwrap().replace('\n', "");
    let csv = <base64ct::Base64 as base64ct::Encoding>::decode_vec(&csv).unwrap();
    assert_snapshot!("digest_attachment", String::from_utf8(csv).unwrap());
}

#[test]
fn odd_names_stay_in_their_places() {
    let desk = odd_desk("");
    desk.lic(&["notify"]).done();
    for mail in mails(&desk).values() {
        assert!(mail.is_ascii());
        assert!(!mail.contains("<script>") || header(mail, "Subject").contains("<script>"), "{mail}");
        assert!(header(mail, "To").contains("<jm@xn--bcher-"), "{mail}");
    }
    let html = desk.lic(&["mail", "preview", "--customer", "markup", "--part", "html"]).done().stdout;
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
}

#[test]
fn a_preview_shows_what_its_reader_sees() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2027-06-30", &[]);
    assert_snapshot!("preview", desk.lic_on_terminal(&["mail", "preview"], []));
    assert_snapshot!("preview_of_the_digest", desk.lic_on_terminal(&["mail", "preview", "digest"], []));
    assert_snapshot!("preview_in_german", desk.lic(&["mail", "preview", "--language", "de", "--part", "text"]));
    assert!(desk.lic(&["mail", "preview", "--part", "eml"]).done().stdout.starts_with("Date: Sun, 22 Nov 2026"));
    assert_eq!(desk.lic(&["mail", "preview", "--json"]).done().json()["mail"]["to"], "Jane Doe <jane@acme.example>");
    assert_snapshot!("preview_of_nothing", desk.lic(&["mail", "preview", "--customer", "globex"]).code(5));
    assert_snapshot!("preview_of_a_digest_to_a_customer", desk.lic(&["mail", "preview", "digest", "--customer", "acme"]).code(2));
    assert_eq!(take(&desk), [""; 0]);
}

#[test]
fn templates_of_the_home_are_used_and_their_mistakes_shown() {
    let desk = desk("");
    issue(&desk, "globex", "2026-11-22", &[]);
    let folder = desk.home().join("templates/en");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("customer.subject"), "{{ customer.name }}:\n{{ total }}\n").unwrap();
    assert_eq!(desk.lic(&["notify", "--dry-run", "--json"]).done().json()["mails"][0]["subject"], "Globex: 1");
    std::fs::write(folder.join("customer.txt"), "Hello {{ contact.nam }}\n").unwrap();
    assert_snapshot!("template_with_a_mistake", desk.lic(&["notify"]).code(1));
    assert_eq!(take(&desk), [""; 0]);
}

#[test]
fn a_language_of_the_home_s_own_is_used_for_the_customer_that_speaks_it() {
    let desk = desk("[notify]\nlanguages = { globex = 'fr' }\n");
    issue(&desk, "globex", "2026-11-29", &[]);
    issue(&desk, "acme", "2026-11-29", &[]);
    assert_snapshot!("language_without_templates", desk.lic(&["notify"]).code(1));
    let folder = desk.home().join("templates/fr");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("customer.subject"), "Expire bientôt : {{ customer.name }}\n").unwrap();
    desk.lic(&["notify"]).done();
    let subjects: Vec<String> = mails(&desk).values().map(|mail| header(mail, "To") + " " + &header(mail, "Subject")).collect();
    assert!(subjects.iter().any(|one| one == "ann@globex.example Expire =?utf-8?b?YmllbnTDtHQ=?= : Globex"), "{subjects:?}");
    assert!(subjects.iter().any(|one| one == "joe@acme.example 1 license ends soon: Acme GmbH"), "{subjects:?}");
    // What is missing in the language is English.
    let preview = desk.lic(&["mail", "preview", "--customer", "globex", "--part", "text"]).done().stdout;
    assert!(preview.contains("ends soon"), "{preview}");
}

#[test]
fn answers_go_to_the_account_owner_else_to_the_reply_address_else_to_the_sender() {
    let desk = desk("reply_to = 'Desk <desk@example.com>'\n");
    desk.lic(&["customer", "add", "own", "--name", "Own", "--contact", "o@own.example", "--owner", "Bob B <bob@example.com>"]);
    desk.lic(&["customer", "add", "odd", "--name", "Odd", "--contact", "o@odd.example", "--owner", "nobody of the kind"]).done();
    for customer in ["acme", "globex", "odd"] {
        issue(&desk, customer, "2026-11-29", &[]);
    }
    desk.lic(&["notify"]).done();
    let answers: Vec<String> =
        mails(&desk).values().map(|mail| header(mail, "To") + " -> " + &header(mail, "Reply-To")).collect();
    let to = |start: &str| answers.iter().find(|one| one.contains(start)).unwrap().split(" -> ").nth(1).unwrap().to_owned();
    assert_eq!(
        (to("joe@"), to("ann@"), to("o@odd")),
        ("\"Olga Ops\" <ops@example.com>".to_owned(), "Desk <desk@example.com>".to_owned(), "Desk <desk@example.com>".to_owned(),)
    );
}

#[test]
fn a_test_mail_says_what_became_of_it() {
    let desk = desk("");
    assert_snapshot!("test_mail_dry_run", desk.lic(&["mail", "test", "jane@acme.example", "--dry-run"]));
    assert_eq!(mails(&desk).len(), 0);
    assert_snapshot!("test_mail", desk.lic(&["mail", "test", "Jane Doe <jane@acme.example>"]));
    assert_snapshot!("test_mail_whole", mails(&desk).values().next().unwrap());
    assert_snapshot!("test_mail_to_no_address", desk.lic(&["mail", "test", "jane"]).code(2));
}
