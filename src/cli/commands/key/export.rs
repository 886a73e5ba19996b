//! `lic key export`: the public keys, as files and as programs that verify with them.

use clap::ValueEnum;

use crate::audit::VerifierKey;
use crate::authority::snippets::{self, Language, SnippetInput};
use crate::authority::{Authority, Error, find};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::ledger::{KeyPurpose, KeyState, SigningKeyRecord};
use crate::license::Slug;
use crate::token::{KeySet, PublicKey};

/// Print the public keys that verify licenses, or a program that verifies them
///
/// Next and retired keys are among them, compromised ones never.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key export > vendor.pem
  lic key export --format jwks > jwks.json
  lic key export --format snippet --lang python > verify.py
  lic key export --purpose log --format vkey")]
pub struct Args {
    /// How to print them [default: pem, or snippet with --lang]
    #[arg(long, value_name = "FORMAT")]
    format: Option<KeyFormat>,
    /// The language of the snippet: python, node, go, java, csharp, php, rust or c
    #[arg(long, value_name = "LANGUAGE", required_if_eq("format", "snippet"))]
    lang: Option<Language>,
    /// The product that the snippet checks [default: the one in lic.toml]
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// The test signing key in place of the others, for test builds only
    #[arg(long)]
    test: bool,
    /// The keys that sign something else than licenses: status (lists) or log (checkpoints of the audit log)
    #[arg(long, value_name = "PURPOSE", conflicts_with = "test", value_parser = str::parse::<KeyPurpose>)]
    purpose: Option<KeyPurpose>,
    /// Only the key with this kid
    #[arg(long, value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyFormat {
    /// SubjectPublicKeyInfo in PEM, one block a key
    Pem,
    /// One JSON Web Key (RFC 8037)
    Jwk,
    /// A JSON Web Key Set
    Jwks,
    /// A complete program in --lang
    Snippet,
    /// NAME+HASH+KEY: what verifies checkpoints of the audit log (with --purpose log)
    Vkey,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let mut records = wanted(args, &authority)?;
    let format = match (args.format, args.lang) {
        (Some(KeyFormat::Snippet) | None, Some(_)) => KeyFormat::Snippet,
        (Some(_), Some(_)) => return Err(Failure::usage("--lang goes with --format snippet alone")),
        (format, None) => format.unwrap_or(KeyFormat::Pem),
    };
    if let Some(other) = records.iter().find(|key| format == KeyFormat::Snippet && !key.purpose.signs_licenses()) {
        return Err(Failure::usage(format!("key {} signs no licenses, and a snippet verifies licenses", other.kid))
            .hint("export it with --format pem or --format jwk"));
    }
    if records.is_empty() {
        session.warn("no key is left that a verifier may trust: make one with 'lic key new'");
    }
    // Only a JWKS tells keys for licenses from keys for status lists, so that a program may take both from one file.
    if format == KeyFormat::Jwks && args.purpose.is_none() && args.kid.is_none() && authority.settings.status.uri.is_some() {
        let mut status = authority.read().signing_keys()?;
        status.retain(|key| key.purpose == KeyPurpose::Status && key.state != KeyState::Compromised);
        records.extend(status);
    }
    let mut keys = KeySet::new();
    for record in &records {
        match record.purpose {
            KeyPurpose::Status => keys.insert_status(record.public_key()?),
            _ => keys.insert(record.public_key()?),
        }
    }
    let text = match format {
        KeyFormat::Pem => keys.iter().chain(keys.status_keys()).map(PublicKey::to_pem).collect(),
        KeyFormat::Jwks => pretty(&keys.to_jwks()),
        KeyFormat::Jwk => match keys.to_jwks()["keys"].as_array().map(Vec::as_slice) {
            Some([only]) => pretty(only),
            _ => return Err(Failure::usage("there are several keys").hint("take one with --kid, or all with --format jwks")),
        },
        KeyFormat::Snippet => snippet(args, &keys, &authority)?,
        KeyFormat::Vkey => {
            if records.iter().any(|key| key.purpose != KeyPurpose::Log) {
                return Err(Failure::usage("only log keys are written so").hint("lic key export --purpose log --format vkey"));
            }
            let named: Vec<VerifierKey> = keys.iter().map(|key| authority.log_key(key)).collect::<Result<_, _>>()?;
            named.iter().map(|key| format!("{key}\n")).collect()
        }
    };
    session.data(text.as_bytes())
}

/// The keys that a verifier is to trust: those published, in use or retired, and never a compromised one.
fn wanted(args: &Args, authority: &Authority) -> Result<Vec<SigningKeyRecord>, Failure> {
    let purpose = args.purpose.unwrap_or(if args.test { KeyPurpose::Test } else { KeyPurpose::License });
    if let Some(name) = &args.kid {
        // A key that is named is meant, whatever it signs; but no verifier is to trust what is refused.
        let key = find::signing_key(&authority.read(), name)?;
        return match key.state {
            KeyState::Compromised => Err(Error::KeyState { kid: key.kid, state: key.state, wanted: "given to verifiers" }.into()),
            _ => Ok(vec![key]),
        };
    }
    let mut keys = authority.read().signing_keys()?;
    keys.retain(|key| key.purpose == purpose && key.state != KeyState::Compromised);
    if keys.is_empty() && !purpose.signs_licenses() {
        return Err(Failure::new(exit::NOT_FOUND, format!("the authority has no {purpose} key yet"))
            .hint("it is made when it is first used, by 'lic status publish' or 'lic audit checkpoint'"));
    }
    Ok(keys)
}

fn snippet(args: &Args, keys: &KeySet, authority: &Authority) -> Result<String, Failure> {
    let Some(language) = args.lang else { return Err(Failure::usage("no language given").hint("--lang python")) };
    let product = args.product.clone().or_else(|| authority.settings.defaults.product.clone());
    let product =
        product.ok_or_else(|| Failure::usage("no product given, and lic.toml names no default").hint("--product NAME"))?;
    let issuer = &authority.settings.authority.issuer;
    let keys: Vec<(String, String)> = keys.iter().map(|key| (key.kid().to_string(), key.x())).collect();
    Ok(snippets::render(language, &SnippetInput { keys: &keys, issuer, product: product.as_str() }))
}

fn pretty(value: &serde_json::Value) -> String {
    // A JSON value always prints.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
