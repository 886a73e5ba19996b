//! Where passphrases come from: a file, the environment's file, the service manager's credentials, or a person.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::args::SigningArgs;
use super::error::Failure;
use super::session::Session;
use crate::authority::Error;
use crate::authority::signer::Passphrases;
use crate::keyring::{Passphrase, PassphraseError};
use crate::license::Slug;
use crate::token::Kid;

/// The credential's name below `$CREDENTIALS_DIRECTORY`.
const CREDENTIAL: &str = "lic-passphrase";

/// The passphrase of a file: the one named, else `LIC_PASSPHRASE_FILE`, else the service manager's credential.
pub fn from_files(session: &Session<'_>, args: &SigningArgs) -> Result<Option<Passphrase>, PassphraseError> {
    let world = &session.world;
    if let Some(typed) = &args.passphrase_file {
        return Passphrase::from_file(&session.path(typed)).map(Some);
    }
    if let Some(path) = world.variable("LIC_PASSPHRASE_FILE") {
        return Passphrase::from_file(&world.folder.join(path)).map(Some);
    }
    if let Some(folder) = world.variable("CREDENTIALS_DIRECTORY") {
        let path = PathBuf::from(folder).join(CREDENTIAL);
        if path.exists() {
            return Passphrase::from_credential(&path).map(Some);
        }
    }
    Ok(None)
}

/// The passphrases of one command.
pub struct Asking<'s, 'w> {
    session: &'s mut Session<'w>,
    args: &'s SigningArgs,
    asked: bool,
    /// What was typed last: it opened the key before, if there was one.
    typed: Option<Passphrase>,
}

impl<'s, 'w> Asking<'s, 'w> {
    pub fn new(session: &'s mut Session<'w>, args: &'s SigningArgs) -> Self {
        Self { session, args, asked: false, typed: None }
    }
}

impl Passphrases for Asking<'_, '_> {
    fn get(&mut self, kid: &Kid, operator: &Slug, attempt: u32) -> Result<Option<Passphrase>, Error> {
        if let Some(passphrase) = from_files(self.session, self.args)? {
            return Ok(Some(passphrase));
        }
        if !self.session.can_ask() {
            return Ok(None);
        }
        // People have one passphrase for all their copies; where it does not fit, they are asked.
        if attempt == 1
            && let Some(typed) = &self.typed
        {
            return Ok(Some(Passphrase::new(typed.reveal().to_owned())));
        }
        if attempt > 1 {
            self.session.warn("that passphrase does not open the key");
        }
        self.asked = true;
        let question = format!("Passphrase of {operator} for signing key {kid}");
        let typed = self.session.world.terminal.secret(&question).map_err(Error::Terminal)?;
        self.typed = Some(Passphrase::new(typed.clone()));
        Ok(Some(Passphrase::new(typed)))
    }

    fn asks(&self) -> bool {
        self.asked
    }
}

/// Asks a person for a new passphrase: typed twice, or a generated one.
pub fn ask_new(session: &mut Session<'_>, whose: &str, example: &str) -> Result<Passphrase, Failure> {
    let ways = ["Type a passphrase".to_owned(), "Generate one (shown once)".to_owned()];
    let question = format!("How is the signing key of {whose} to be protected?");
    let way = session.ask_pick("passphrase", example, &question, &ways, 0)?;
    if way == 1 {
        let passphrase = generate(session)?;
        session.reveal("keep this passphrase in your password manager; it is shown this once:");
        session.reveal(&format!("  {}", passphrase.reveal()));
        return Ok(passphrase);
    }
    loop {
        let first = session.ask_secret("passphrase", example, "New passphrase")?;
        let passphrase = Passphrase::new(first);
        if let Err(weak) = passphrase.check_strength() {
            session.warn(&weak.to_string());
            continue;
        }
        let second = Zeroizing::new(session.ask_secret("passphrase", example, "The same again")?);
        if second.as_str() == passphrase.reveal() {
            return Ok(passphrase);
        }
        session.warn("the two differ; try again");
    }
}

fn generate(session: &mut Session<'_>) -> Result<Passphrase, Failure> {
    let random = session.world.random::<20>().map_err(Error::Entropy)?;
    Ok(Passphrase::generate(random))
}
