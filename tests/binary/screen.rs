//! A process on a terminal of its own, and what a person sees and types there.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

/// How long the program may take over anything. A safety net: it is never waited out where all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the program is looked at while it shows nothing.
const GLANCE: Duration = Duration::from_millis(20);

pub const ENTER: &str = "\r";
pub const DOWN: &str = "\u{1b}[B";
pub const ESCAPE: &str = "\u{1b}";
pub const CTRL_C: &str = "\u{3}";

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";

/// A process on a terminal.
pub struct Screen {
    pty: Arc<Pty>,
    /// The program's side, kept to look at its modes.
    side: OwnedFd,
    child: Child,
    written: Receiver<Vec<u8>>,
    raw: Vec<u8>,
    /// How much of what is shown has been looked at.
    seen: usize,
}

/// A terminal after its process has ended.
pub struct Left {
    pub code: Option<i32>,
    /// Everything that was written, escape codes and all.
    pub raw: String,
    /// What is typed is shown again, a line at a time, and Ctrl-C interrupts.
    pub usable: bool,
}

impl Screen {
    /// Starts a process on a terminal of this many columns.
    pub fn start(mut command: Command, columns: u16) -> Self {
        let (pty, pts) = open().expect("a terminal");
        pty.resize(Size::new(40, columns)).expect("a terminal of that size");
        let side = pts.as_fd().try_clone_to_owned().expect("the other side of the terminal");
        command.env("TERM", "xterm-256color");
        let command = pty_process::blocking::Command::from(command);
        let child = command.spawn(pts).expect("a process on the terminal");
        let pty = Arc::new(pty);
        let (send, written) = channel();
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Ends when the program's side is closed: with an error on Linux, with nothing elsewhere.
            while let Ok(count @ 1..) = (&*reader).read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { pty, side, child, written, raw: Vec::new(), seen: 0 }
    }

    /// What stands on the terminal, without escape codes.
    fn shown(&self) -> String {
        console::strip_ansi_codes(&String::from_utf8_lossy(&self.raw)).into_owned()
    }

    /// Waits until this is shown, after what was waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown();
            let unseen = shown.get(self.seen..).unwrap_or_default();
            if let Some(place) = unseen.find(text) {
                self.seen += place + text.len();
                return self;
            }
            let ended = self.child.try_wait().expect("a child").is_some();
            match self.written.recv_timeout(GLANCE) {
                Ok(bytes) => self.raw.extend(bytes),
                Err(_) if ended => panic!("the program ended before {text:?} was shown:\n{shown}"),
                Err(_) if Instant::now() > deadline => panic!("{text:?} was never shown:\n{shown}"),
                Err(_) => {}
            }
        }
    }

    /// Types.
    pub fn type_in(&mut self, keys: &str) -> &mut Self {
        (&*self.pty).write_all(keys.as_bytes()).expect("a terminal that takes what is typed");
        self
    }

    /// Waits until the question stands: until its terminal is silent, so that what is typed now is its answer.
    #[track_caller]
    pub fn wait_for_silence(&mut self) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        while self.modes().contains(LocalModes::ECHO) {
            assert!(Instant::now() < deadline, "the terminal shows what is typed:\n{}", self.shown());
            thread::sleep(GLANCE / 10);
        }
        self
    }

    /// Types what is not to be shown.
    #[track_caller]
    pub fn type_secret(&mut self, secret: &str) -> &mut Self {
        self.wait_for_silence().type_in(secret).type_in(ENTER)
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.side).expect("the modes of the terminal").local_modes
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub fn end(mut self) -> Left {
        let deadline = Instant::now() + PATIENCE;
        let code = loop {
            // What it still writes has to go somewhere, or it would not end.
            while let Ok(bytes) = self.written.try_recv() {
                self.raw.extend(bytes);
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status.code();
            }
            assert!(Instant::now() < deadline, "the program does not end:\n{}", self.shown());
            thread::sleep(GLANCE / 10);
        };
        let modes = self.modes();
        drop(self.side);
        while let Ok(bytes) = self.written.recv_timeout(PATIENCE) {
            self.raw.extend(bytes);
        }
        let raw = String::from_utf8_lossy(&self.raw).into_owned();
        Left { code, raw, usable: modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG) }
    }
}

impl Left {
    /// What stood on the terminal, without escape codes.
    pub fn shown(&self) -> String {
        console::strip_ansi_codes(&self.raw).replace("\r\n", "\n")
    }

    /// Whether the cursor can be seen.
    pub fn has_cursor(&self) -> bool {
        self.raw.rfind(HIDE_CURSOR) <= self.raw.rfind(SHOW_CURSOR)
    }

    /// Sees the terminal handed back as it was found, and this exit code.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.shown());
        assert!(self.has_cursor(), "the cursor stays hidden:\n{:?}", self.raw);
        assert!(self.usable, "the terminal stays raw or silent:\n{}", self.shown());
        self
    }
}
