//! Bulk work and one order after another write the same ledger.

use lic::ledger::{Access, Ledger, LedgerError};
use serde_json::Value;

use crate::support::Desk;
use crate::support::lifecycle::house;

/// What the log says, without what differs by chance and time: ids, keys, moments.
fn facts(desk: &Desk) -> Vec<Value> {
    let ledger = Ledger::open(&desk.home().join("ledger.db"), Access::ReadOnly).unwrap();
    assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    let mut facts = Vec::new();
    let mut take = |body: &str| {
        let mut event: Value = serde_json::from_str(body).unwrap();
        event["at"] = Value::Null;
        if event["fact"]["kind"] == "license.issued" {
            let data = &mut event["fact"]["data"];
            (data["license"], data["key"]) = (Value::Null, Value::Null);
        }
        facts.push(event);
        Ok::<_, LedgerError>(())
    };
    ledger.read().for_each_body(&mut take).unwrap();
    facts
}

/// Orders as flags and as a row of a file.
const ORDERS: [(&[&str], &str); 9] = [
    (&["acme", "--tier", "basic"], "acme,basic,,,,,,,,,,,"),
    (&["acme", "--tier", "pro", "--seats", "12", "--for", "1y"], "acme,pro,12,1y,,,,,,,,,"),
    (&["globex", "--tier", "enterprise", "--perpetual", "--note", "PO 4711"], "globex,enterprise,,perpetual,,,,,,,,,PO 4711"),
    (&["acme", "--tier", "basic", "--until", "2029-12-31", "--from", "2027-01-01"], "acme,basic,,,2029-12-31,2027-01-01,,,,,,,"),
    (&["acme", "--tier", "basic", "--type", "trial", "--for", "30d"], "acme,basic,,30d,,,trial,,,,,,"),
    (&["acme", "--tier", "basic", "--type", "test"], "acme,basic,,,,,test,,,,,,"),
    (&["globex", "--tier", "basic", "--internal", "--grace", "0"], "globex,basic,,,,,,yes,,0,,,"),
    (
        &["acme", "--tier", "basic", "--feature", "sso", "--limit", "users=9", "--limit", "projects=unlimited"],
        "acme,basic,,,,,,,,,sso,users=9;projects=unlimited,",
    ),
    (&["acme", "--tier", "basic", "--seats", "900", "--max-machines", "2"], "acme,basic,900,,,,,,2,,,,"),
];

#[test]
fn a_file_and_its_orders_one_by_one_give_the_same_log() {
    let (single, bulk) = (house(), house());
    let mut text =
        "customer,tier,seats,term,until,from,type,internal,max machines,grace,features,limits,note,request\n".to_owned();
    for (number, (flags, row)) in ORDERS.iter().enumerate() {
        let request = format!("R-{number}");
        single.lic(&[&["issue"], *flags, &["--request-id", &request, "--out", "keys/", "-q"]].concat()).done();
        text += &format!("{row},{request}\n");
    }
    bulk.write("orders.csv", text);
    bulk.lic(&["issue", "--from", "orders.csv", "-q"]).done();
    let (single, bulk) = (facts(&single), facts(&bulk));
    assert_eq!(single.len(), bulk.len());
    for (one, many) in single.iter().zip(&bulk) {
        assert_eq!(one, many);
    }
    assert!(single.iter().filter(|event| event["fact"]["data"]["unusual"].is_string()).count() >= 2);
}

#[test]
fn a_renewal_file_and_its_renewals_one_by_one_give_the_same_log() {
    let orders = "customer,tier,seats,term\nacme,basic,1,30d\nacme,basic,2,1y\nglobex,pro,3,1mo\n";
    let desks = [house(), house()];
    let ids: Vec<Vec<String>> = desks
        .iter()
        .map(|desk| {
            desk.write("orders.csv", orders);
            desk.lic(&["issue", "--from", "orders.csv", "-o", "name", "-q"]).done().stdout.lines().map(str::to_owned).collect()
        })
        .collect();
    for (id, more) in ids[0].iter().zip([&["--for", "1y"][..], &["--until", "2030-01-31"], &["--note", "PO 8"]]) {
        let request = ["--request-id", &format!("R-{}", more[1]).replace(' ', ""), "--out", "keys/", "-q"];
        desks[0].lic(&[&["renew", id], more, &request].concat()).done();
    }
    let text = format!(
        "license,term,until,note,request\n{},1y,,,R-1y\n{},,2030-01-31,,R-2030-01-31\n{},,,PO 8,R-PO8\n",
        ids[1][0], ids[1][1], ids[1][2]
    );
    desks[1].write("renewals.csv", text);
    desks[1].lic(&["renew", "--from", "renewals.csv", "-q"]).done();
    let mut logs = desks.each_ref().map(facts);
    // The digest of a renewal holds the id of its license.
    logs.iter_mut().flatten().for_each(|event| event["fact"]["data"]["request"]["digest"] = Value::Null);
    assert_eq!(logs[0], logs[1]);
}
