//! Mails as files in a folder, for another program to fetch, or for looking at.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{Message, Outcome, short};

/// A folder that takes mails as `.eml` files.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder, which need not be there yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn send<E>(&mut self, message: &Message, claim: impl FnOnce() -> Result<bool, E>) -> Result<Outcome, E> {
        if let Err(error) = fs::create_dir_all(&self.path) {
            return Ok(self.down(&error));
        }
        if !claim()? {
            return Ok(Outcome::Withheld);
        }
        let name = name(&message.id);
        Ok(match self.write(&name, &message.text) {
            Ok(()) => Outcome::Sent(name),
            Err(error) => self.down(&error),
        })
    }

    /// A mail of the same Message-ID is the same file: sent twice, it is there once. The name appears with the whole content.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let part = self.path.join(format!(".{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, self.path.join(name))
    }

    fn down(&self, error: &io::Error) -> Outcome {
        Outcome::Down(short(&format!("cannot write to {}: {error}", self.path.display())))
    }
}

/// The file of a Message-ID: what is left of its first part, and enough of its digest to tell it from every other.
fn name(id: &str) -> String {
    let user = id.split('@').next().unwrap_or_default();
    let plain: String = user.chars().filter(|sign| sign.is_ascii_alphanumeric() || *sign == '-').take(40).collect();
    let digest: String = Sha256::digest(id).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{plain}-{digest}.eml")
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use lettre::Address;

    use super::*;

    fn message(id: &str, text: &str) -> Message {
        let address = |text: &str| Address::from_str(text).unwrap();
        Message { id: id.into(), sender: address("a@b.example"), recipient: address("c@d.example"), text: text.into() }
    }

    #[test]
    fn a_mail_sent_twice_is_there_once() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(home.path().join("out/mails"));
        for (id, text) in [("1.a@b", "one"), ("1.a@b", "one again"), ("../../2@b", "two")] {
            let sent = folder.send(&message(id, text), || Ok::<_, ()>(true)).unwrap();
            assert!(matches!(sent, Outcome::Sent(_)), "{sent:?}");
        }
        let mut texts: Vec<String> = fs::read_dir(home.path().join("out/mails"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        texts.sort();
        assert_eq!(texts, ["one again", "two"]);
    }

    #[test]
    fn nothing_is_written_without_a_claim_and_a_folder_that_cannot_be_is_told() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(home.path().join("mails"));
        assert_eq!(folder.send(&message("1@b", "x"), || Ok::<_, ()>(false)), Ok(Outcome::Withheld));
        assert_eq!(folder.send(&message("1@b", "x"), || Err("broken")), Err("broken"));
        assert_eq!(fs::read_dir(home.path().join("mails")).unwrap().count(), 0);
        fs::write(home.path().join("file"), "").unwrap();
        let down = Folder::new(home.path().join("file")).send(&message("1@b", "x"), || Ok::<_, ()>(true)).unwrap();
        assert!(matches!(down, Outcome::Down(_)), "{down:?}");
    }
}
