"""`make audit`: the licences of what is deployed, and what is known against it.

What npm and the other requirements bring stays on developers' machines, and is not looked at here.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements-lambda.txt"
LOCK = ROOT / "requirements-lambda.lock"

# They ask for no more than to be named with what one ships, and go with our own Apache-2.0.
ALLOWED = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}
)
# What projects write that do not yet use SPDX's names.
SPDX = {
    "Apache License 2.0": "Apache-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}
CLEAN, FOUND, NOT_LOOKED_AT = 0, 1, 3
UNKNOWN = "The index here tells of no advisories, so nothing is known for or against them."
OPTIONS = ("--no-deps", "--disable-pip", "--vulnerability-service", "pypi", "--format", "json")


@dataclass(frozen=True)
class Verdict:
    """What pip-audit has said: what is known against what, and what it could not look at."""

    known: Sequence[str]
    skipped: Sequence[str]

    @property
    def status(self) -> int:
        if self.known:
            return FOUND
        return NOT_LOOKED_AT if self.skipped else CLEAN


def deployed() -> list[Distribution]:
    """What requirements-lambda.txt names and what that needs, as it is installed here."""
    lines = REQUIREMENTS.read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: dict[str, Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name not in found and _applies(requirement):
            found[name] = distribution(name)
            wanted += _needed(found[name], requirement.extras)
    return [found[name] for name in sorted(found)]


def _needed(package: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for text in package.requires or ():
        requirement = Requirement(text)
        if any(_applies(requirement, extra) for extra in ("", *extras)):
            requirement.marker = None
            yield requirement


def _applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def licences(metadata: Mapping[str, Any]) -> list[str]:
    """By their names in SPDX, any of which may be chosen; else as the project writes it."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression).split(" OR ")
    classifiers = [text for text in metadata.get("Classifier", ()) if text.startswith("License ::")]
    texts = classifiers or [str(metadata.get("License") or "none given")]
    return [SPDX.get(text, text) for text in texts]


def metadata_of(package: Distribution) -> dict[str, Any]:
    """What `licences` reads."""
    message = package.metadata
    single = {name: message[name] for name in ("License-Expression", "License") if name in message}
    return {**single, "Classifier": message.get_all("Classifier") or []}


def pins(lock: str, installed: Mapping[str, str]) -> list[str]:
    """`name==version`: what the lock says is deployed, and of Lambda's runtime what is here."""
    lines = (line.split(";")[0].strip(" \\") for line in lock.splitlines())
    locked = dict(line.split("==", 1) for line in lines if "==" in line and line[0].isalnum())
    return [f"{name}=={version}" for name, version in sorted((dict(installed) | locked).items())]


def judge(report: Mapping[str, Any]) -> Verdict:
    """Of pip-audit's JSON. It ends with 0 also where it could look at nothing."""
    known, skipped = [], []
    for entry in report["dependencies"]:
        if "skip_reason" in entry:
            skipped.append(str(entry["name"]))
        for each in entry.get("vulns", ()):
            fixed = ", ".join(each["fix_versions"]) or "no release"
            known.append(f"{entry['name']} {entry['version']}: {each['id']}, mended in {fixed}")
    return Verdict(known, skipped)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--pip-audit", type=Path, required=True, help="the program")
    program = parser.parse_args().pip_audit
    statuses = {_check_licences(), _check_advisories(program)}
    return FOUND if FOUND in statuses else max(statuses)


def _check_licences() -> int:
    status = CLEAN
    for package in deployed():
        found = licences(metadata_of(package))
        allowed = not ALLOWED.isdisjoint(found)
        status = status if allowed else FOUND
        _say(f"{'ok' if allowed else 'NOT ALLOWED':<12} {package.name:<18} {' or '.join(found)}")
    return status


def _check_advisories(program: Path) -> int:
    installed = {str(canonicalize_name(each.name)): each.version for each in deployed()}
    wanted = pins(LOCK.read_text() if LOCK.exists() else "", installed)
    verdict = judge(_ask(program, wanted))
    for text in verdict.known:
        _say(f"VULNERABLE   {text}")
    if verdict.skipped:
        _say(f"NOT LOOKED AT: {len(verdict.skipped)} of {len(wanted)} packages. {UNKNOWN}")
    if verdict.status == CLEAN:
        _say(f"ok: nothing is known against {len(wanted)} packages")
    return verdict.status


def _ask(program: Path, wanted: Sequence[str]) -> Mapping[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(wanted))
        file.flush()
        command = [str(program), "--requirement", file.name, "--progress-spinner", "off", *OPTIONS]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        names = [pin.split("==")[0] for pin in wanted]
        return {"dependencies": [{"name": name, "skip_reason": "no answer"} for name in names]}
    return report


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
