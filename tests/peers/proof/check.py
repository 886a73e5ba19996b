"""Checks a proof of `lic audit prove`, with nothing of lic: `check.py PROOF KEY` prints the event, or ends with 1.

KEY is what `lic key export --purpose log --format vkey` prints. The forms are those of c2sp.org/tlog-proof, tlog-checkpoint and
signed-note; the Merkle path is that of RFC 6962, walked here from the root down, where lic walks from the leaf up.
"""

import base64
import hashlib
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def decoded(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"no base64: {text!r}") from error
    need(base64.b64encode(data).decode() == text, f"another spelling of base64: {text!r}")
    return data


def number(text):
    need(text.isascii() and text.isdigit() and str(int(text)) == text, f"no number: {text!r}")
    return int(text)


def open_checkpoint(note, verifier):
    """The size and the root of a checkpoint that `verifier` signed."""
    name, key_id, key = verifier.split("+", 2)
    typed = decoded(key)
    need(len(typed) == 33 and typed[0] == 1, "no Ed25519 key")
    need(hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4].hex() == key_id, "the hash of the key does not fit")
    text, separator, signatures = note.rpartition("\n\n")
    need(separator and signatures.endswith("\n"), "the checkpoint is cut off")
    text += "\n"
    verified = False
    for line in signatures[:-1].split("\n"):
        dash, signer, signature = line.split(" ")
        need(dash == "—", "no signature line")
        signature = decoded(signature)
        if signer == name and signature[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(typed[1:]).verify(signature[4:], text.encode())
            except InvalidSignature as error:
                raise Refused("the signature is not good") from error
            verified = True
    need(verified, "not signed by this key")
    origin, size, root = text[:-1].split("\n")[:3]
    need(origin == name, "a checkpoint of another log")
    return number(size), decoded(root)


def root_of(leaf, index, size, path):
    """The root of the tree of `size` leaves whose leaf at `index` has this hash: the last hash of the path is the topmost."""
    if size == 1:
        need(not path, "too many hashes")
        return leaf
    need(path, "too few hashes")
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return node(root_of(leaf, index, left, path[:-1]), path[-1])
    return node(path[-1], root_of(leaf, index - left, size - left, path[:-1]))


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def check(proof, verifier):
    """The entry that the proof is about, as bytes."""
    head, separator, checkpoint = proof.partition("\n\n")
    need(separator, "the proof is cut off")
    form, extra, index, *path = head.split("\n")
    need(form == "c2sp.org/tlog-proof@v1", "no proof")
    need(extra.startswith("extra ") and index.startswith("index "), "no event, or no place")
    entry, index = decoded(extra[6:]), number(index[6:])
    size, root = open_checkpoint(checkpoint, verifier)
    need(index < size, "a place outside the log")
    path = [decoded(line) for line in path]
    need(all(len(one) == 32 for one in path), "no hash")
    need(root_of(hashlib.sha256(b"\x00" + entry).digest(), index, size, path) == root, "the event is not in the log there")
    return entry


def main():
    file, verifier = sys.argv[1:]
    try:
        entry = check(Path(file).read_bytes().decode(), verifier.strip())
    except (Refused, ValueError) as why:
        print(f"refused: {why}", file=sys.stderr)
        sys.exit(1)
    sys.stdout.buffer.write(entry + b"\n")


if __name__ == "__main__":
    main()
