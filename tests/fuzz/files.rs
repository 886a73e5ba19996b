//! Files that people and other programs hand over: CSV, TOML, manifests of backups, exports of ledgers.

use std::path::Path;

use base64ct::{Base64, Encoding};
use lic::audit::{Frontier, leaf_hash};
use lic::authority::backup::Manifest;
use lic::authority::csv_import::{self, CustomerField, ImportRow, Problem};
use lic::authority::home::Home;
use lic::authority::settings::{NewSettings, Settings, SettingsError, commented};
use lic::authority::takeover::{mapping, rows};
use lic::authority::tiers_file::{tiers_from_toml, tiers_to_toml};
use lic::authority::{Authority, Mode};
use lic::license::Contact;
use lic::mail::address;
use lic::render::escape;

use super::{text, texts};

fn contact(text: &str) -> Result<Contact, String> {
    address::check(text).map(Contact::from).map_err(|error| error.to_string())
}

/// What is said about a file is not much longer than the file, and points into it.
fn assert_bounded(problems: &[Problem], bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    assert!(problems.iter().all(|problem| (1..=lines + 1).contains(&problem.line)), "{problems:?}");
    let said: usize = problems.iter().map(|problem| problem.to_string().len()).sum();
    assert!(said <= 400 * bytes.len() + 4_096, "{said} bytes about {}", bytes.len());
}

/// Customers that were read and written again are read as the same; no two are one, and no name holds what a terminal acts on.
pub fn customers(bytes: &[u8]) {
    let read = match csv_import::read(bytes, &[], &contact) {
        Ok(read) => read,
        Err(problems) => {
            assert!(!problems.is_empty());
            return assert_bounded(&problems, bytes);
        }
    };
    assert_bounded(&read.warnings, bytes);
    assert!(read.rows.is_sorted_by_key(|row| row.line) && read.fields.contains(&CustomerField::Name));
    let written = as_csv(&read.rows);
    let again = csv_import::read(&written, &[], &contact).unwrap_or_else(|problems| panic!("{problems:?}"));
    let plain = |row: &ImportRow| ImportRow { line: 0, contacts: Vec::new(), ..row.clone() };
    assert!(again.rows.iter().map(plain).eq(read.rows.iter().map(plain)), "{}", text(&written));
    let mut references: Vec<_> = read.rows.iter().filter_map(|row| row.reference.as_ref()).collect();
    let count = references.len();
    references.sort();
    references.dedup();
    assert_eq!(references.len(), count, "two rows of one reference");
    for row in &read.rows {
        assert!(!row.name.is_empty() && !row.name.contains(char::is_control), "{:?}", row.name);
        assert!(row.contacts.iter().all(|contact| address::check(&contact.mail).is_ok_and(|found| found.name.is_none())));
    }
}

fn as_csv(rows: &[ImportRow]) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["name", "slug", "kind", "owner", "reference", "notes"]).expect("a header");
    for row in rows {
        let kind = row.kind.map(|kind| kind.to_string()).unwrap_or_default();
        let slug = row.slug.as_ref().map(|slug| slug.to_string()).unwrap_or_default();
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [row.name.clone(), slug, kind, some(&row.owner), some(&row.reference), some(&row.notes)];
        out.write_record(cells.iter().map(|cell| escape::csv(cell).into_owned())).expect("a row");
    }
    out.into_inner().expect("bytes")
}

/// What parts the mapping from the CSV in an input.
const PARTED: &str = "\n=====\n";

/// The licenses of an older system: no two have one number, and everything comes with the place it stands at.
pub fn takeover(bytes: &[u8]) {
    let whole = text(bytes);
    let (told, csv) = whole.split_once(PARTED).unwrap_or((&whole, "License No,Customer,Edition\n1,acme,pro\n"));
    let mapping = match mapping::Mapping::parse(told, Path::new("map.toml")) {
        Ok(mapping) => mapping,
        Err(error) => return assert_shown(&error, told),
    };
    match rows::read(csv.as_bytes(), &mapping, &contact) {
        Err(problems) => {
            assert!(!problems.is_empty());
            assert_bounded(&problems, bytes);
        }
        Ok(rows) => {
            let mut references: Vec<_> = rows.iter().map(|row| &row.reference.value).collect();
            references.sort();
            references.dedup();
            assert_eq!(references.len(), rows.len(), "two rows of one number");
        }
    }
    // However the mapping writes dates, a day that is read is one of the calendar that keys can name.
    if let Some(day) = csv.lines().find_map(|line| mapping.dates.parse(line)) {
        assert_eq!(day.to_string().parse(), Ok(day));
    }
}

/// That a mistake is shown where it is, in lines that a terminal acts on only by ending them.
fn assert_shown(error: &SettingsError, text: &str) {
    let said = error.to_string();
    assert!(!said.contains(|sign: char| sign != '\n' && escape::is_hidden(sign)), "{said:?}");
    assert!(said.len() <= 24 * text.len() + 4_096, "{} bytes about {}", said.len(), text.len());
    let SettingsError::Mistake(mistake) = error else { panic!("{error}") };
    assert!((1..=text.split('\n').count()).contains(&mistake.line), "line {}", mistake.line);
}

/// `lic.toml`: refused with the place of the mistake, or every setting of it is in the list of settings.
pub fn settings(bytes: &[u8]) {
    let text = text(bytes);
    match Settings::parse(&text, Path::new("lic.toml")) {
        Err(error) => assert_shown(&error, &text),
        Ok(settings) => {
            let entries = settings.entries();
            assert!(entries.iter().any(|entry| entry.key == "authority.name"));
            // One more setting that nobody knows is an error, wherever the text stopped.
            let more = format!("{text}\n[no_such_table]\n");
            assert!(Settings::parse(&more, Path::new("lic.toml")).is_err());
        }
    }
}

/// Tiers written are the tiers read.
pub fn tiers(bytes: &[u8]) {
    let text = text(bytes);
    let path = Path::new("tiers.toml");
    match tiers_from_toml(&text, path) {
        Err(error) => assert_shown(&error, &text),
        Ok(tiers) => {
            let written = tiers_to_toml(&tiers);
            assert_eq!(tiers_from_toml(&written, path).unwrap_or_else(|error| panic!("{error}\n{written}")), tiers);
        }
    }
}

/// A manifest that is taken says what it said when it was written, and names files below its own folder alone.
pub fn manifest(bytes: &[u8]) {
    let Ok(manifest) = Manifest::parse(&text(bytes), Path::new("backup")) else {
        // With the checksum mended, what stands behind it is reached.
        return if let Some(mended) = mended(bytes) {
            checked(&mended)
        };
    };
    checked(&manifest);
}

fn mended(bytes: &[u8]) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_slice(bytes).ok()?;
    let left_out = manifest.left_out.clone();
    Manifest::parse(&manifest.without(left_out).text(), Path::new("backup")).ok()
}

fn checked(manifest: &Manifest) {
    let text = manifest.text();
    assert_eq!(Manifest::parse(&text, Path::new("backup")).ok().as_ref(), Some(manifest));
    for file in &manifest.files {
        let parts: Vec<_> = Path::new(&file.name).components().collect();
        assert!(!parts.is_empty() && parts.iter().all(|part| matches!(part, std::path::Component::Normal(_))), "{}", file.name);
    }
    // Another size of a file is another manifest, and the checksum tells.
    if let Some(place) = text.find("\"size\": ") {
        let mut other = text.clone();
        other.insert(place + 8, '1');
        assert!(Manifest::parse(&other, Path::new("backup")).is_err());
    }
}

/// The events of an export, under a first line that fits them: taken whole or refused by the number of a line.
pub fn export(bytes: &[u8]) {
    let text = text(bytes);
    let events: Vec<&str> = text.lines().collect();
    let mut log = Frontier::new();
    for event in &events {
        log.append(leaf_hash(event.as_bytes()));
    }
    let (size, root) = (log.size(), Base64::encode_string(&log.root()));
    let heading = serde_json::json!({
        "lic-ledger": {"version": 1, "name": "Example Software", "issuer": "example-software", "size": size, "root": root},
    });
    let lines: String = events.iter().map(|event| format!("{{\"event\":{event}}}\n")).collect();
    let home = Home::at("/nowhere/at/all".into());
    match Authority::import(&home, format!("{heading}\n{lines}").as_bytes(), Mode::Rehearse, |_, _| {}) {
        Ok(described) => assert_eq!((described.size, described.name.as_str()), (size, "Example Software")),
        Err(error) => assert!(error.to_string().len() <= 16 * bytes.len() + 4_096),
    }
}

pub fn customers_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[
        "name,slug,kind,mail,contact,owner,reference,notes\nAcme GmbH,acme,customer,ada@acme.example,Ada,ann,C-1,\"a\nb\"\nGlobex,,prospect,\"Bo <bo@globex.example>; c@globex.example\",,,C-2,'=1+1\n",
        "sep=;\r\nCompany;E-Mail\r\nÄpfel AG;\"Doe, Jane\" <jane@acme.example>\r\n",
        "\u{feff}Account Name\tID\nx\t1\n\ny\t2\n",
        "name\ra\rb\r",
    ])
}

pub fn takeover_seeds(_: &Path) -> Vec<Vec<u8>> {
    let short = "system = \"keybox\"\n[columns]\nreference = \"No\"\ncustomer = \"Who\"\ntier = \"What\"\nuntil = \"End\"\nseats = \"N\"\ntype = \"Kind\"\n[dates]\nformat = \"%d.%m.%Y\"\n[types]\n\"Full\" = \"commercial\"\n";
    vec![
        format!("{}{PARTED}License No,Customer,Edition\n1,acme,pro\n2,globex,basic\n", mapping::TEMPLATE).into_bytes(),
        format!("{short}{PARTED}No;Who;What;End;N;Kind\n7;acme;pro;31.12.2027;5;Full\n8;acme;pro;never;unlimited;Full\n")
            .into_bytes(),
    ]
}

pub fn settings_seeds(_: &Path) -> Vec<Vec<u8>> {
    let product = "cockpit".parse().expect("a product");
    let new = NewSettings { name: "Example Software", issuer: None, product: Some(&product), preset_tier: None };
    let whole = commented(&new);
    // Every setting, with what the comments offer.
    let set: String = whole
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line)))
        .collect();
    let mut seeds = vec![whole.into_bytes(), set.into_bytes()];
    seeds.extend(texts(&[
        "[authority]\nname = \"Example\"\n[presets.trial]\nfor = \"14d\"\ntype = \"trial\"\n",
        "[authority]\nname = \"Example\"\n[mail]\nfrom = \"a@b.example\"\n[notify]\nwindows = [30, 7, 1]\n",
    ]));
    seeds
}

pub fn tiers_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[
        "product = \"cockpit\"\n[[tier]]\nslug = \"professional\"\nname = \"Professional\"\nrank = 40\nterm = \"1y\"\nseats = 100\nmachines = 20\nmachine_kinds = [\"physical\"]\nmachine_factors = 3\ntransfers = 4\ngrace_days = 14\nwarn_days = 30\noffline_days = 90\nfeatures = [\"core\", \"sso\"]\nlimits = { users = 100, \"api.calls\" = 7 }\nmonthly = \"49.00 EUR\"\nyearly = \"490.00 EUR\"\nretired = false\n",
        "[[tier]]\nproduct = \"cockpit\"\nslug = \"free\"\nname = \"Free \\\"\\u0041\\\"\"\nrank = 1\nterm = \"perpetual\"\n",
    ])
}

pub fn manifest_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[r#"{
  "format": 1,
  "program": "0.1.0",
  "authority": { "name": "Example", "issuer": "example", "first_key": "dtOkS-pMXBDFLI_a" },
  "made_at": "2026-11-22T09:00:00Z",
  "ledger_version": 2,
  "log": { "size": 3, "root": "00" },
  "files": [ { "name": "ledger.db", "size": 4096, "sha256": "00" }, { "name": "keys/a/ann.pem", "size": 1, "sha256": "11" } ],
  "left_out": ["keys/b.key.pem"],
  "checksum": ""
}"#])
}

pub fn export_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[include_str!("events.jsonl")])
}
