//! The real clock, entropy and terminal of this process.

use std::io::{self, IsTerminal, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, FuzzySelect, Input, Password, Select};

use super::{Clock, Entropy, Stream, Terminal};
use crate::license::Timestamp;

/// Whether a question is open: only then is it true that nothing was changed.
static ASKING: AtomicBool = AtomicBool::new(false);
/// Whether work is going on that stops at a good place of its own, and whether it was asked to.
static NOTING: AtomicBool = AtomicBool::new(false);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// How long the handler of Ctrl-C gets to end the process.
const HANDLER: Duration = Duration::from_secs(1);
/// How often the terminal's modes are given back, and how long a question has in between to take them once more.
#[cfg(unix)]
const RESTORES: u32 = 5;
#[cfg(unix)]
const SETTLE: Duration = Duration::from_millis(10);
/// Exit code of a process that a person cancelled.
const CANCELLED: i32 = 130;

pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        // A clock outside 1970 to 9999 stops at the end of that range rather than stopping the program.
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_seconds(seconds).ok())
            .unwrap_or(crate::license::Date::LAST.start())
    }
}

pub(super) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(io::Error::other)
    }
}

/// The name of the user that this process runs as, from the system's user table: unlike `$USER`, nobody can set it.
pub(super) fn system_user() -> Option<String> {
    let user = effective_user()?;
    let users = sysinfo::Users::new_with_refreshed_list().ok()?;
    users.get_user_by_id(&user).map(|user| user.name().to_owned())
}

/// The kernel tells it in one call.
#[cfg(unix)]
fn effective_user() -> Option<sysinfo::Uid> {
    rustix::process::geteuid().as_raw().to_string().parse().ok()
}

#[cfg(not(unix))]
fn effective_user() -> Option<sysinfo::Uid> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = System::new().ok()?;
    let only_the_user = ProcessRefreshKind::nothing().with_user(UpdateKind::Always).without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, only_the_user);
    let process = system.process(pid)?;
    process.effective_user_id().or(process.user_id()).cloned()
}

/// Standard input, output and error of this process; questions are asked on standard error.
pub(super) struct SystemTerminal {
    input: io::Stdin,
    output: io::BufWriter<io::Stdout>,
    errors: io::Stderr,
    guarded: bool,
}

impl SystemTerminal {
    pub(super) fn new() -> Self {
        Self { input: io::stdin(), output: io::BufWriter::new(io::stdout()), errors: io::stderr(), guarded: false }
    }

    fn guard(&mut self) {
        if !self.guarded {
            self.guarded = true;
            guard_against_ctrl_c();
        }
    }

    /// Asks one question: what was written before it is on the screen, and Ctrl-C gives back the cursor and the echo that
    /// a prompt may have switched off.
    fn ask<T>(&mut self, question: impl FnOnce(&dyn Theme, &Term) -> dialoguer::Result<T>) -> io::Result<T> {
        self.output.flush()?;
        self.guard();
        let colorful = ColorfulTheme::default();
        let theme: &dyn Theme = if console::colors_enabled_stderr() { &colorful } else { &SimpleTheme };
        ASKING.store(true, Ordering::SeqCst);
        let answer = question(theme, &Term::stderr());
        let answer = answer.map_err(plain);
        ASKING.store(false, Ordering::SeqCst);
        answer
    }
}

fn guard_against_ctrl_c() {
    #[cfg(unix)]
    let before = rustix::termios::tcgetattr(io::stdin()).ok();
    // Without a handler the default one still ends the process; only the cursor would stay hidden.
    let _ = ctrlc::set_handler(move || {
        // A question that is still being put on the screen goes no further, and hides no cursor that was given back.
        let _held = io::stderr().lock();
        let term = Term::stderr();
        let noting = NOTING.load(Ordering::SeqCst) && !ASKING.load(Ordering::SeqCst);
        if noting && !INTERRUPTED.swap(true, Ordering::SeqCst) {
            let _ = term.write_line("\nstopping after this batch; Ctrl-C once more stops at once");
            return;
        }
        let _ = term.show_cursor();
        let _ = term.write_line(if ASKING.load(Ordering::SeqCst) {
            "\ncancelled; nothing was changed"
        } else if noting {
            "\nstopped at once; what was done is kept, and nothing is half done: the same command again goes on"
        } else {
            "\ninterrupted; 'lic list --sort issued --reverse' shows what was done before"
        });
        #[cfg(unix)]
        if let Some(before) = &before {
            // More than once: the question may be about to switch the echo off.
            for _ in 0..RESTORES {
                let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, before);
                std::thread::sleep(SETTLE);
            }
        }
        std::process::exit(CANCELLED);
    });
}

fn cancelled() -> io::Error {
    io::Error::from(io::ErrorKind::Interrupted)
}

fn plain(error: dialoguer::Error) -> io::Error {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == io::ErrorKind::Interrupted {
        // Ctrl-C: the handler is about to end the process, and says so. Where it cannot, the caller does.
        std::thread::park_timeout(HANDLER);
    }
    error
}

impl Terminal for SystemTerminal {
    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Input => self.input.is_terminal(),
            Stream::Output => self.output.get_ref().is_terminal(),
            Stream::Errors => self.errors.is_terminal(),
        }
    }

    fn note_interrupts(&mut self) {
        self.guard();
        NOTING.store(true, Ordering::SeqCst);
    }

    fn is_interrupted(&mut self) -> bool {
        INTERRUPTED.load(Ordering::SeqCst)
    }

    fn width(&self) -> Option<u16> {
        Term::stdout().size_checked().map(|(_, columns)| columns)
    }

    fn set_color(&mut self, colored: bool) {
        console::set_colors_enabled_stderr(colored);
    }

    fn input(&mut self) -> &mut dyn Read {
        &mut self.input
    }

    fn output(&mut self) -> &mut dyn Write {
        &mut self.output
    }

    fn errors(&mut self) -> &mut dyn Write {
        &mut self.errors
    }

    fn pick(&mut self, question: &str, items: &[String], first: usize) -> io::Result<usize> {
        self.ask(|theme, term| Select::with_theme(theme).with_prompt(question).items(items).default(first).interact_on_opt(term))?
            .ok_or_else(cancelled)
    }

    fn search(&mut self, question: &str, items: &[String]) -> io::Result<usize> {
        self.ask(|theme, term| {
            let prompt = FuzzySelect::with_theme(theme).with_prompt(question).items(items).default(0).max_length(12);
            prompt.interact_on_opt(term)
        })?
        .ok_or_else(cancelled)
    }

    fn line(&mut self, question: &str, default: Option<&str>) -> io::Result<String> {
        self.ask(|theme, term| {
            let mut prompt = Input::<String>::with_theme(theme).with_prompt(question).allow_empty(true);
            if let Some(default) = default {
                prompt = prompt.default(default.to_owned());
            }
            prompt.interact_text_on(term)
        })
    }

    fn secret(&mut self, question: &str) -> io::Result<String> {
        self.ask(|theme, term| Password::with_theme(theme).with_prompt(question).allow_empty_password(true).interact_on(term))
    }

    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool> {
        self.ask(|theme, term| Confirm::with_theme(theme).with_prompt(question).default(default).interact_on_opt(term))?
            .ok_or_else(cancelled)
    }
}
