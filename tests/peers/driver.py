"""Issues a key of every shape with lic and has other people's programs check each of them.

There are two kinds of checkers: *peers* are small programs of this folder on top of somebody's library; *programs* are what
`lic key export --format snippet` prints, word for word. One line is printed for each checker and key.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import programs
from faults import Forger, armour, change_payload, change_signature, claims_of, faults, forms, header_of, unarmour
from proofs import check_proofs
from shapes import CUSTOMERS, ISSUER, MACHINES, META, PRODUCT, complaints, shapes, states
from vendor import PublicKeys, Vendor

HERE = Path(__file__).resolve().parent
WORK = programs.WORK
PYTHON = str(WORK / "venv" / "bin" / "python")


class Tally:
    """Counts, and prints the lines."""

    def __init__(self):
        self.passed = self.failed = 0

    def report(self, checker, key, outcomes):
        """`outcomes`: for each check None, or what is wrong."""
        wrong = [outcome for outcome in outcomes if outcome is not None]
        self.passed += len(outcomes) - len(wrong)
        self.failed += len(wrong)
        counts = f"{len(outcomes) - len(wrong)} passed" + (f", {len(wrong)} failed" if wrong else "")
        print(f"{checker:<15} {key:<29} {counts}", flush=True)
        for complaint in wrong:
            print(f"    {complaint}", flush=True)


def issue_all(tally, vendor):
    """Every shape and every state, with its key."""
    meta_file = vendor.folder / "meta.json"
    meta_file.write_text(json.dumps(META))
    ordered = shapes(str(meta_file))
    for shape in ordered:
        vendor.issue(shape)
    vendor.issue_states()
    issued = []
    for shape in [*ordered, *states()]:
        key, complaint = unarmour(vendor.key_file(shape).read_text())
        header = header_of(key)
        exact = header == {"alg": "EdDSA", "kid": header["kid"], "typ": "license+jwt"}
        outcomes = [complaint, None if exact else f"header {header}", "; ".join(complaints(shape, claims_of(key))) or None]
        tally.report("claims", shape.name, outcomes)
        issued.append((shape, key))
    return issued


def check_peers(tally, keys, issued):
    classes = WORK / "java"
    subprocess.run(["javac", "-encoding", "UTF-8", "-d", str(classes), str(HERE / "java" / "Peer.java")], check=True)
    # Node looks for packages from the program's folder upwards.
    for script in ("jose.mjs", "crypto.mjs"):
        (WORK / "node" / script).write_bytes((HERE / "node" / script).read_bytes())

    # These read claims, and look at issuer, audience and term too.
    check_peer(tally, "pyjwt", [PYTHON, "-B", str(HERE / "pyjwt" / "peer.py")], keys, issued)
    check_peer(tally, "jose", ["node", str(WORK / "node" / "jose.mjs")], keys, issued)
    check_peer(tally, "node:crypto", ["node", str(WORK / "node" / "crypto.mjs")], keys, issued)
    # These check signatures alone.
    check_peer(tally, "openssl", [str(HERE / "openssl" / "peer")], keys, issued, reads_claims=False)
    check_peer(tally, "java", ["java", "-cp", str(classes), "Peer"], keys, issued, reads_claims=False)


def check_peer(tally, peer, command, keys, issued, reads_claims=True):
    cases = []  # (shape's name, what is special, the peer's columns, the claims of a good key or None)
    for shape, key in issued:
        jwks, pem = str(keys[shape.test].jwks), str(keys[shape.test].pem)

        def case(what, key, good, jwks=jwks, issuer=ISSUER, audience=PRODUCT):
            columns = [key, jwks, issuer, audience] if reads_claims else [key, pem]
            cases.append((shape.name, what, columns, claims_of(key) if good else None))

        case("as issued", key, shape.accepted if reads_claims else shape.signed)
        case("payload changed", change_payload(key), False)
        case("signature changed", change_signature(key), False)
        if reads_claims:
            case("wrong audience", key, False, audience="studio")
            case("wrong issuer", key, False, issuer="Somebody Else")
            if shape.test:
                case("released keys alone", key, False, jwks=str(keys[False].jwks))

    answers = ask(command, [[f"{shape}, {what}", *columns] for shape, what, columns, _ in cases])
    for shape, _ in issued:
        tally.report(
            peer,
            shape.name,
            [judge(answers, f"{name}, {what}", claims) for name, what, _, claims in cases if name == shape.name],
        )


def ask(command, lines):
    """Has a peer check many keys at once; gives its answers by name."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as cases:
        cases.writelines("\t".join(line) + "\n" for line in lines)
        cases.flush()
        result = subprocess.run([*command, cases.name], stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    if result.returncode != 0:
        print(f"    {command[-1]} ended with {result.returncode}: {result.stderr.decode('utf-8', 'replace').strip()}")
    # Not splitlines: a claim may hold U+2028, which ends a line for Python but not for JSON.
    answers = (line.split("\t", 2) for line in result.stdout.decode("utf-8", "replace").split("\n") if line)
    return {name: (verdict, said) for name, verdict, said in answers}


def judge(answers, name, claims):
    """None where the peer answered as it should: with these claims, or with a refusal where there are none."""
    verdict, said = answers.get(name, ("not answered", ""))
    wanted = "refused" if claims is None else "accepted"
    if verdict != wanted:
        return f"{name}: should be {wanted}, but was {verdict} {said}"
    return None if claims is None or json.loads(said) == claims else f"{name}: other claims: {said}"


def check_lic(tally, vendor, keys, issued):
    """lic itself comes to the same verdicts, from the exported keys alone."""
    for test, cases in ((False, released(vendor, issued)), (True, in_test_build(issued))):

        def check(_, text, machine, claims, jwks=keys[test].jwks):
            result = vendor.verify(text, jwks, PRODUCT, machine)
            return None if result.returncode == (3 if claims is None else 0) else programs.told(result)

        # lic verify is not told of an issuer, and without a machine it is a tool for people, not a program on one.
        others = ("fault wrong-issuer", "fault no-machine")
        check_cases(tally, "lic verify", check, [case for case in cases if case[0] not in others])


def check_programs(tally, vendor, issued):
    # What was issued is checked from the file too, as customers have it.
    files = [(shape.name, vendor.key_file(shape), shape.machine, granted(shape, key, False)) for shape, key in issued]
    for language in programs.LANGUAGES:
        for which, cases in (([], [*released(vendor, issued), *files]), (["--test"], in_test_build(issued))):
            command = programs.build(language, vendor.program(language, *which))

            def check(_, text, machine, claims, command=command):
                return programs.check(command, text, machine, claims)

            check_cases(tally, f"{language} program", check, cases)


# What stands in a status list (draft-ietf-oauth-status-list, section 7.1).
IN_LISTS = {"revoked": 1, "suspended": 2}


def check_lists(tally, vendor):
    """Another program reads from the published lists how the keys stand, and comes to the same end as lic."""
    listed, lists, status_keys = vendor.publish_lists()
    trusted = PublicKeys(vendor, "--test").jwks  # with the keys for status lists
    list_file = lists / "0.jwt"
    cases, expected = [], {}

    def case(name, address, place, answer, file=list_file, jwks=status_keys):
        cases.append([name, str(file), str(jwks), address, str(place)])
        expected[name] = answer

    for shape in states():
        key_file = listed / f"{shape.name}.lic"
        key, _ = unarmour(key_file.read_text())
        if "status" not in claims_of(key):
            continue  # what no ledger knows is in no list
        reference = claims_of(key)["status"]["status_list"]
        case(shape.name, reference["uri"], reference["idx"], ("accepted", str(IN_LISTS.get(shape.name, 0))))
        wanted = shape.name if shape.name in IN_LISTS else None
        said = vendor.verify_with_list(key_file, trusted, list_file).get("reason")
        good = (said if said in IN_LISTS else None) == wanted
        tally.report("lic verify", f"listed {shape.name}", [None if good else f"{said}, not {wanted}"])
        license_kid, address = header_of(key)["kid"], reference["uri"]

    refused = ("refused", None)
    for what, change in (("signature", change_signature), ("payload", lambda text: change_payload(text, b'"number":1'))):
        broken = vendor.folder / f"{what}.jwt"
        broken.write_text(change(list_file.read_text()))
        case(f"{what} changed", address, 0, refused, file=broken)
    case("another address", f"{address}/other", 0, refused)
    case("keys for licenses alone", address, 0, refused, jwks=PublicKeys(vendor, "--kid", license_kid).jwks)
    answers = ask([PYTHON, "-B", str(HERE / "pyjwt" / "lists.py")], cases)
    for name, (verdict, status) in expected.items():
        got, said = answers.get(name, ("not answered", ""))
        good = got == verdict and status in (None, said)
        tally.report("pyjwt lists", name, [None if good else f"should be {verdict} {status or ''}, but was {got} {said}"])


def check_cases(tally, checker, check, cases):
    """Makes many checks side by side, and reports them by their names."""
    cases = list(cases)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda case: check(*case), cases))
    for name in dict.fromkeys(case[0] for case in cases):
        tally.report(checker, name, [outcome for case, outcome in zip(cases, outcomes) if case[0] == name])


def granted(shape, key, test):
    """The claims of a key that a program accepts, released or built for tests; None where it does not."""
    claims = claims_of(key)
    fits = shape.machine in claims.get("machines", {}).get("bound", [shape.machine])
    return claims if shape.accepted and shape.test == test and fits else None


def released(vendor, issued):
    """What a released program is asked: a name, the text, the machine, and the claims where the text is a good key."""
    by_name = {shape.name: key for shape, key in issued}
    for shape, key in issued:
        yield shape.name, armour(key), shape.machine, granted(shape, key, False)
        if not shape.test:
            yield shape.name, armour(change_payload(key)), shape.machine, None
            yield shape.name, armour(change_signature(key)), shape.machine, None
    bound, plain = by_name["machine-bound"], by_name["perpetual"]
    yield "machine-bound", bound, MACHINES[0], claims_of(bound)
    yield "fault wrong-machine", bound, MACHINES[0] + "0", None
    yield "fault no-machine", bound, "", None
    for form, text in forms(plain).items():
        yield f"form {form}", text, "", claims_of(plain)
    forger = Forger(vendor.home, header_of(by_name["commercial"])["kid"])
    for fault, text in faults(by_name["commercial"], forger).items():
        yield f"fault {fault}", text, "", None


def in_test_build(issued):
    """What a program that trusts the test signing key is asked."""
    for shape, key in issued:
        if shape.test or shape.name == "commercial":
            yield f"test build, {shape.name}", armour(key), shape.machine, granted(shape, key, True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--lic", required=True, type=Path, help="the lic to check")
    lic = arguments.parse_args().lic.resolve(strict=True)
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="lic-peers-") as folder:
        vendor = Vendor(str(lic), Path(folder))
        vendor.set_up("Peers & Co", ISSUER, PRODUCT, CUSTOMERS)
        issued = issue_all(tally, vendor)
        keys = {False: PublicKeys(vendor), True: PublicKeys(vendor, "--test")}  # by whether the key is a test key
        tally.report("exported keys", "jwks and pem", [one.complaint() for one in keys.values()])
        check_peers(tally, keys, issued)
        check_lic(tally, vendor, keys, issued)
        check_programs(tally, vendor, issued)
        check_proofs(tally, vendor, issued, [PYTHON, "-B", str(HERE / "proof" / "check.py")])
        check_lists(tally, vendor)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
