"""PyJWT is asked about keys at a moment of each, with every check that it offers.

    pyjwt.py CASES       CASES has one JSON object a line: name, key, jwks, issuer, product, at

Prints one line for each: its name, `accepted` or `refused`, and why, between tabs.
"""

import json
import sys
from datetime import datetime

import jwt
import jwt.api_jwt


def check(case):
    moment = datetime.fromisoformat(case["at"])

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return moment

    # It takes no moment as an argument.
    jwt.api_jwt.datetime = Clock
    with open(case["jwks"], encoding="utf-8") as file:
        keys = [key for key in json.load(file)["keys"] if key["use"] == "sig"]
    jwks = jwt.PyJWKSet.from_dict({"keys": keys})
    kid = jwt.get_unverified_header(case["key"])["kid"]
    return jwt.decode(case["key"], jwks[kid], algorithms=["EdDSA"], issuer=case["issuer"], audience=case["product"])


with open(sys.argv[1], encoding="utf-8") as cases:
    for line in cases:
        case = json.loads(line)
        try:
            check(case)
            print(case["name"], "accepted", sep="\t")
        except Exception as error:  # whatever it is, the key was not accepted
            print(case["name"], "refused", f"{type(error).__name__} {error}".replace("\n", " "), sep="\t")
