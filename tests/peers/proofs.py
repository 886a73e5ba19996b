"""Proofs of the audit log: each license that was issued is proved to be in it, and a program that knows nothing of lic checks."""

import base64
import hashlib
import json
import subprocess

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from faults import claims_of


def check_proofs(tally, vendor, issued, command):
    """`command` checks a proof with the key of the log: the event on standard output, or exit code 1."""
    verifier = vendor.log_key()
    # Of the keys in every state, some were never issued.
    for shape, key in [one for one in issued if one[0].order]:
        proof = vendor.prove(claims_of(key)["jti"])
        outcomes = [judge(command, vendor, proof, verifier, key)]
        outcomes += [judge(command, vendor, text, verifier, None, what) for what, text in changed(proof).items()]
        outcomes.append(judge(command, vendor, proof, another(verifier), None, "another key"))
        tally.report("log proof", shape.name, outcomes)


def judge(command, vendor, proof, verifier, key, what="as made"):
    """None where the program and lic say of the proof what they should: an event with this key, or a refusal."""
    file = vendor.folder / "one.tlog-proof"
    file.write_bytes(proof.encode())
    theirs = subprocess.run([*command, str(file), verifier], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    ours = vendor.check_proof(file, verifier)
    good = (theirs.returncode == 0, ours.returncode == 0)
    if not good[0] and not theirs.stderr.startswith(b"refused: "):
        return f"{what}: the program failed: {theirs.stderr.decode('utf-8', 'replace')}"
    if good != (key is not None, key is not None):
        said = (theirs.stderr + ours.stderr).decode("utf-8", "replace")
        return f"{what}: the program says {good[0]} and lic {good[1]}: {said}"
    if key is None:
        return None
    recorded = json.loads(theirs.stdout)["fact"]["data"]["key"]
    shown = json.loads(ours.stdout)["proof"]["data"]["key"]
    return None if recorded == shown == key else f"{what}: another key is in the log"


def changed(proof):
    """The proof with one fault each."""
    lines = proof.split("\n")
    entry = base64.b64decode(lines[1].removeprefix("extra "))
    index = int(lines[2].removeprefix("index "))

    def with_line(place, line):
        return "\n".join([*lines[:place], line, *lines[place + 1 :]])

    other = base64.b64encode(entry.replace(b"license.issued", b"license.failed")).decode()
    empty = lines.index("")
    return {
        "another event": with_line(1, f"extra {other}"),
        "another place": with_line(2, f"index {index - 1}"),
        "a place outside": with_line(2, "index 1000000"),
        "a hash missing": "\n".join(lines[:3] + lines[4:]),
        "a hash twice": "\n".join(lines[:4] + lines[3:]),
        "hashes swapped": "\n".join([*lines[:3], lines[4], lines[3], *lines[5:]]),
        "another size": with_line(empty + 2, str(int(lines[empty + 2]) + 1)),
        "another root": with_line(empty + 3, lines[3]),
        "cut off": proof[:-30],
    }


def another(verifier):
    """A key under the same name with which the checkpoint was not signed."""
    name = verifier.split("+")[0]
    typed = b"\x01" + Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4].hex()
    return f"{name}+{key_id}+{base64.b64encode(typed).decode()}"
