//! `lic customer` and `lic customer import`.

use insta::assert_snapshot;

use crate::support::{Cancel, Desk, Run, authority, empty, line, with_customer};

/// A desk with a few customers of every kind.
fn with_customers() -> Desk {
    let desk = authority();
    for (slug, name, more) in [
        ("acme", "Acme GmbH", ["--owner", "jane", "--reference", "C-17", "--notes", "Pays late"].as_slice()),
        (
            "bolt",
            "Bolt & Söhne KG",
            &["--kind", "prospect", "--contact", "Ada Bolt <ada@bolt.example>", "--contact", "it@bolt.example"],
        ),
        ("crane", "Crane Ltd", &["--kind", "partner", "--owner", "bob"]),
        ("dune", "Dune SA", &["--reference", "C-18"]),
    ] {
        desk.lic(&[&["customer", "add", slug, "--name", name], more].concat()).done();
    }
    desk.lic(&["customer", "archive", "dune"]).done();
    desk
}

fn names(run: Run) -> String {
    run.done().stdout
}

#[test]
fn a_customer_is_added() {
    let desk = authority();
    assert_snapshot!(desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]));
    assert_snapshot!("show_added", desk.lic(&["customer", "show", "acme", "--json"]));
}

#[test]
fn a_customer_has_contacts_an_owner_a_reference_and_notes() {
    let desk = authority();
    let run = desk.lic(&[
        "customer",
        "add",
        "acme",
        "--name",
        "Acme GmbH",
        "--kind",
        "partner",
        "--contact",
        "Jane Doe <jane@acme.example>",
        "--contact",
        "ops@acme.example",
        "--owner",
        "bob@example.com",
        "--reference",
        "C-4711",
        "--notes",
        "Two sites.\nOne in Bern.",
    ]);
    run.done();
    assert_snapshot!("show_on_a_terminal", desk.lic_on_terminal(&["customer", "show", "acme"], []));
    assert_snapshot!("show_as_json", desk.lic(&["customer", "show", "acme", "--json"]));
    assert_snapshot!("show_as_tsv", desk.lic(&["customer", "show", "acme"]));
}

#[test]
fn the_short_name_is_made_from_the_display_name() {
    let desk = authority();
    assert_snapshot!(desk.lic(&["customer", "add", "--name", "Müller & Söhne GmbH"]));
    assert_snapshot!("no_short_name_to_be_made", desk.lic(&["customer", "add", "--name", "!!!"]));
}

#[test]
fn a_terminal_is_asked_for_the_name() {
    let desk = authority();
    assert_snapshot!(desk.lic_on_terminal(&["customer", "add"], [line(""), line("Acme GmbH")]));
    assert_snapshot!("asked_with_the_short_name_as_default", desk.lic_on_terminal(&["customer", "add", "bolt"], [line("Bolt")]));
    let events = desk.events();
    desk.lic_on_terminal(&["customer", "add"], [Cancel]).code(130);
    assert_eq!(desk.events(), events);
    assert_snapshot!("no_name_and_nobody_to_ask", desk.lic(&["customer", "add", "crane"]));
}

#[test]
fn the_question_is_followed_by_the_command_that_asks_nothing() {
    let run = authority().lic_on_terminal(&["customer", "add", "--kind", "partner"], [line("Bob's Bolts")]).done();
    let told = run.without_questions();
    let desk = authority();
    desk.lic(&told.iter().map(String::as_str).collect::<Vec<_>>()).done();
    let customer = desk.lic(&["customer", "show", "bob-s-bolts", "--json"]).done().json();
    assert_eq!((&customer["customer"]["name"], &customer["customer"]["kind"]), (&"Bob's Bolts".into(), &"partner".into()));
}

#[test]
fn a_name_that_is_nearly_the_same_is_pointed_out() {
    let desk = with_customer("acme");
    assert_snapshot!(desk.lic(&["customer", "add", "acme-ag", "--name", "ACME AG"]));
    let run = desk.lic(&["customer", "add", "apex", "--name", "Apex GmbH"]).done();
    assert!(!run.stderr.contains("warning"), "{run}");
}

#[test]
fn a_short_name_is_given_once() {
    let desk = with_customer("acme");
    let events = desk.events();
    assert_snapshot!(desk.lic(&["customer", "add", "acme", "--name", "Acme SE"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn a_reference_belongs_to_one_customer() {
    let desk = with_customers();
    assert_snapshot!(desk.lic(&["customer", "add", "echo", "--name", "Echo", "--reference", "C-17"]));
    desk.lic(&["customer", "edit", "bolt", "--reference", "C-17"]).code(1);
}

#[test]
fn what_cannot_be_a_customer_is_refused() {
    let desk = authority();
    let events = desk.events();
    let add = |args: &[&str]| desk.lic(&[&["customer", "add"], args].concat());
    assert_snapshot!("slug_with_escape_codes", add(&["ac\u{1b}[31mme", "--name", "Acme"]).tame());
    assert_snapshot!("slug_in_capitals", add(&["Acme", "--name", "Acme"]));
    assert_snapshot!("slug_too_long", add(&[&"a".repeat(65), "--name", "Acme"]));
    assert_snapshot!("name_is_empty", add(&["acme", "--name", " "]));
    assert_snapshot!("name_with_a_line_break", add(&["acme", "--name", "Acme\nGmbH"]));
    assert_snapshot!("name_too_long", add(&["acme", "--name", &"A".repeat(201)]));
    assert_snapshot!("kind_unknown", add(&["acme", "--name", "Acme", "--kind", "friend"]));
    assert_snapshot!("contact_without_at", add(&["acme", "--name", "Acme", "--contact", "jane"]));
    assert_snapshot!(
        "contact_that_forges_a_header",
        add(&["acme", "--name", "Acme", "--contact", "jane@a.example\nBcc: x@y.example"])
    );
    assert_snapshot!("owner_is_empty", add(&["acme", "--name", "Acme", "--owner", ""]));
    assert_snapshot!("notes_too_long", add(&["acme", "--name", "Acme", "--notes", &"n".repeat(10_001)]));
    assert_eq!(desk.events(), events);
}

#[test]
fn customers_are_listed() {
    let desk = with_customers();
    assert_snapshot!("list_on_a_terminal", desk.lic_on_terminal(&["customer", "list"], []));
    assert_snapshot!("list_on_a_narrow_terminal", desk.command(&["customer", "list"]).terminal(40).run());
    assert_snapshot!("list_in_a_pipe", desk.lic(&["customer", "list"]));
    assert_snapshot!("list_as_json", desk.lic(&["customer", "list", "--json"]));
    assert_snapshot!("list_as_csv", desk.lic(&["customer", "list", "--all", "-o", "csv"]));
}

#[test]
fn a_list_is_narrowed_down() {
    let desk = with_customers();
    let list = |args: &[&str]| names(desk.lic(&[&["customer", "list", "-o", "name"], args].concat()));
    assert_eq!(list(&[]), "acme\nbolt\ncrane\ninternal\n");
    assert_eq!(list(&["--all"]), "acme\nbolt\ncrane\ndune\ninternal\n");
    assert_eq!(list(&["--archived"]), "dune\n");
    assert_eq!(list(&["--kind", "prospect"]), "bolt\n");
    assert_eq!(list(&["--owner", "jane"]), "acme\n");
    assert_eq!(list(&["söhne"]), "bolt\n");
    assert_eq!(list(&["SOHNE"]), "bolt\n");
    assert_eq!(list(&["ada"]), "bolt\n");
    assert_eq!(list(&["C-17"]), "acme\n");
    assert_eq!(list(&["pays", "acme"]), "acme\n");
    assert_eq!(list(&["pays", "bolt"]), "");
    assert_eq!(list(&["%"]), "");
}

#[test]
fn a_list_of_nothing_is_no_error() {
    let desk = authority();
    assert_snapshot!("empty_on_a_terminal", desk.lic_on_terminal(&["customer", "list", "nobody"], []));
    assert_snapshot!("empty_in_a_pipe", desk.lic(&["customer", "list", "nobody"]));
    assert_snapshot!("empty_as_json", desk.lic(&["customer", "list", "nobody", "--json"]));
}

#[test]
fn an_unknown_customer_brings_the_closest_names() {
    let desk = with_customers();
    let show = |name| desk.lic(&["customer", "show", name]);
    assert_snapshot!("one_close_name", show("amce"));
    assert_snapshot!("no_close_name", show("zebra"));
    assert_snapshot!("unknown_with_escape_codes", show("\u{1b}[31mzebra").tame());
    desk.lic(&["customer", "add", "acme-north", "--name", "Northern Works"]).done();
    desk.lic(&["customer", "add", "acme-south", "--name", "Southern Works"]).done();
    assert_snapshot!("several_close_names", show("acme-nord"));
    for command in [["customer", "edit", "amce"], ["customer", "archive", "amce"], ["customer", "show", "amce"]] {
        desk.lic(&command).code(5).says("there is no customer 'amce'");
    }
}

#[test]
fn a_customer_is_found_in_whatever_case() {
    let desk = with_customer("acme");
    desk.lic(&["customer", "show", "ACME"]).done();
}

#[test]
fn an_edit_shows_what_was_and_what_is() {
    let desk = with_customers();
    assert_snapshot!(desk.lic(&[
        "customer",
        "edit",
        "bolt",
        "--name",
        "Bolt SE",
        "--kind",
        "customer",
        "--owner",
        "jane",
        "--reference",
        "C-20",
    ]));
    assert_snapshot!("after_the_edit", desk.lic(&["customer", "show", "bolt", "--json"]));
}

#[test]
fn an_edit_that_changes_nothing_records_nothing() {
    let desk = with_customers();
    let events = desk.events();
    assert_snapshot!(desk.lic(&["customer", "edit", "acme", "--name", "Acme GmbH"]));
    desk.lic(&["customer", "edit", "acme"]).done();
    assert_eq!(desk.events(), events);
}

#[test]
fn contacts_are_added_renamed_and_taken_off() {
    let desk = with_customers();
    let edit = |args: &[&str]| desk.lic(&[&["customer", "edit", "bolt"], args].concat());
    assert_snapshot!("contact_added", edit(&["--add-contact", "new@bolt.example"]));
    assert_snapshot!("contact_renamed", edit(&["--add-contact", "Night Desk <IT@bolt.example>"]));
    assert_snapshot!("contact_taken_off", edit(&["--remove-contact", "ADA@bolt.example"]));
    assert_snapshot!("contact_unknown", edit(&["--remove-contact", "nobody@bolt.example"]));
}

#[test]
fn an_empty_text_clears_a_field() {
    let desk = with_customers();
    assert_snapshot!(desk.lic(&["customer", "edit", "acme", "--owner", "", "--reference", "", "--notes", ""]));
    assert_snapshot!("name_cannot_be_cleared", desk.lic(&["customer", "edit", "acme", "--name", ""]));
}

#[test]
fn an_archived_customer_leaves_the_list_and_can_be_taken_back() {
    let desk = with_customer("acme");
    assert_snapshot!("archived", desk.lic(&["customer", "archive", "acme"]));
    assert_eq!(names(desk.lic(&["customer", "list", "-o", "name"])), "internal\n");
    assert_snapshot!("archived_again", desk.lic(&["customer", "archive", "acme"]));
    assert_snapshot!("no_license_for_an_archived_customer", desk.lic(&["issue", "acme", "--tier", "free"]));
    assert_snapshot!("taken_back", desk.lic(&["customer", "archive", "acme", "--undo"]));
    desk.lic(&["issue", "acme", "--tier", "free"]).done();
}

#[test]
fn the_built_in_customer_cannot_be_archived() {
    assert_snapshot!(authority().lic(&["customer", "archive", "internal"]));
}

#[test]
fn a_customer_keeps_count_of_its_licenses() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "free", "--count", "2"]).done();
    assert_eq!(desk.lic(&["customer", "show", "acme", "--json"]).done().json()["customer"]["licenses"], 2);
}

#[test]
fn what_others_wrote_into_a_name_moves_no_cursor() {
    let desk = authority();
    desk.lic(&["customer", "add", "evil", "--name", "Evil \u{202e}dtL emcA"]).done();
    assert_snapshot!(desk.lic_on_terminal(&["customer", "show", "evil"], []).tame());
    desk.lic(&["customer", "add", "sum", "--name", "=1+1", "--notes", "@SUM(A1)"]).done();
    assert_snapshot!("formulas_are_defused", desk.lic(&["customer", "list", "=1+1", "-o", "csv"]));
}

const CRM: &str = "\
Account Name;Account ID;Type;E-Mail;Contact Name;Account Owner;Phone
Acme GmbH;C-17;Customer;jane@acme.example;Jane Doe;bob;123
Bolt & Söhne KG;C-18;prospect;ada@bolt.example, it@bolt.example;Ada;jane;
Crane Ltd;C-19;;;;;
";

#[test]
fn an_import_adds_what_a_crm_exports() {
    let desk = authority();
    desk.write("crm.csv", CRM);
    assert_snapshot!("import", desk.lic(&["customer", "import", "crm.csv"]));
    assert_snapshot!("imported", desk.lic(&["customer", "list", "--json"]));
}

#[test]
fn the_same_import_twice_changes_nothing() {
    let desk = authority();
    desk.write("crm.csv", CRM);
    desk.lic(&["customer", "import", "crm.csv"]).done();
    let events = desk.events();
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn an_import_updates_by_reference_and_only_the_columns_it_has() {
    let desk = with_customers();
    desk.write("crm.csv", "Name,CRM ID,Owner\nAcme SE,C-17,kim\n");
    assert_snapshot!("import_that_updates", desk.lic(&["customer", "import", "crm.csv"]));
    assert_snapshot!("updated", desk.lic(&["customer", "show", "acme", "--json"]));
}

#[test]
fn an_import_updates_by_slug() {
    let desk = with_customers();
    desk.write("crm.csv", "name,slug,kind\nBolt AG,bolt,customer\nEcho,echo,\n");
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv"]));
}

#[test]
fn an_import_points_out_names_that_are_nearly_the_same() {
    let desk = with_customer("acme");
    desk.write("crm.csv", "name\nAcme AG\n");
    desk.lic(&["customer", "import", "crm.csv"]).done().says("customer 'acme' has nearly the same name");
}

#[test]
fn a_row_whose_reference_and_slug_name_two_customers_is_refused() {
    let desk = with_customers();
    desk.write("crm.csv", "name,slug,reference\nBolt,bolt,C-17\n");
    desk.lic(&["customer", "import", "crm.csv"]).code(1).says("line 2");
}

#[test]
fn a_dry_run_of_an_import_shows_what_would_change() {
    let desk = with_customers();
    let events = desk.events();
    desk.write("crm.csv", CRM);
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv", "--dry-run"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn an_import_comes_from_standard_input_too() {
    let desk = authority();
    desk.command(&["customer", "import", "-"]).input("name\nAcme\n").run().done();
    assert_eq!(names(desk.lic(&["customer", "list", "acme", "-o", "name"])), "acme\n");
}

#[test]
fn columns_are_mapped_by_name() {
    let desk = authority();
    desk.write("crm.csv", "Kunde,Nr,Type\nAcme,17,Manufacturing\n");
    let import = |args: &[&str]| desk.lic(&[&["customer", "import", "crm.csv"], args].concat());
    assert_snapshot!("import_without_a_name_column", import(&[]));
    assert_snapshot!("import_with_a_map", import(&["--map", "name=Kunde", "--map", "reference=nr", "--map", "kind="]));
    assert_snapshot!("map_to_a_column_that_is_not_there", import(&["--map", "name=Client"]));
    assert_snapshot!("map_of_an_unknown_field", import(&["--map", "phone=Nr"]));
    assert_snapshot!("map_without_a_column", import(&["--map", "name"]));
}

#[test]
fn every_bad_row_is_told_by_line_and_column_and_nothing_is_imported() {
    let desk = authority();
    let events = desk.events();
    desk.write(
        "crm.csv",
        "name,slug,kind,mail\n\
         Good,,,\n\
         ,acme,,nobody\n\
         Beta,Be ta,friend,b@x.example\n\
         Gamma,,\n",
    );
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn a_screenful_of_problems_is_enough() {
    let desk = authority();
    desk.write("crm.csv", format!("name,mail\n{}", "Acme,nobody\n".repeat(25)));
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv"]));
}

#[test]
fn a_row_that_the_ledger_refuses_undoes_the_rows_before_it() {
    let desk = with_customers();
    let events = desk.events();
    desk.write("crm.csv", format!("name,slug\nNew,new\n{},bolt\n", "B".repeat(201)));
    assert_snapshot!("import_that_the_ledger_refuses", desk.lic(&["customer", "import", "crm.csv"]));
    desk.write("twice.csv", "name,slug,reference\nNew,new,\nBolt,bolt,C-99\nOther,crane,C-99\n");
    assert_snapshot!("import_of_a_reference_twice", desk.lic(&["customer", "import", "twice.csv"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn what_is_no_csv_is_refused() {
    let desk = authority();
    let import = |name: &'static str, content: &[u8]| {
        desk.write(name, content);
        desk.lic(&["customer", "import", name])
    };
    assert_snapshot!("csv_empty", import("empty.csv", b""));
    assert_snapshot!("csv_utf16", import("utf16.csv", b"\xff\xfen\0a\0m\0e\0"));
    assert_snapshot!("csv_latin1", import("latin1.csv", b"name\nAcme\nM\xfcller\n"));
    assert_snapshot!("csv_open_quote", import("quote.csv", b"name\n\"Acme\nBolt\n"));
    assert_snapshot!("csv_missing", desk.lic(&["customer", "import", "missing.csv"]));
    std::fs::create_dir(desk.path("folder")).unwrap();
    assert_snapshot!("csv_is_a_folder", desk.lic(&["customer", "import", "folder"]));
}

#[test]
fn a_big_import_is_summed_up() {
    let desk = authority();
    let rows: String = (1..=30).map(|number| format!("Company {number}\n")).collect();
    desk.write("crm.csv", format!("name\n{rows}"));
    assert_snapshot!(desk.lic(&["customer", "import", "crm.csv"]));
}

#[test]
fn our_own_csv_can_be_imported() {
    let desk = with_customers();
    let exported = desk.lic(&["customer", "list", "--all", "-o", "csv"]).done().stdout;
    desk.write("export.csv", &exported);
    assert_snapshot!(desk.lic(&["customer", "import", "export.csv"]));
}

#[test]
fn customers_are_kept_in_an_authority() {
    assert_snapshot!(empty().lic(&["customer", "list"]));
}
