"""A vendor: an authority in a folder of its own, the lic that acts on it, and the public keys that it exports.

Every command line of lic that these checks use, but for the orders in shapes.py, stands in this file.
"""

import base64
import json
import os
import re
import subprocess
import sys

from faults import encode

OPERATOR = "peers"


class Vendor:
    def __init__(self, lic, folder):
        self.lic, self.folder, self.home = lic, folder, folder / "home"

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

    def issue(self, name, order):
        """The text of the key file."""
        file = self.key_file(name)
        self.run("issue", *order, "--out", str(file))
        return file.read_text()

    def key_file(self, name):
        return self.folder / f"{name}.lic"

    def snippet(self, language):
        return self.run("key", "export", "--format", "snippet", "--lang", language)

    def verify(self, text, jwks, product, machine):
        """lic's own verdict, from exported keys alone."""
        arguments = ["verify", "-", "--keys", str(jwks), "--product", product, "--no-input"]
        return self.lic_with(*arguments, *(["--machine", machine] if machine else []), text=text.encode())


class PublicKeys:
    """The exported keys, and the test key, which a vendor keeps to itself."""

    def __init__(self, vendor):
        self.vendor = vendor
        self.jwks = vendor.folder / "vendor.jwks.json"
        self.jwks.write_text(vendor.run("key", "export", "--format", "jwks"))
        self.pem = vendor.run("key", "export", "--format", "pem")
        self.keys = {key["kid"]: key for key in json.loads(self.jwks.read_text())["keys"]}

    def complaint(self):
        """What is wrong with what lic exports; None where nothing is."""
        expected = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig"}
        for kid, key in self.keys.items():
            if key != expected | {"kid": kid, "x": key.get("x")}:
                return f"not the JWK of a public Ed25519 key: {sorted(key)}"
        if not self.keys or "PRIVATE" in self.pem:
            return "no key is exported, or a private one"
        if sorted(pems(self.pem)) != sorted(key["x"] for key in self.keys.values()):
            return "PEM and JWKS hold different keys"
        return None

    def trusting(self, kid):
        """A JWKS file that holds this key and a PEM file of this key alone."""
        if kid in self.keys:
            jwks, pem = self.jwks, pems(self.pem)[self.keys[kid]["x"]]
        else:
            [(x, pem)] = pems((self.vendor.home / "keys" / f"{kid}.pub.pem").read_text()).items()
            jwks = self.vendor.folder / f"{kid}.jwks.json"
            jwks.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": kid, "x": x}]}))
        pem_file = self.vendor.folder / f"{kid}.pem"
        pem_file.write_text(pem)
        return str(jwks), str(pem_file)


def pems(text):
    """The PEM blocks of a text, by the `x` of the key in them."""
    blocks = re.findall("-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n", text, re.DOTALL)
    return {encode(base64.b64decode("".join(block.splitlines()[1:-1]))[-32:]): block for block in blocks}
