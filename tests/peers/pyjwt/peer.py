"""PyJWT checks keys: signature, type, issuer, audience and term, with the public keys as lic exports them (JWKS).

    peer.py CASES       CASES has one line for each key: name, key, JWKS file, issuer and audience, between tabs

Prints one line for each: its name, `accepted` or `refused`, and the claims as JSON or the reason.
"""

import json
import sys

import jwt


def check(key, jwks_file, issuer, audience):
    with open(jwks_file, encoding="utf-8") as file:
        jwks = jwt.PyJWKSet.from_dict(json.load(file))
    header = jwt.get_unverified_header(key)
    if header.get("typ") != "license+jwt":
        raise jwt.InvalidTokenError("not a license key")
    return jwt.decode(key, jwks[header["kid"]], algorithms=["EdDSA"], issuer=issuer, audience=audience)


with open(sys.argv[1], encoding="utf-8") as cases:
    for case in cases:
        name, key, jwks_file, issuer, audience = case.rstrip("\n").split("\t")
        try:
            print(name, "accepted", json.dumps(check(key, jwks_file, issuer, audience)), sep="\t")
        except (jwt.InvalidTokenError, KeyError) as error:
            print(name, "refused", error, sep="\t")
