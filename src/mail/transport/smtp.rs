//! A mail server, over one connection for as many mails as there are.
//!
//! The dialogue is taken step by step, because it matters where it breaks: before the text of a mail is handed over nothing was
//! delivered, and after its last line nobody knows until the answer comes.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};

use super::{Message, Outcome, TransportError, seconds, short};

/// How many connections in a row may break before the server counts as out of order.
const BREAKS: u32 = 3;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, then encrypted on request (port 587).
    Starttls,
    /// Encrypted from its first byte (port 465).
    Tls,
    /// Not at all: to this machine alone.
    None,
}

/// Who logs in.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Login({}, …)", self.user)
    }
}

/// A mail server, and how to speak with it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in; `None`: nobody.
    pub login: Option<Login>,
    /// Certificates in PEM form that are trusted beside those of the system, and their file for messages.
    pub authorities: Option<(String, Vec<u8>)>,
    /// How long each step may take.
    pub timeout: Duration,
    /// The name by which this machine introduces itself.
    pub hello: String,
}

/// A connection to a mail server, made when it is first needed.
pub struct Smtp {
    target: Target,
    hello: ClientId,
    tls: Option<TlsParameters>,
    connection: Option<SmtpConnection>,
    /// How many connections broke since the last answer.
    breaks: u32,
}

/// What went wrong in a step.
enum Trouble {
    /// The server said no for now.
    Later(String),
    /// The server said no for good.
    No(String),
    /// There is no talking on this connection any more.
    Broken(String),
}

impl Smtp {
    /// Gets ready to speak with a server; nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError`] where the certificates cannot be read.
    pub fn new(target: Target) -> Result<Self, TransportError> {
        let tls = if target.security == Security::None { None } else { Some(tls(&target)?) };
        let hello = ClientId::Domain(target.hello.clone());
        Ok(Self { target, hello, tls, connection: None, breaks: 0 })
    }

    pub(super) fn send<E>(&mut self, message: &Message, claim: impl FnOnce() -> Result<bool, E>) -> Result<Outcome, E> {
        let outcome = self.dialogue(message, claim)?;
        Ok(match outcome {
            Outcome::Failed(why) if self.breaks >= BREAKS => Outcome::Down(why),
            outcome => outcome,
        })
    }

    fn dialogue<E>(&mut self, message: &Message, claim: impl FnOnce() -> Result<bool, E>) -> Result<Outcome, E> {
        match self.introduce(message) {
            Ok(None) => {}
            Ok(Some(outcome)) => return Ok(outcome),
            Err(why) => return Ok(Outcome::Down(why)),
        }
        match self.step("RCPT TO", Rcpt::new(message.recipient.clone(), Vec::new())) {
            Ok(_) => {}
            Err(trouble) => return Ok(self.turned_down(trouble)),
        }
        match claim() {
            Ok(true) => {}
            Ok(false) => {
                self.reset();
                return Ok(Outcome::Withheld);
            }
            Err(error) => {
                self.connection = None;
                return Err(error);
            }
        }
        if let Err(trouble) = self.step_to("DATA", Data, Severity::PositiveIntermediate) {
            return Ok(self.turned_down(trouble));
        }
        Ok(match self.step("the end of the mail", Text(&message.text)) {
            Ok(answer) => {
                self.breaks = 0;
                Outcome::Sent(short(&format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" "))))
            }
            Err(Trouble::Later(why)) => Outcome::Failed(why),
            Err(Trouble::No(why)) => Outcome::Refused(why),
            Err(Trouble::Broken(why)) => Outcome::Unknown(why),
        })
    }

    /// `MAIL FROM`, on a connection that stands. The server may have closed it since the last mail: then on a new one.
    fn introduce(&mut self, message: &Message) -> Result<Option<Outcome>, String> {
        let reused = self.connection.is_some();
        self.connect()?;
        let mut parameters = Vec::new();
        if !message.text.is_ascii() {
            let offers = |extension| self.connection.as_ref().is_some_and(|one| one.server_info().supports_feature(extension));
            if !offers(Extension::SmtpUtfEight) {
                return Ok(Some(Outcome::Refused("the server takes no address in other letters than ASCII".into())));
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        match self.step("MAIL FROM", Mail::new(Some(message.sender.clone()), parameters)) {
            Ok(_) => Ok(None),
            Err(Trouble::Broken(_)) if reused => self.introduce(message),
            // It is the sender who is refused, and every mail has the same.
            Err(Trouble::No(why)) => Err(why),
            Err(trouble) => Ok(Some(self.turned_down(trouble))),
        }
    }

    /// What a mail comes to that was turned down before it was handed over.
    fn turned_down(&mut self, trouble: Trouble) -> Outcome {
        match trouble {
            Trouble::Later(why) => {
                self.reset();
                Outcome::Failed(why)
            }
            Trouble::No(why) => {
                self.reset();
                Outcome::Refused(why)
            }
            Trouble::Broken(why) => Outcome::Failed(why),
        }
    }

    /// Leaves the mail just begun, for the next one to start afresh.
    fn reset(&mut self) {
        self.breaks = 0;
        let _ = self.step("RSET", Rset);
    }

    /// A step that is done when the server says so.
    fn step(&mut self, name: &str, command: impl fmt::Display) -> Result<Response, Trouble> {
        self.step_to(name, command, Severity::PositiveCompletion)
    }

    fn step_to(&mut self, name: &str, command: impl fmt::Display, wanted: Severity) -> Result<Response, Trouble> {
        let Some(connection) = &mut self.connection else { return Err(Trouble::Broken("there is no connection".into())) };
        let trouble = match connection.command(command) {
            Ok(answer) if answer.code().severity == wanted => return Ok(answer),
            Ok(answer) => Trouble::Broken(format!("the server answered {name} with {}", answer.code())),
            Err(error) => trouble(name, &error, self.target.timeout),
        };
        if let Trouble::Broken(_) = trouble {
            self.connection = None;
            self.breaks += 1;
        }
        Err(trouble)
    }

    fn connect(&mut self) -> Result<(), String> {
        if self.connection.is_none() {
            self.connection = Some(self.connected().map_err(|why| short(&format!("{}: {why}", self.place())))?);
        }
        Ok(())
    }

    fn connected(&self) -> Result<SmtpConnection, String> {
        let (target, timeout) = (&self.target, Some(self.target.timeout));
        let addresses = self.addresses()?;
        let said = |step: &'static str| move |error: Error| why(trouble(step, &error, target.timeout));
        let at_once = self.tls.as_ref().filter(|_| target.security == Security::Tls);
        let mut connection =
            SmtpConnection::connect(addresses.as_slice(), timeout, &self.hello, at_once, None).map_err(said("the greeting"))?;
        if let (Security::Starttls, Some(tls)) = (target.security, &self.tls) {
            if !connection.can_starttls() {
                return Err("the server offers no encryption (STARTTLS)".into());
            }
            connection.starttls(tls, &self.hello).map_err(said("STARTTLS"))?;
        }
        if let Some(login) = &target.login {
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).map_err(said("the login"))?;
        }
        Ok(connection)
    }

    /// The server's addresses. Asking for them has no time-out of its own.
    fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let (sender, receiver) = mpsc::channel();
        let server = (self.target.host.clone(), self.target.port);
        thread::spawn(move || sender.send(server.to_socket_addrs().map(Iterator::collect::<Vec<_>>)));
        let found = receiver.recv_timeout(self.target.timeout).map_err(|_| "its address was not found in time".to_owned())?;
        let mut addresses = found.map_err(|error| format!("its address was not found: {error}"))?;
        if self.target.security == Security::None {
            addresses.retain(|address| address.ip().is_loopback());
        }
        if addresses.is_empty() {
            Err("it is not this machine, and the connection would not be encrypted".into())
        } else {
            Ok(addresses)
        }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.target.host, self.target.port)
    }

    pub(super) fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // Everything was answered already; whatever comes now changes nothing.
            let _ = connection.quit();
        }
    }
}

fn tls(target: &Target) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(target.host.clone());
    if let Some((path, pem)) = &target.authorities {
        let wrong = |why: String| TransportError::Certificate { path: path.clone(), why };
        if !pem.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") {
            return Err(wrong("no BEGIN CERTIFICATE line".into()));
        }
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(|error| wrong(error.to_string()))?);
    }
    builder.build_rustls().map_err(|error| TransportError::Tls { host: target.host.clone(), why: error.to_string() })
}

/// The text of a mail, and the dot behind it, in one piece: in two, the second would wait for the network's word about the first.
struct Text<'m>(&'m str);

impl fmt::Display for Text<'_> {
    /// With a second dot before each line that begins with one (RFC 5321, section 4.5.2).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.split_inclusive('\n') {
            if line.starts_with('.') {
                out.write_str(".")?;
            }
            out.write_str(line)?;
        }
        out.write_str(if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

fn why(trouble: Trouble) -> String {
    match trouble {
        Trouble::Later(why) | Trouble::No(why) | Trouble::Broken(why) => why,
    }
}

/// What an error in a step means, in words.
fn trouble(step: &str, error: &Error, timeout: Duration) -> Trouble {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        let said = short(&format!("{code} {source}"));
        return match code.to_string().as_str() {
            // Service not available, closing the connection.
            "421" => Trouble::Broken(said),
            _ if error.is_transient() => Trouble::Later(said),
            _ => Trouble::No(said),
        };
    }
    let why = match cause(error) {
        Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => format!("no answer to {step} within {}", seconds(timeout)),
        Some(io::ErrorKind::ConnectionRefused) => "nobody answers there (connection refused)".into(),
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => closed(step),
        _ if error.is_response() && source == "incomplete response" => closed(step),
        _ if error.is_response() => format!("the answer to {step} is no SMTP"),
        _ if error.is_client() => source,
        _ => format!("{step}: {source}"),
    };
    Trouble::Broken(short(&why))
}

fn closed(step: &str) -> String {
    format!("the server closed the connection at {step}")
}

/// The kind of the I/O error at the bottom of an error.
fn cause(error: &Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(host: &str, security: Security) -> Target {
        let timeout = Duration::from_secs(30);
        Target { host: host.into(), port: 1, security, login: None, authorities: None, timeout, hello: "a.example".into() }
    }

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        let smtp = Smtp::new(target("192.0.2.1", Security::None)).unwrap();
        assert_eq!(smtp.addresses().unwrap_err(), "it is not this machine, and the connection would not be encrypted");
        let local = Smtp::new(target("127.0.0.1", Security::None)).unwrap();
        assert_eq!(local.addresses().unwrap().len(), 1);
    }

    #[test]
    fn a_certificate_file_without_a_certificate_is_refused() {
        let authorities = Some(("ca.pem".to_owned(), b"hello".to_vec()));
        let error = Smtp::new(Target { authorities, ..target("localhost", Security::Tls) }).err().unwrap();
        assert_eq!(error.to_string(), "ca.pem holds no certificate in PEM form: no BEGIN CERTIFICATE line");
    }

    #[test]
    fn a_password_is_never_shown() {
        let login = Login { user: "lic".into(), password: "secret".into() };
        assert!(!format!("{login:?}").contains("secret"));
    }

    /// What a server makes of what it gets: lines up to the dot alone, without the dots put in front.
    fn unstuffed(wire: &str) -> String {
        let mut text = String::new();
        for line in wire.split_inclusive("\r\n") {
            match line.strip_prefix('.') {
                Some("\r\n") => return text,
                Some(rest) => text.push_str(rest),
                None => text.push_str(line),
            }
        }
        panic!("the mail never ends: {wire:?}")
    }

    proptest! {
        #[test]
        fn a_server_gets_every_mail_as_it_was_and_to_its_end(lines in proptest::collection::vec("[.a ]{0,4}", 0..6)) {
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            prop_assert_eq!(unstuffed(&Text(&text).to_string()), if text.is_empty() { "\r\n".to_owned() } else { text });
        }
    }
}
