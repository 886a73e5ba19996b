//! A mail server for tests, in threads of the test: it speaks STARTTLS and AUTH, keeps what it gets, and fails on request at any
//! step of the dialogue.

// Taken in by several test programs, which do not use all of it.
#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A step of the dialogue, as seen from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Greeting,
    Ehlo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The line with the dot alone.
    End,
    Quit,
}

impl Step {
    pub const ALL: [Self; 9] =
        [Self::Greeting, Self::Ehlo, Self::Starttls, Self::Auth, Self::Mail, Self::Rcpt, Self::Data, Self::End, Self::Quit];
}

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// 4xx.
    Later,
    /// 5xx.
    No,
    /// Says nothing until the client has gone.
    Hang,
    /// Closes the connection.
    Close,
    /// Says what is no SMTP.
    Garbage,
}

impl Fault {
    pub const ALL: [Self; 5] = [Self::Later, Self::No, Self::Hang, Self::Close, Self::Garbage];
}

/// Where the dialogue is: what a script decides by.
#[derive(Debug, Clone)]
pub struct Place {
    pub step: Step,
    /// Connections are counted from 1.
    pub connection: usize,
    /// The address of the mail at hand; empty before `RCPT`.
    pub recipient: String,
}

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    pub connection: usize,
    pub encrypted: bool,
    pub user: Option<String>,
    pub from: String,
    pub to: String,
    pub text: String,
}

impl Received {
    pub fn message_id(&self) -> String {
        let line = self.text.lines().find_map(|line| line.strip_prefix("Message-ID: "));
        line.unwrap_or_else(|| panic!("no Message-ID in {}", self.text)).to_owned()
    }
}

type Script = dyn Fn(&Place) -> Option<Fault> + Send + Sync;

/// A server that runs until it is dropped.
pub struct Server {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Arc<Script>>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

/// The certificate of the server in PEM form, which names `localhost`, and what it serves with.
pub fn certificate() -> &'static (String, Arc<ServerConfig>) {
    static MADE: OnceLock<(String, Arc<ServerConfig>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate and its key");
        (made.cert.pem(), Arc::new(config))
    })
}

/// The password of every user.
pub const PASSWORD: &str = "correct horse";

impl Server {
    /// A server that takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(|_: &Place| None)),
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let served = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if served.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (served, connection) = (served.clone(), served.connections.fetch_add(1, Ordering::SeqCst) + 1);
                // A client that has gone ends its thread.
                thread::spawn(move || stream.and_then(|stream| Session::new(stream, connection, served)?.serve()));
            }
        });
        Self { port, shared }
    }

    /// Fails from now on where the script says so.
    pub fn script(&self, script: impl Fn(&Place) -> Option<Fault> + Send + Sync + 'static) {
        *self.shared.script.lock().expect("a script") = Arc::new(script);
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.script(|_| None);
    }

    /// What was taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("mails").clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

enum Wire {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Encrypted(stream) => stream.read(bytes),
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(text.as_bytes()),
            Self::Encrypted(stream) => stream.write_all(text.as_bytes()).and_then(|()| stream.flush()),
        }
    }
}

struct Session {
    wire: Option<Wire>,
    pending: Vec<u8>,
    connection: usize,
    shared: Arc<Shared>,
    user: Option<String>,
    from: String,
    recipient: String,
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}

impl Session {
    fn new(stream: TcpStream, connection: usize, shared: Arc<Shared>) -> io::Result<Self> {
        // A safety net: no test waits this long.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        let wire = Some(Wire::Plain(stream));
        Ok(Self { wire, pending: Vec::new(), connection, shared, user: None, from: String::new(), recipient: String::new() })
    }

    fn serve(mut self) -> io::Result<()> {
        self.answer(Step::Greeting, "220 localhost ready")?;
        loop {
            let line = self.line()?;
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match word.as_str() {
                "EHLO" | "HELO" => {
                    let more = if self.is_encrypted() { "250-AUTH PLAIN LOGIN\r\n" } else { "250-STARTTLS\r\n" };
                    self.answer(Step::Ehlo, &format!("250-localhost\r\n{more}250 8BITMIME"))?;
                }
                "STARTTLS" => {
                    if self.answer(Step::Starttls, "220 go ahead")?
                        && let Some(Wire::Plain(stream)) = self.wire.take()
                    {
                        let server = ServerConnection::new(certificate().1.clone()).expect("a server");
                        self.wire = Some(Wire::Encrypted(Box::new(StreamOwned::new(server, stream))));
                    }
                }
                "AUTH" => {
                    if self.answer(Step::Auth, if right(&line) { "235 welcome" } else { "535 wrong password" })? {
                        self.user = right(&line).then(|| "licenses".to_owned());
                    }
                }
                "MAIL" => {
                    self.recipient.clear();
                    self.from = address(&line);
                    self.answer(Step::Mail, "250 sender ok")?;
                }
                "RCPT" => {
                    self.recipient = address(&line);
                    self.answer(Step::Rcpt, "250 recipient ok")?;
                }
                "DATA" => {
                    if self.answer(Step::Data, "354 go on")? {
                        self.text()?;
                    }
                }
                "RSET" => self.wire().write("250 forgotten\r\n")?,
                "QUIT" => {
                    self.answer(Step::Quit, "221 bye")?;
                    return Ok(());
                }
                _ => self.wire().write("502 what?\r\n")?,
            }
        }
    }

    /// Takes a mail up to its end. Where the server dies after the last line, it has taken the mail.
    fn text(&mut self) -> io::Result<()> {
        let mut text = String::new();
        loop {
            let line = self.line()?;
            match line.strip_prefix('.') {
                Some("") => break,
                Some(rest) => text.push_str(rest),
                None => text.push_str(&line),
            }
            text.push('\n');
        }
        let fault = self.fault(Step::End);
        if !matches!(fault, Some(Fault::Later | Fault::No)) {
            let received = Received {
                connection: self.connection,
                encrypted: self.is_encrypted(),
                user: self.user.clone(),
                from: self.from.clone(),
                to: self.recipient.clone(),
                text,
            };
            self.shared.received.lock().expect("mails").push(received);
        }
        self.answer(Step::End, "250 taken").map(|_| ())
    }

    fn fault(&self, step: Step) -> Option<Fault> {
        let script = self.shared.script.lock().expect("a script").clone();
        script(&Place { step, connection: self.connection, recipient: self.recipient.clone() })
    }

    /// Answers, or fails as the script says; whether it was the answer.
    fn answer(&mut self, step: Step, text: &str) -> io::Result<bool> {
        match self.fault(step) {
            None => self.wire().write(&format!("{text}\r\n")).map(|()| text.starts_with(['2', '3'])),
            Some(Fault::Later) => self.refuse("451", "not now", step),
            Some(Fault::No) => self.refuse("550", "never", step),
            Some(Fault::Garbage) => self.wire().write("\u{1b}[31mhello, is this HTTP?\r\n").map(|()| false),
            Some(Fault::Close) => Err(gone()),
            Some(Fault::Hang) => {
                while self.line().is_ok() {}
                Err(gone())
            }
        }
    }

    /// As real servers do, with the address in the answer.
    fn refuse(&mut self, code: &str, word: &str, step: Step) -> io::Result<bool> {
        let about = if self.recipient.is_empty() { String::new() } else { format!(" <{}>", self.recipient) };
        self.wire().write(&format!("{code} {word} ({step:?}){about}\r\n")).map(|()| false)
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            let mut bytes = [0; 8192];
            let read = self.wire().read(&mut bytes)?;
            if read == 0 {
                return Err(gone());
            }
            self.pending.extend_from_slice(&bytes[..read]);
        }
    }

    fn wire(&mut self) -> &mut Wire {
        self.wire.as_mut().expect("a connection")
    }

    fn is_encrypted(&self) -> bool {
        matches!(self.wire, Some(Wire::Encrypted(_)))
    }
}

fn address(line: &str) -> String {
    let from = line.find('<').map_or(line.len(), |place| place + 1);
    let to = line.rfind('>').unwrap_or(line.len()).max(from);
    line[from..to].to_owned()
}

/// Whether an `AUTH PLAIN` names the one user with the right password.
fn right(line: &str) -> bool {
    use base64ct::{Base64, Encoding};
    let wanted = Base64::encode_string(format!("\0licenses\0{PASSWORD}").as_bytes());
    line.to_uppercase().starts_with("AUTH PLAIN") && line.ends_with(&wanted)
}
