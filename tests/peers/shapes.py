"""The shapes of keys that lic issues: what is ordered on the command line, and what the claims must say then."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

PRODUCT = "cockpit"
TIER = "professional"
# Free text stands in every key and in every program: names that a careless program would trip over.
ISSUER = r"""Peers' "GmbH" & Söhne \ $HOME `id` ${x} 100%"""
CUSTOMERS = {"acme": "Acme GmbH", "unicode": 'Ünïcødé "株式会社" 🔑 \\ $1 Ltd'}
MACHINES = ("LIC1-0123456789ABCDEF", "host+name/with:marks=~")
LARGEST = 2**53 - 1
DAY = 86_400

META = {
    "contract": "C-2027/001",
    "regions": ["eu", "us", {"code": "apac", "since": 2026}],
    "ratio": 0.25,
    "negative": -17,
    "nested": {"a": {"b": {"c": [[], {}, "", True, False]}}},
    "text": "tab\t line\n quote\" backslash\\ slash/ é 株 🔑 \u2028 \u0001",
    "long": "x" * 40_000,
    "deep": json.loads("[" * 90 + "]" * 90),
}


def midnight_after(day):
    """The end of a day: the next midnight, UTC, in seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()) + DAY


@dataclass
class Shape:
    name: str
    order: list = field(default_factory=list)  # the arguments of `lic issue`, but for --out; none: made by `lic quick --state`
    claims: dict = field(default_factory=dict)  # what the claims must say, besides what all of them say
    absent: tuple = ()  # claims that must not be there
    signed: bool = True  # as the text stands, by the key that it names
    accepted: bool = True  # by a library that looks at signature, issuer, audience and term
    test: bool = False  # signed by the test signing key
    machine: str = ""  # the machine to name to a program


def shapes(meta_file):
    """What customers get."""
    yesterday = datetime.now(timezone.utc).date() - timedelta(days=1)
    until = ["--until", "2091-01-31"]
    end = midnight_after(date(2091, 1, 31))
    sold = ["acme", "--tier", TIER]
    return [
        Shape(
            "commercial",
            [*sold, "--seats", "12", *until, "--grace", "0"],
            {"sub": "acme", "customer": CUSTOMERS["acme"], "type": "commercial", "seats": 12, "exp": end},
            ("ends", "internal", "meta"),
        ),
        Shape("trial", [*sold, "--type", "trial", "--for", "30d"], {"type": "trial"}),
        Shape("perpetual", [*sold, "--perpetual"], {"type": "commercial"}, ("exp", "ends")),
        Shape("unlimited-seats", [*sold, "--seats", "unlimited", *until], {}, ("seats",)),
        Shape("grace-days", [*sold, *until, "--grace", "30"], {"ends": end, "exp": end + 30 * DAY}),
        Shape(
            "in-grace",
            [*sold, "--from", "2024-01-01", "--until", yesterday.isoformat(), "--grace", "30"],
            {"ends": midnight_after(yesterday), "exp": midnight_after(yesterday) + 30 * DAY},
        ),
        Shape("scheduled", [*sold, "--from", "2090-01-01", *until], {"nbf": midnight_after(date(2089, 12, 31))}, accepted=False),
        Shape("meta", [*sold, *until, "--meta", meta_file], {"meta": META}),
        Shape("unicode", ["unicode", "--tier", TIER, *until], {"sub": "unicode", "customer": CUSTOMERS["unicode"]}),
        Shape(
            "machine-bound",
            [*sold, *until, "--machine", MACHINES[0], "--machine", MACHINES[1], "--max-machines", "3"],
            {"machines.max": 3, "machines.bound": list(MACHINES)},
            machine=MACHINES[1],
        ),
        Shape(
            "features-limits",
            [*sold, *until, "--feature", "x-ray", "--feature", "night.mode_2", "--limit", f"users={LARGEST}", "--limit", "zero=0"],
            {"features": {"x-ray", "night.mode_2"}, "limits": {"users": LARGEST, "zero": 0}},
        ),
        Shape("internal", ["internal", "--tier", TIER, *until, "--internal"], {"sub": "internal", "internal": True}),
        Shape("test", ["internal", "--tier", TIER, *until, "--type", "test"], {"type": "test"}, test=True),
    ]


def states():
    """What the vendor's own test suite gets. Nothing in a key tells that it was revoked or suspended later."""
    return [
        state("valid"),
        state("expiring"),
        state("grace"),
        state("revoked"),
        state("suspended"),
        state("expired", accepted=False),
        state("not-yet-valid", accepted=False),
        state("wrong-product", {"aud": f"not-{PRODUCT}"}, accepted=False),
        # Libraries know nothing of machines.
        state("wrong-machine", machine=MACHINES[0]),
        state("tampered", accepted=False, signed=False),
        state("unknown-signer", accepted=False, signed=False),
    ]


def state(name, claims=None, **more):
    return Shape(name, claims={"type": "test", "sub": "internal"} | (claims or {}), test=True, **more)


REQUIRED = {
    "iss": str, "sub": str, "aud": str, "jti": str, "iat": int, "nbf": int, "ver": int, "rev": int,
    "customer": str, "tier": str, "tier_name": str, "rank": int, "type": str, "warn_days": int,
}  # fmt: skip
OPTIONAL = {
    "exp": int, "ends": int, "internal": bool, "seats": int, "features": list, "limits": dict, "machines": dict,
    "offline_days": int, "status": dict, "meta": object,
}  # fmt: skip


def complaints(shape, claims):
    """What is wrong with the claims of a key of this shape."""
    for name, kind in REQUIRED.items():
        if type(claims.get(name)) is not kind:
            yield f"{name} is {claims.get(name)!r}"
    for name, value in claims.items():
        kind = OPTIONAL.get(name, REQUIRED.get(name))
        if kind is None:
            yield f"{name} is no claim of a license key"
        elif not isinstance(value, kind) or (value in (None, [], {}, "") and name != "meta"):
            yield f"{name} is {value!r}"
    said = {"iss": ISSUER, "aud": PRODUCT, "ver": 1, "rev": 1, "tier": TIER}
    for name, expected in (said | shape.claims).items():
        actual = claims
        for step in name.split("."):
            actual = actual.get(step) if isinstance(actual, dict) else None
        if isinstance(expected, set):
            agrees = isinstance(actual, list) and expected <= set(actual) and actual == sorted(set(actual))
        elif name == "limits":
            agrees = isinstance(actual, dict) and expected.items() <= actual.items()
        elif name == "machines.bound":
            agrees = sorted(actual or []) == sorted(expected)
        else:
            agrees = json.dumps(actual, sort_keys=True) == json.dumps(expected, sort_keys=True)
        if not agrees:
            yield f"{name} is {actual!r}, not {expected!r}"
    for name in shape.absent:
        if name in claims:
            yield f"{name} is there: {claims[name]!r}"
    for name in ("exp", "ends"):
        if claims.get(name, 0) % DAY:
            yield f"{name} is no midnight: {claims[name]}"
    if "ends" in claims and not claims["nbf"] < claims["ends"] < claims.get("exp", 0):
        yield "ends does not lie between nbf and exp"
