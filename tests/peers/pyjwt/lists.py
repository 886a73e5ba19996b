"""PyJWT checks status lists, and Python's own zlib unpacks them: what any program can do with the standard at hand.

    lists.py CASES      CASES has one line for each question: name, list file, JWKS file, the list's address and a place in it,
                        between tabs

Prints one line for each: its name, `accepted` or `refused`, and the status at that place (0 valid, 1 revoked, 2 suspended) or
the reason.
"""

import base64
import json
import sys
import zlib

import jwt

LARGEST = 2**20 // 4


def status(list_file, jwks_file, address, place):
    with open(jwks_file, encoding="utf-8") as file:
        jwks = jwt.PyJWKSet.from_dict(json.load(file))
    with open(list_file, encoding="ascii") as file:
        text = file.read()
    header = jwt.get_unverified_header(text)
    if header != {"alg": "EdDSA", "kid": header.get("kid"), "typ": "statuslist+jwt"}:
        raise jwt.InvalidTokenError(f"not the header of a status list: {header}")
    required = ["sub", "iat", "exp", "ttl", "status_list"]
    claims = jwt.decode(text, jwks[header["kid"]], algorithms=["EdDSA"], subject=address, options={"require": required})
    packed = claims["status_list"]
    if packed["bits"] != 2:
        raise jwt.InvalidTokenError(f"{packed['bits']} bits for a status")
    lst = packed["lst"]
    unpacker = zlib.decompressobj()
    statuses = unpacker.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)), LARGEST)
    if not unpacker.eof or unpacker.unused_data:
        raise jwt.InvalidTokenError("more than 2^20 statuses, or not the end of the data")
    return statuses[place // 4] >> 2 * (place % 4) & 3


with open(sys.argv[1], encoding="utf-8") as cases:
    for case in cases:
        name, list_file, jwks_file, address, place = case.rstrip("\n").split("\t")
        try:
            print(name, "accepted", status(list_file, jwks_file, address, int(place)), sep="\t")
        except (jwt.InvalidTokenError, KeyError, IndexError, zlib.error) as error:
            print(name, "refused", error, sep="\t")
