"""Checks a license key offline and says what it grants.

    pip install "pyjwt[crypto]>=2.10"
    python verify.py FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input

Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
A signature cannot tell whether the vendor has revoked the license since it was signed.
"""

import re
import sys
from datetime import datetime, timezone
from time import time

import jwt

ISSUER = "{{issuer}}"
PRODUCT = "{{product}}"

# The vendor's public keys by key id. What any other key signed is refused.
KEYS = {
    "{{kid}}": "{{x}}",
}


def verify(text, machine=None):
    """The claims of a license key; jwt.InvalidTokenError says why a key is refused."""
    armoured = re.search("-----BEGIN LICENSE-----(.*?)-----END LICENSE-----", text, re.DOTALL)
    key = "".join((armoured[1] if armoured else text).split())
    if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", key, re.ASCII):
        raise jwt.InvalidTokenError("not a license key")

    header = jwt.get_unverified_header(key)
    if set(header) != {"alg", "kid", "typ"} or header["typ"] != "license+jwt":
        raise jwt.InvalidTokenError("not a license key")
    if header["kid"] not in KEYS:
        raise jwt.InvalidTokenError("not signed by a key of this vendor")

    claims = jwt.decode(
        key,
        jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": KEYS[header["kid"]]}),
        algorithms=["EdDSA"],  # never the one that the key names
        issuer=ISSUER,
        audience=PRODUCT,
        options={"require": ["iss", "sub", "aud", "jti", "nbf"], "verify_iat": False},
    )
    if claims.get("ver") != 1:
        raise jwt.InvalidTokenError("made for a newer program")
    bound = claims.get("machines", {}).get("bound", [])
    if bound and machine not in bound:
        raise jwt.InvalidTokenError("bound to other machines")
    return claims


def last_day(end):
    """The last day before an end, UTC."""
    return datetime.fromtimestamp(end - 1, timezone.utc).strftime("%Y-%m-%d")


def main(path="-", machine=None):
    try:
        with open(0 if path == "-" else path, "rb") as file:
            text = file.read(1 << 20).decode("utf-8-sig", "replace")
    except OSError as error:
        sys.exit(f"error: {error}")
    try:
        claims = verify(text, machine)
    except (jwt.InvalidTokenError, RecursionError) as error:
        print(f"refused: {error}", file=sys.stderr)
        sys.exit(3)

    stops = claims.get("exp")  # the moment it stops working, grace days included; absent: never
    ends = claims.get("ends", stops)  # the agreed end, where there are grace days
    sys.stdout.reconfigure(encoding="utf-8")
    print("valid:   ", claims["jti"])
    print("customer:", claims["customer"])
    print("tier:    ", claims["tier_name"])
    print("seats:   ", claims.get("seats", "unlimited"))
    print("features:", ", ".join(claims.get("features", [])) or "none")
    print("until:   ", last_day(ends) if ends else "no end")
    if ends and ends <= time():
        print("grace:    please renew, it stops working after", last_day(stops))


if __name__ == "__main__":
    main(*sys.argv[1:3])
