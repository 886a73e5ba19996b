//! What makes no sense is refused, with what to type instead.

use super::desk;

#[test]
fn what_makes_no_sense_is_refused_with_its_reason_and_a_hint() {
    let desk = desk();
    for (args, code, says) in [
        (&["expirring"][..], 2, "unrecognized subcommand 'expirring'"),
        (&["expiring", "--since", "2026-12-02", "--until", "2026-12-01"], 2, "--since 2026-12-01 --until 2026-12-02"),
        (&["expiring", "--until", "2026-11-01"], 2, "lic report expired --until 2026-11-01"),
        (&["expired", "--since", "2026-12-01"], 2, "lic report expiring --since 2026-12-01"),
        (&["issued", "--since", "2026-12-01"], 2, "2026-12-01 has not come yet on 2026-11-22"),
        (&["revenue", "--by", "status"], 2, "group by tier, product, customer, operator, type, month, quarter, year"),
        (&["expiring", "--by", "license"], 2, "the report on expiring is not grouped by license"),
        (&["tiers", "--by", "week"], 2, "reports are grouped by tier, product"),
        (&["tiers", "--within", "1m"], 2, "ambiguous"),
        (&["tiers", "--period", "week"], 2, "month, quarter or year"),
        (&["tiers", "--within", "30d", "--since", "2026-01-01"], 2, "cannot be used with"),
        (&["tiers", "--period", "month", "--until", "2026-01-01"], 2, "cannot be used with"),
        (&["tiers", "--internal", "--external"], 2, "cannot be used with"),
        (&["tiers", "--at", "yesterday"], 2, "YYYY-MM-DD"),
        (&["tiers", "--since", "2026-02-30"], 2, "the calendar has no 2026-02-30"),
        (&["tiers", "--customer", "acne"], 5, "did you mean 'acme'?"),
        (&["revenue", "--tier", "profesional"], 5, "did you mean 'professional'?"),
        (&["revenue", "--product", "kokpit"], 5, "did you mean 'cockpit'?"),
        (&["issued", "--issued-by", "jame"], 5, "did you mean 'jane'?"),
        (&["tiers", "--tier", "basic"], 2, "name it in full: cockpit/basic"),
        (&["tiers", "--over-used"], 2, "unexpected argument '--over-used'"),
        (&["expired", "-o", "ics"], 2, "lic report expiring -o ics"),
        (&["expiring", "-o", "ics", "--by", "tier"], 2, "leave out --by"),
        (&["expiring", "-o", "xml"], 2, "an output format is table"),
    ] {
        desk.lic(&[&["report"], args].concat()).code(code).tame().says(says);
    }
    desk.lic(&["list", "-o", "ics"]).code(2).says("'ics' is no format of this command").says("lic report expiring -o ics");
    let before = desk.files();
    desk.lic(&["issue", "acme", "--tier", "standard", "-o", "ics"]).code(2);
    assert!(desk.files() == before);
}

#[test]
fn who_was_removed_issued_licenses_all_the_same() {
    let desk = desk();
    desk.lic(&["operator", "remove", "jane", "--yes"]).done();
    let found = super::json(&desk, &["issued", "--issued-by", "jane", "--since", "2026-01-01"]);
    assert_eq!(found["total"]["licenses"], 2);
}

#[test]
fn nothing_to_report_is_said_and_is_no_failure() {
    let desk = crate::support::authority();
    for kind in ["expiring", "expired", "issued", "customers", "tiers", "seats", "revenue", "machines", "renewals"] {
        let run = desk.lic_on_terminal(&["report", kind], []).done();
        assert!(run.stdout.is_empty() && run.stderr.starts_with("  no "), "{run}");
        let json = super::json(&desk, &[kind]);
        assert_eq!((&json["report"], json["total"].is_null()), (&kind.into(), false), "{json}");
        assert_eq!(desk.lic(&["report", kind, "-o", "csv"]).done().stdout.lines().count(), 1, "{kind}");
    }
    let calendar = desk.lic(&["report", "expiring", "-o", "ics"]).done().stdout;
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
}
