"""A vendor: an authority in a folder of its own, the lic that acts on it, and the public keys that it exports.

Every command line of lic that these checks use, but for the orders in shapes.py, stands in this file.
"""

import base64
import json
import os
import subprocess
import sys

from faults import encode

OPERATOR = "peers"


class Vendor:
    def __init__(self, lic, folder):
        self.lic, self.folder, self.home = lic, folder, folder / "home"
        (folder / "issued").mkdir()

    def run(self, *arguments):
        """What lic prints. The checks end here where it fails."""
        result = self.lic_with("--home", str(self.home), "--as", OPERATOR, "--no-input", "--yes", *arguments)
        if result.returncode != 0:
            said = (result.stderr or result.stdout).decode("utf-8", "replace")
            sys.exit(f"lic {' '.join(arguments)}\nended with {result.returncode}: {said}\n0 passed, 1 failed")
        return result.stdout.decode()

    def lic_with(self, *arguments, text=b""):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIC_")}
        return subprocess.run([self.lic, *arguments], input=text, capture_output=True, env=environment, timeout=120)

    def set_up(self, name, issuer, product, customers):
        naming = ["--name", name, "--issuer", issuer, "--product", product]
        self.run("init", *naming, "--operator", OPERATOR, "--no-passphrase")
        for slug, customer in customers.items():
            self.run("customer", "add", slug, "--name", customer)

    def issue(self, shape):
        self.run("issue", *shape.order, "--out", str(self.key_file(shape)))

    def issue_states(self):
        self.run("quick", "--state", "all", "--out", f"{self.folder}/states/")

    def publish_lists(self):
        """Keys in every state that name their status list, the lists, and the keys to check the lists with."""
        settings = self.home / "lic.toml"
        settings.write_text(settings.read_text().replace('# uri = "https', 'uri = "https'))
        listed, lists, keys = self.folder / "listed", self.folder / "lists", self.folder / "status.jwks.json"
        self.run("quick", "--state", "all", "--out", f"{listed}/")
        self.run("status", "publish", "--out", str(lists))
        keys.write_text(self.run("key", "export", "--purpose", "status", "--format", "jwks"))
        return listed, lists, keys

    def verify_with_list(self, key_file, jwks, list_file):
        """lic's own verdict, from exported keys and a status list alone."""
        arguments = ["verify", str(key_file), "--keys", str(jwks), "--status-list", str(list_file), "--json", "--no-input"]
        return json.loads(self.lic_with(*arguments).stdout)["verdict"]

    def key_file(self, shape):
        return self.folder / ("issued" if shape.order else "states") / f"{shape.name}.lic"

    def program(self, language, *which):
        """The program that checks keys in this language; with --test, for the test signing key."""
        return self.run("key", "export", "--format", "snippet", "--lang", language, *which)

    def verify(self, text, jwks, product, machine):
        """lic's own verdict, from exported keys alone."""
        arguments = ["verify", "-", "--keys", str(jwks), "--product", product, "--no-input"]
        return self.lic_with(*arguments, *(["--machine", machine] if machine else []), text=text.encode())

    def log_key(self):
        """The public key of the audit log."""
        return self.run("key", "export", "--purpose", "log", "--format", "vkey").strip()

    def prove(self, license):
        """The proof that a license is in the audit log."""
        return self.run("audit", "prove", license)

    def check_proof(self, file, verifier):
        """lic's own verdict on a proof, without the authority."""
        return self.lic_with("audit", "check", str(file), "--key", verifier, "--json")


class PublicKeys:
    """Public keys as files: those that a vendor gives away, or with --test the test signing key."""

    def __init__(self, vendor, *which):
        name = "-".join(["vendor", *which])
        self.jwks, self.pem = vendor.folder / f"{name}.jwks.json", vendor.folder / f"{name}.pem"
        self.jwks.write_text(vendor.run("key", "export", "--format", "jwks", *which))
        self.pem.write_text(vendor.run("key", "export", "--format", "pem", *which))

    def complaint(self):
        """What is wrong with what lic exports; None where nothing is."""
        keys = json.loads(self.jwks.read_text())["keys"]
        if len(keys) != 1:
            return f"{len(keys)} keys are exported as JWKS"
        [key] = keys
        if key != {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.get("kid"), "x": key.get("x")}:
            return f"not the JWK of a public Ed25519 key: {sorted(key)}"
        lines = self.pem.read_text().splitlines()
        if len(lines) != 3 or (lines[0], lines[2]) != ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"):
            return f"not the PEM of a public key: {lines}"
        if encode(base64.b64decode(lines[1])[-32:]) != key["x"]:
            return "PEM and JWKS hold different keys"
        return None
