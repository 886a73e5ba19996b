"""Sends mails with lic to aiosmtpd, a mail server in Python, and reads them back from its mailbox.

The server insists on encryption and on a login. One line is printed for each check.
"""

import argparse
import csv
import email
import email.policy
import io
import logging
import mailbox
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = b"licenses", b"correct horse"
FORMULA = '=HYPERLINK("http://evil.example";"x")'
MARKUP = "<script>alert(1)</script> & Söhne"


class Tally:
    """Counts, and prints the lines."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, right, seen=""):
        self.passed += bool(right)
        self.failed += not right
        print(f"{what:<66} {'ok' if right else 'FAILED ' + str(seen)}", flush=True)


def certificates(folder):
    """A certificate authority, and a certificate of it for localhost."""

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3", "-subj", "/CN=Test CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3", "-extfile", "server.ext"]
    openssl("x509", "-req", "-in", "server.csr", *sign, "-out", "server.pem")


class Server:
    """aiosmtpd with a mailbox in a folder."""

    def __init__(self, folder, name, implicit):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.path = folder / name
        self.logins = []
        # Asks for encryption before the login either by STARTTLS or by being encrypted from the start.
        way = {"ssl_context": context, "auth_require_tls": False} if implicit else {"tls_context": context, "require_starttls": True}
        self.controller = Controller(
            Mailbox(str(self.path)),
            hostname="127.0.0.1",
            port=0,
            authenticator=self.login,
            auth_required=True,
            ready_timeout=20,
            **way,
        )
        # The controller wants to know its port before it starts.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.controller.port = free.getsockname()[1]

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append(data.login)
        return AuthResult(success=(data.login, data.password) == (USER, PASSWORD))

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def mails(self):
        box = mailbox.Maildir(self.path, factory=None)
        read = [email.message_from_bytes(box.get_bytes(key), policy=email.policy.default) for key in box.keys()]
        return {mail["X-RcptTo"]: mail for mail in read}


class Vendor:
    """An authority, driven by the program."""

    def __init__(self, lic, folder):
        self.lic, self.folder, self.home = lic, folder, folder / "home"
        self.environment = {"HOME": str(folder), "LIC_HOME": str(self.home), "PATH": os.environ["PATH"]}

    def run(self, *args):
        return subprocess.run(
            [self.lic, "--as", "ops", *args], cwd=self.folder, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def done(self, *args):
        ran = self.run(*args)
        if ran.returncode != 0:
            sys.exit(f"lic {' '.join(args)}: exit {ran.returncode}\n{ran.stderr}")
        return ran.stdout

    def set_up(self):
        self.done("init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase", "--operator", "ops", "-q")
        self.done("operator", "edit", "ops", "--name", "Olga Ops", "--mail", "ops@example.com")
        for slug, name, contact in [
            ("formula", FORMULA, "Doe, Jane <jane@acme.example>"),
            ("markup", MARKUP, "Jürgen Müller <jm@bücher.example>"),
            ("quoted", "Quoted", '"a@b"@quoted.example'),
        ]:
            self.done("customer", "add", slug, "--name", name, "--contact", contact, "--owner", "ops")
            self.done("issue", slug, "--tier", "basic", "--for", "7d", "--out", "keys/", "-q")
        self.settings = (self.home / "lic.toml").read_text()

    def mail_to(self, server, security, password=PASSWORD):
        pass_file = self.home / "pass"
        pass_file.write_bytes(password + b"\n")
        pass_file.chmod(0o600)
        (self.home / "lic.toml").write_text(
            f"""{self.settings}
[mail]
transport = "smtp"
from = "Example Söftware <licenses@example.com>"
subject_prefix = "[Example]"
host = "localhost"
port = {server.controller.port}
security = "{security}"
user = "licenses"
password_file = "pass"
ca_file = "../ca.pem"
[notify]
digest = ["sales@example.com"]
"""
        )


def check_mails(tally, mails):
    wanted = {"jane@acme.example", "jm@xn--bcher-kva.example", '"a@b"@quoted.example', "sales@example.com"}
    tally.check("each recipient has one mail of their own", set(mails) == wanted, set(mails))
    ids = {mail["Message-ID"] for mail in mails.values()}
    tally.check("each has a Message-ID of its own", len(ids) == len(mails), ids)
    for to, mail in mails.items():
        faults = [str(fault) for part in mail.walk() for fault in part.defects]
        tally.check(f"{to}: a mail without defects", not faults, faults)
        tally.check(f"{to}: says that no person wrote it", mail["Auto-Submitted"] == "auto-generated")
        tally.check(f"{to}: from the vendor", str(mail["From"]) == "Example Söftware <licenses@example.com>", mail["From"])
        kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
        tally.check(f"{to}: text before HTML", kinds[:2] == ["text/plain", "text/html"], kinds)
    jane, jm, digest = mails["jane@acme.example"], mails["jm@xn--bcher-kva.example"], mails["sales@example.com"]
    tally.check("a name with a comma is one name", jane["To"].addresses[0].display_name == "Doe, Jane", jane["To"])
    tally.check("answers go to the account owner", str(jane["Reply-To"]) == "Olga Ops <ops@example.com>", jane["Reply-To"])
    tally.check("the subject reads back", str(jm["Subject"]) == f"[Example] 1 license ends soon: {MARKUP}", jm["Subject"])
    text = jm.get_body(("plain",)).get_content()
    tally.check("the text reads back", f"this license of {MARKUP} ends soon:" in text, text)
    html = jm.get_body(("html",)).get_content()
    tally.check("no name acts in the HTML", "<script>" not in html and "&lt;script&gt;" in html, html)
    (attachment,) = digest.iter_attachments()
    rows = list(csv.DictReader(io.StringIO(attachment.get_content().lstrip("\ufeff"))))
    accounts = {row["account"] for row in rows}
    tally.check("no name acts in the spreadsheet", accounts == {f"'{FORMULA}", MARKUP, "Quoted"}, accounts)
    columns = all(row["days_left"] == "7" and row["creator"] == "Olga Ops" and row["license_count"] == "5" for row in rows)
    tally.check("the attachment tells count, creator and days left", columns, rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lic", required=True)
    lic = str(Path(arguments.parse_args().lic).resolve())
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    tally = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        certificates(folder)
        vendor = Vendor(lic, folder)
        vendor.set_up()
        with Server(folder, "starttls", implicit=False) as server:
            vendor.mail_to(server, "starttls", b"wrong horse")
            ran = vendor.run("notify")
            tally.check("a wrong password: exit 75, and nothing arrives", ran.returncode == 75 and not server.mails(), ran.stderr)
            vendor.mail_to(server, "starttls")
            ran = vendor.run("notify")
            tally.check("STARTTLS and a login: everything is sent", ran.returncode == 0, ran.stderr)
            tally.check("one login for all mails", server.logins == [USER, USER], server.logins)
            mails = server.mails()
            check_mails(tally, mails)
            ran = vendor.run("notify")
            silent = (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
            tally.check("a second run sends nothing and says nothing", silent and len(server.mails()) == len(mails), ran.stderr)
        with Server(folder, "tls", implicit=True) as server:
            vendor.mail_to(server, "tls")
            ran = vendor.run("mail", "test", "jane@acme.example")
            tally.check("encrypted from the start: a test mail arrives", set(server.mails()) == {"jane@acme.example"}, ran.stderr)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
