"""The programs that `lic key export --format snippet` prints: how each is built here, and what it must say of a key."""

import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "peers"

# What each language's program is called and how it is run; C# is not among them, as Debian has no .NET.
LANGUAGES = {
    "python": "verify.py",
    "node": "verify.mjs",
    "go": "main.go",
    "java": "Main.java",
    "php": "verify.php",
    "rust": "src/main.rs",
    "c": "verify.c",
}

MANIFEST = f"""[package]
name = "lic-peer"
version = "0.0.0"
edition = "2024"

[dependencies]
lic = {{ path = {str(ROOT)!r}, default-features = false }}

[workspace]
"""


def build(language, source):
    """Writes a program to disk, builds it where it needs that, and gives the command that runs it."""
    # Node looks for packages from the program's folder upwards.
    folder = WORK / "node" / "program" if language == "node" else WORK / "programs" / language
    shutil.rmtree(folder, ignore_errors=True)
    file = folder / LANGUAGES[language]
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")

    def make(*command):
        subprocess.run(command, cwd=folder, check=True)

    match language:
        case "python":
            return [str(WORK / "venv" / "bin" / "python"), "-B", str(file)]
        case "node":
            return ["node", str(file)]
        case "go":
            make("go", "vet", file.name)
            make("go", "build", "-o", "verify", file.name)
            return [str(folder / "verify")]
        case "java":
            make("javac", "-encoding", "UTF-8", "-Xlint:all,-serial", "-Werror", "-d", "classes", file.name)
            # One short run each: the quick compiler and the simple collector start fastest.
            return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", str(folder / "classes"), "Main"]
        case "php":
            return ["php", "-d", "display_errors=stderr", "-d", "error_reporting=-1", str(file)]
        case "rust":
            (folder / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
            shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
            make("cargo", "build", "--quiet", "--target-dir", str(WORK / "cargo"))
            return [str(WORK / "cargo" / "debug" / "lic-peer")]
        case "c":
            flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
            make("cc", *flags, "-o", "verify", file.name, "-lcrypto", "-lcjson")
            return [str(folder / "verify")]


def last_day(end):
    return datetime.fromtimestamp(end - 1, timezone.utc).date().isoformat()


def expected_output(claims):
    """What every program prints for an accepted key, letter for letter."""
    stops = claims.get("exp")
    ends = claims.get("ends", stops)
    lines = [
        f"valid:    {claims['jti']}",
        f"customer: {claims['customer']}",
        f"tier:     {claims['tier_name']}",
        f"seats:    {claims.get('seats', 'unlimited')}",
        f"features: {', '.join(claims.get('features', [])) or 'none'}",
        f"until:    {last_day(ends) if ends else 'no end'}",
    ]
    if ends and ends <= datetime.now(timezone.utc).timestamp():
        lines.append(f"grace:    please renew, it stops working after {last_day(stops)}")
    return "\n".join(lines) + "\n"


def check(command, key, machine, claims):
    """Runs a program with a key on standard input, or with a key file: None, or what is wrong with its answer."""
    on_input = isinstance(key, str)
    arguments = (["-"] if on_input and machine else [] if on_input else [str(key)]) + ([machine] if machine else [])
    text = key.encode() if on_input else b""
    try:
        result = subprocess.run([*command, *arguments], input=text, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "did not end"
    said, complained = result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace")
    if claims is None:
        good = result.returncode == 3 and not said and complained.startswith("refused: ") and complained.count("\n") == 1
        return None if good else f"should be refused, but {told(result)}"
    good = result.returncode == 0 and said == expected_output(claims) and not complained
    return None if good else f"should be accepted, but {told(result)}"


def told(result):
    """How a program ended, in a line."""
    said = (result.stderr or result.stdout).decode("utf-8", "replace").strip().splitlines()
    return f"exit {result.returncode}: {said[0] if said else 'said nothing'}"
