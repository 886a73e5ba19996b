"""Keys with one fault each, made here with the vendor's own signing key, so that a program can refuse them for that fault alone."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

BEGIN, END = "-----BEGIN LICENSE-----", "-----END LICENSE-----"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def as_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def unarmour(text):
    """The key in a key file as lic writes it, and a complaint where the file is not of that form."""
    lines = text.split("\n")
    good = (
        lines[0] == BEGIN and lines[-2:] == [END, ""] and all(len(line) == 64 for line in lines[1:-3]) and 0 < len(lines[-3]) <= 64
    )
    return "".join(lines[1:-2]), None if good else "the key file is not wrapped at 64 columns between its two lines"


def armour(key, newline="\n"):
    return newline.join([BEGIN, *(key[i : i + 64] for i in range(0, len(key), 64)), END, ""])


def header_of(key):
    return json.loads(decode(key.split(".")[0]))


def claims_of(key):
    return json.loads(decode(key.split(".")[1]))


def change_payload(key, member=b'"rev":1'):
    """The key with one byte of its payload changed: revision 1 becomes revision 2."""
    header, payload, signature = key.split(".")
    before = decode(payload)
    after = before.replace(member, member[:-1] + b"2", 1)
    assert before != after and len(before) == len(after)
    return f"{header}.{encode(after)}.{signature}"


def change_signature(key):
    """The key with one bit of its signature changed."""
    head, _, signature = key.rpartition(".")
    before = decode(signature)
    return f"{head}.{encode(bytes([before[0] ^ 1]) + before[1:])}"


class Forger:
    """Signs what lic never would."""

    def __init__(self, home, kid):
        [pem] = [file for file in (Path(home) / "keys" / kid).iterdir() if file.name.endswith(".pem")]
        self.key = load_pem_private_key(pem.read_bytes(), None)
        self.kid = kid

    def sign(self, claims, *, key=None, header=None):
        header = {"alg": "EdDSA", "kid": self.kid, "typ": "license+jwt"} | (header or {})
        header = {name: value for name, value in header.items() if value is not None}
        signed = f"{encode(as_json(header))}.{encode(claims if isinstance(claims, bytes) else as_json(claims))}"
        return f"{signed}.{encode((key or self.key).sign(signed.encode()))}"

    def without_key(self, claims, alg, secret=None):
        header = {"alg": alg, "kid": self.kid, "typ": "license+jwt"}
        signed = f"{encode(as_json(header))}.{encode(as_json(claims))}"
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
        return f"{signed}.{encode(mac)}"


def forms(key):
    """Ways to hand over a good key that every program takes."""
    return {
        "bare": key,
        "bare-newline": key + "\r\n",
        "armoured-crlf": armour(key, "\r\n"),
        "armoured-bom": "\ufeff" + armour(key),
        "armoured-in-text": f"Dear customer,\n\nhere is your key:\n\n{armour(key)}\nBest regards\n",
    }


def faults(good, forger):
    """Texts that every program refuses, made from a good key."""
    claims = claims_of(good)
    header, payload, signature = good.split(".")
    now = int(time.time())
    public = forger.key.public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    surrogate = rb'{"alg":"EdDSA","kid":"\ud800","typ":"license+jwt"}'
    not_utf8 = b'{"alg":"EdDSA","kid":"\xff","typ":"license+jwt"}'

    def without(name):
        return forger.sign({other: value for other, value in claims.items() if other != name})

    signed_again = {
        "expired": forger.sign(claims | {"exp": now - 1}),
        "expires-now": forger.sign(claims | {"exp": now}),
        "not-yet-valid": forger.sign(claims | {"nbf": now + 600}),
        "wrong-product": forger.sign(claims | {"aud": "studio"}),
        "wrong-product-case": forger.sign(claims | {"aud": claims["aud"].upper()}),
        "wrong-issuer": forger.sign(claims | {"iss": "Somebody Else"}),
        "newer-version": forger.sign(claims | {"ver": 2}),
        "no-version": without("ver"),
        "no-issuer": without("iss"),
        "no-product": without("aud"),
        "no-start": without("nbf"),
        "wrong-type": forger.sign(claims, header={"typ": "JWT"}),
        "no-type": forger.sign(claims, header={"typ": None}),
        "alg-says-none": forger.sign(claims, header={"alg": "none"}),
        "alg-says-hs256": forger.sign(claims, header={"alg": "HS256"}),
        "no-alg": forger.sign(claims, header={"alg": None}),
        "no-kid": forger.sign(claims, header={"kid": None}),
        "unknown-kid": forger.sign(claims, header={"kid": "A" * 16}),
        "critical-member": forger.sign(claims, header={"crit": ["exp"]}),
        "key-in-header": forger.sign(claims, header={"jwk": {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}}),
        "claims-no-object": forger.sign(b'["license"]'),
        "claims-no-json": forger.sign(b"{"),
    }
    unsigned = {
        "alg-none": forger.without_key(claims, "none"),
        "alg-hs256-pem": forger.without_key(claims, "HS256", pem),
        "alg-hs256-raw": forger.without_key(claims, "HS256", raw),
        "foreign-signer": forger.sign(claims, key=Ed25519PrivateKey.generate()),
        "changed-signature": change_signature(good),
        "zero-signature": f"{header}.{payload}.{encode(bytes(64))}",
        "high-signature": f"{header}.{payload}.{encode(bytes([255] * 64))}",
        "no-signature": f"{header}.{payload}.",
        "two-parts": f"{header}.{payload}",
        "four-parts": f"{good}.{signature}",
        "cut": good[:-10],
        "doubled": good + good,
        "header-no-json": f"{encode(b'{')}.{payload}.{signature}",
        "header-deep": f"{encode(b'[' * 3000)}.{payload}.{signature}",
        "header-list": f"{encode(b'[1]')}.{payload}.{signature}",
        "header-lone-surrogate": f"{encode(surrogate)}.{payload}.{signature}",
        "header-not-utf8": f"{encode(not_utf8)}.{payload}.{signature}",
        "empty": "",
        "prose": "Dear customer, your key is on its way.",
    }
    return signed_again | unsigned
