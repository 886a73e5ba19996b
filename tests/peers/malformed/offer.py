#!/usr/bin/env python3
"""Offers every golden vector of keys.example/ to other people's libraries, at its own moment, and counts who accepts what.

    tests/peers/malformed/offer.py                 prints the table; fails where a good key is refused
    tests/peers/malformed/offer.py --write FILE    writes it as a page

Each library is asked with every check that it offers for what a license key is: the algorithm pinned, the public keys pinned, issuer
and audience named, the type where it can be named. Nothing is checked by hand around it, but where a library knows signatures
alone: for node:crypto a program of twenty lines reads the JSON, and openssl and Java see the signature and nothing else.
"""

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WORK = ROOT / "target" / "peers"
VECTORS = ROOT / "keys.example"
BEGIN, END = "-----BEGIN LICENSE-----", "-----END LICENSE-----"

COMMANDS = {
    "PyJWT": [str(WORK / "venv" / "bin" / "python"), "-B", str(HERE / "pyjwt.py")],
    "jose": ["node", str(WORK / "node" / "malformed-jose.mjs")],
    "node:crypto": ["node", str(WORK / "node" / "malformed-crypto.mjs")],
    "openssl": [str(HERE / "openssl")],
    "Java": ["java", "-cp", str(WORK / "java"), "Peer"],
}
# They see the signature alone, and it is over the text as it stands.
SIGNATURES = ("openssl", "Java")

GOOD = "a good key"
SIGNATURE = "another signature, or a changed text"
# Texts without one key in them: how people paste keys is no matter of JWT libraries.
PASTED = ("no-key", "several-keys", "too-large")

# Classes of faults: what a person calls them, and the reason codes of `lic verify --json` that belong to them.
CLASSES = {
    SIGNATURE: ["bad-signature", "wrong-length"],
    "a key that is not trusted": ["unknown-key"],
    "another algorithm, `none` among them": ["wrong-algorithm"],
    "another type of token, or none": ["wrong-type"],
    "not canonical base64url": ["bad-encoding"],
    "not three parts": ["wrong-segments"],
    "a header with more members, or malformed": ["header-member", "malformed-header"],
    "a member named twice": ["duplicate-member"],
    "claims that are malformed or contradict each other": [
        "malformed-claims", "inconsistent-term", "meta-too-large", "unsupported-version",
    ],
    "outside its term": ["expired", "not-yet-valid"],
    "for another product or from another issuer": ["wrong-product", "wrong-issuer"],
    "for another customer, machine or feature": [
        "wrong-customer", "wrong-machine", "wrong-machine-kind", "machine-required", "not-activated", "missing-feature", "given-back",
    ],
    "revoked, suspended, or without a good status list": ["revoked", "suspended", "stale", "list-*"],
}  # fmt: skip


def key_of(text):
    """The key in a key file, or None for a text that is no key file."""
    lines = text.decode("utf-8", "surrogateescape").strip().split("\n")
    if lines[0] != BEGIN or lines[-1] != END:
        return None
    key = "".join(lines[1:-1])
    return key if key.isascii() and key.isprintable() else None


def class_of(reason):
    if reason is None:
        return GOOD
    for name, reasons in CLASSES.items():
        if reason in reasons or ("list-*" in reasons and reason.startswith("list-")):
            return name
    sys.exit(f"no class for {reason}: add it to CLASSES")


def jwks(pem, folder):
    """The public key in a PEM file as a JWKS file (RFC 8037, section 2): its last 32 bytes, under its thumbprint."""
    body = "".join(line for line in pem.read_text().splitlines() if not line.startswith("-----"))
    x = base64.urlsafe_b64encode(base64.b64decode(body)[-32:]).rstrip(b"=").decode()
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).decode()[:16]
    file = Path(folder) / f"{pem.name}.json"
    file.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x}]}))
    return str(file)


def vectors(folder):
    """Every vector that is one key: the case for the libraries, and its class."""
    for path in sorted((VECTORS / "vectors").glob("*.lic")):
        sidecar = json.loads(path.with_suffix(".json").read_text())
        key = key_of(path.read_bytes())
        # A key that a library is not to trust is not given to it.
        if key is None or sidecar.get("reason") in (*PASTED, "compromised-key"):
            continue
        # What a PEM file holds, as a JWKS; a status key is none for licenses.
        keys = {"jwks.json": "vendor.pem", "all-keys.json": "vendor.pem"}.get(sidecar["keys"], sidecar["keys"])
        case = {
            "name": path.stem, "key": key, "jwks": jwks(VECTORS / keys, folder), "pem": str(VECTORS / keys),
            "issuer": sidecar.get("issuer", "Example Software"), "product": sidecar.get("product", "cockpit"), "at": sidecar["at"],
        }  # fmt: skip
        yield case, class_of(sidecar.get("reason"))


def ask(library, cases):
    """Has a library check all of them; gives the names of those that it accepts."""
    with tempfile.NamedTemporaryFile("w", suffix=".cases", encoding="utf-8") as file:
        for case in cases:
            columns = [case["name"], case["key"], case["pem"]]
            file.write(("\t".join(columns) if library in SIGNATURES else json.dumps(case)) + "\n")
        file.flush()
        result = subprocess.run([*COMMANDS[library], file.name], stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    answers = dict(line.split("\t")[:2] for line in result.stdout.decode("utf-8", "replace").split("\n") if "\t" in line)
    missing = [case["name"] for case in cases if answers.get(case["name"]) not in ("accepted", "refused")]
    if missing:
        sys.exit(f"{library} did not answer for {', '.join(missing)}: {result.stderr.decode('utf-8', 'replace').strip()}")
    return {name for name, answer in answers.items() if answer == "accepted"}


def table(cases, accepted):
    """How many of each class each library accepts."""
    rows = [["what is wrong", "keys", *COMMANDS], ["---", *["---:"] * (len(COMMANDS) + 1)]]
    for name in [GOOD, *CLASSES]:
        names = [case["name"] for case, found in cases if found == name]
        counts = [str(sum(one in accepted[library] for one in names)) for library in COMMANDS]
        rows.append([name, str(len(names)), *counts])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


# Of these classes, whether a text is a key that was signed is the question, and not what the vendor's product asks beyond that.
FORM = list(CLASSES)[:8]


def details(cases, accepted):
    """The vectors that a library accepts although their form is wrong."""
    lines = []
    for library in COMMANDS:
        names = [case["name"] for case, found in cases if found in FORM and case["name"] in accepted[library]]
        if names:
            lines.append(f"- **{library}** ({len(names)}): {', '.join(f'`{name}`' for name in names)}")
    return "\n".join(lines)


def versions():
    """What was asked."""

    def said(*command):
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return (result.stdout or result.stderr).splitlines()[0]

    pinned = json.loads((HERE.parent / "node" / "package.json").read_text())["dependencies"]["jose"]
    pyjwt = said(COMMANDS["PyJWT"][0], "-c", "import jwt, platform; print(jwt.__version__, 'on Python', platform.python_version())")
    openssl = " ".join(said("openssl", "version").split()[:2])
    java = said("java", "-version").split('"')[1]
    return f"PyJWT {pyjwt}, jose {pinned} on Node.js {said('node', '--version').removeprefix('v')}, {openssl}, Java {java}"


PAGE = """# What other libraries accept

A license key is a JWS that any JWT library verifies, so what such a library accepts matters. `keys.example/` holds {count} keys
with one fault or one peculiarity each, most of them truly signed; here every one is offered to five of them. Each is asked with
every check that it offers for what a license key is: the algorithm and the public keys pinned, issuer and audience named, and the
type, where it can be. openssl and Java's own Ed25519 see the signature alone, so that what the text says is no question to them.

How many keys of each kind are accepted; `lic` itself accepts the good ones and no other (`tests/vectors.rs`):

{table}

{versions}.

Read it so:

- **Good keys pass everywhere.** The one exception, `alg-ed25519`, names the algorithm as RFC 9864 does, which `lic` reads and never
  writes; the libraries were asked for `EdDSA`.
- **Nothing that nobody signed passes anywhere.** What is accepted beside the genuine signature is a second one whose R has small
  order, which only the holder of the signing key can make and `lic` refuses (all five), and in Java a genuine one with a byte
  appended.
- **So the text of a key is no name for it**: padding, spare bits, the case of `typ`, a fourth part, or that byte give the same
  license another text. Count and revoke by `jti` and `rev`, as `lic` does, and never by the text or its hash.
- **A member named twice** passes in all five, and each takes the last one. Only the vendor can sign such a key, and `lic` never does.
- **The product still has to ask** what JWT libraries do not know: the type where they cannot be told it, machines, features, the
  version of the claims, the status list. The programs of `lic key export --format snippet` do.

## The keys that are malformed and accepted

{details}

What each of them holds is said in `keys.example/vectors/NAME.json`.

Made by this command, which `.ci/run` runs too, without writing:

    tests/peers/run --lic target/debug/lic            # installs and builds what is asked
    tests/peers/malformed/offer.py --write docs/peers.md
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", type=Path, metavar="FILE", help="write the page there")
    write = arguments.parse_args().write
    for script in ("jose", "crypto"):
        # Node looks for packages from the program's folder upwards.
        (WORK / "node" / f"malformed-{script}.mjs").write_bytes((HERE / f"{script}.mjs").read_bytes())
    with tempfile.TemporaryDirectory(prefix="lic-peers-") as folder:
        cases = list(vectors(folder))
        accepted = {library: ask(library, [case for case, _ in cases]) for library in COMMANDS}
    print(table(cases, accepted))
    if write:
        page = PAGE.format(
            count=len(cases), table=table(cases, accepted), versions=versions(), details=details(cases, accepted)
        )
        write.write_text(page)
        print(f"{os.path.relpath(write)} written")
    sys.exit(1 if surprises(cases, accepted) else 0)


# Good keys that a library refuses all the same: RFC 9864 calls the algorithm Ed25519, and EdDSA alone was asked for.
REFUSED = {"alg-ed25519": ("PyJWT", "jose", "node:crypto")}
# What libraries accept in the place of a genuine signature: a second one, which the signer alone can make, and one with a byte behind it.
ACCEPTED = {"signature-small-order-r": tuple(COMMANDS), "signature-65-bytes": ("Java",), "appended-character": ("Java",)}


def surprises(cases, accepted):
    """Counts good keys that are refused, and texts that nobody signed and that are accepted."""
    count = 0
    for library in COMMANDS:
        for case, found in cases:
            name = case["name"]
            if found == GOOD:
                wrong = name not in accepted[library] and library not in REFUSED.get(name, ())
            else:
                wrong = found == SIGNATURE and name in accepted[library] and library not in ACCEPTED.get(name, ())
            if wrong:
                print(f"{library}: {name} is {'accepted' if name in accepted[library] else 'refused'}")
                count += 1
    return count


if __name__ == "__main__":
    main()
