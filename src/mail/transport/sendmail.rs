//! The system's own mail program: `sendmail` and all that can be called as it is.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Message, Outcome, seconds, short};

/// How often a running program is looked at.
const STEP: Duration = Duration::from_millis(5);
/// How long to wait for the last words of a program that has ended, which a child of its own may keep back.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A program that takes mail as `sendmail` does.
#[derive(Debug, Clone)]
pub struct Sendmail {
    program: PathBuf,
    timeout: Duration,
}

impl Sendmail {
    /// The program, and how long it may take over one mail.
    #[must_use]
    pub fn new(program: PathBuf, timeout: Duration) -> Self {
        Self { program, timeout }
    }

    pub(super) fn send<E>(&mut self, message: &Message, claim: impl FnOnce() -> Result<bool, E>) -> Result<Outcome, E> {
        if !claim()? {
            return Ok(Outcome::Withheld);
        }
        let mut command = Command::new(&self.program);
        // `-i`: a line with a dot alone ends nothing. `--`: no address is an option.
        command.arg("-i").arg("-f").arg(&message.sender).arg("--").arg(&message.recipient);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        Ok(match spawned {
            Err(error) => Outcome::Down(short(&format!("cannot run {}: {error}", self.program.display()))),
            // Such programs read the lines of their own system.
            Ok(child) => self.hand_over(child, message.text.replace("\r\n", "\n")),
        })
    }

    fn hand_over(&self, mut child: Child, text: String) -> Outcome {
        let input = child.stdin.take();
        thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        let words = last_words(child.stderr.take());
        let said = |status: String| {
            let words = words.recv_timeout(LAST_WORDS).unwrap_or_default();
            short(&format!("{}: {status} {words}", self.program.display()))
        };
        match wait(&mut child, self.timeout) {
            Ok(Some(status)) => by_status(status, said),
            Ok(None) => {
                // It may have passed the mail on already.
                let _ = child.kill();
                let _ = child.wait();
                Outcome::Unknown(said(format!("did not end within {}", seconds(self.timeout))))
            }
            Err(error) => Outcome::Unknown(said(format!("cannot be waited for: {error}"))),
        }
    }
}

/// The exit codes of `sysexits.h`.
fn by_status(status: ExitStatus, said: impl Fn(String) -> String) -> Outcome {
    match status.code() {
        Some(0) => Outcome::Sent("taken by the mail program".into()),
        // EX_DATAERR, EX_NOUSER, EX_NOHOST: about this address.
        Some(code @ (65 | 67 | 68)) => Outcome::Refused(said(format!("exit {code}"))),
        // EX_USAGE, EX_UNAVAILABLE, EX_OSERR, EX_OSFILE, EX_NOPERM, EX_CONFIG, and a shell that finds no program.
        Some(code @ (64 | 69 | 71 | 72 | 77 | 78 | 126 | 127)) => Outcome::Down(said(format!("exit {code}"))),
        Some(code) => Outcome::Failed(said(format!("exit {code}"))),
        None => Outcome::Unknown(said("was killed".into())),
    }
}

fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= timeout {
            return Ok(None);
        }
        thread::sleep(STEP);
        waited += STEP;
    }
}

fn last_words(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map(|stream| stream.take(4096).read_to_end(&mut bytes));
        let _ =
            sender.send(if matches!(read, Some(Ok(_))) { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() });
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::str::FromStr;

    use lettre::Address;

    use super::*;

    fn sent(script: &str) -> (Outcome, String) {
        sent_within(script, 60)
    }

    fn sent_within(script: &str, seconds: u64) -> (Outcome, String) {
        let folder = tempfile::tempdir().unwrap();
        let (program, kept) = (folder.path().join("sendmail"), folder.path().join("kept"));
        fs::write(&program, format!("#!/bin/sh\nkept={}\n{script}\n", kept.display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let address = |text: &str| Address::from_str(text).unwrap();
        let text = "Subject: x\r\n\r\n.\r\nlast\r\n".to_owned();
        let message = Message { id: "1@b".into(), sender: address("a@b.example"), recipient: address("-c@d.example"), text };
        let mut sendmail = Sendmail::new(program, Duration::from_secs(seconds));
        let outcome = sendmail.send(&message, || Ok::<_, ()>(true)).unwrap();
        (outcome, fs::read_to_string(kept).unwrap_or_default())
    }

    #[test]
    fn the_program_gets_the_mail_and_no_address_is_an_option() {
        let (outcome, kept) = sent("echo \"$@\" > $kept; cat >> $kept");
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
        assert_eq!(kept, "-i -f a@b.example -- -c@d.example\nSubject: x\n\n.\nlast\n");
    }

    #[test]
    fn each_way_to_end_is_told_apart() {
        let fails = |script: &str| sent(script).0;
        let text = |outcome: &Outcome| format!("{outcome:?}").split('"').nth(1).unwrap().split_once(": ").unwrap().1.to_owned();
        let refused = fails("echo 'no such user' >&2; exit 67");
        assert!(matches!(refused, Outcome::Refused(_)), "{refused:?}");
        assert_eq!(text(&refused), "exit 67 no such user");
        assert!(matches!(fails("exit 75"), Outcome::Failed(_)));
        assert!(matches!(fails("exit 1"), Outcome::Failed(_)));
        assert!(matches!(fails("exit 78"), Outcome::Down(_)));
        assert!(matches!(fails("kill -9 $$"), Outcome::Unknown(_)));
        let hung = sent_within("exec sleep 60", 1).0;
        assert!(matches!(hung, Outcome::Unknown(_)), "{hung:?}");
        assert_eq!(text(&hung), "did not end within 1 second");
        let mut missing = Sendmail::new("/nowhere/sendmail".into(), Duration::from_secs(1));
        let address = Address::from_str("a@b.example").unwrap();
        let message = Message { id: "1@b".into(), sender: address.clone(), recipient: address, text: String::new() };
        assert!(matches!(missing.send(&message, || Ok::<_, ()>(true)), Ok(Outcome::Down(_))));
    }
}
