"""Python and the packages that the emulator itself is made of."""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from local_server.doctor.findings import Finding, ok, problem, warning

PYTHON = (3, 11)
# As requirements.txt and requirements-lambda.txt have them; a test holds the two together.
REQUIRED = {
    "boto3": ">=1.40,<2",
    "pyyaml": ">=6.0,<7",
    "sanic": ">=25.3,<26",
    "time-machine": ">=3.2,<4",
    "websockets": ">=17,<18",
}
# Comes with boto3, and is where its oddities come from.
_SHOWN_BESIDE = {"boto3": "botocore"}


def look_at_installation() -> Iterator[Finding]:
    yield look_at_python(sys.version_info[:3])
    for package, requirement in REQUIRED.items():
        yield look_at_package(package, requirement)


def look_at_python(present: tuple[int, ...]) -> Finding:
    text = "Python " + ".".join(map(str, present))
    if present[:2] >= PYTHON:
        return ok("python", text)
    return problem("python", text, "take Python 3.11 or newer")


def look_at_package(package: str, requirement: str) -> Finding:
    advice = f"pip install '{package}{requirement}'"
    try:
        present = version(package)
    except PackageNotFoundError:
        return problem(package, f"{package} is not installed", advice)
    text = f"{package} {present}{_beside(package)}"
    if too_old(present, requirement):
        return problem(package, f"{text} is too old", advice)
    if not satisfies(present, requirement):
        return warning(package, f"{text} is not a version that was tried", advice)
    return ok(package, text)


def _beside(package: str) -> str:
    other = _SHOWN_BESIDE.get(package)
    try:
        return f", {other} {version(other)}" if other else ""
    except PackageNotFoundError:
        return ""


def satisfies(present: str, requirement: str) -> bool:
    """`requirement` has bounds as `>=1.2,<2`, or one version as `==1.2.3`."""
    found = _numbers(present)
    bounds = _bounds(requirement)
    if "==" in bounds:
        return found == bounds["=="]
    below = "<" not in bounds or found < bounds["<"]
    return below and not too_old(present, requirement)


def too_old(present: str, requirement: str) -> bool:
    floor = _bounds(requirement).get(">=")
    return floor is not None and _numbers(present) < floor


def _bounds(requirement: str) -> Mapping[str, tuple[int, ...]]:
    parts = (part.strip() for part in requirement.split(","))
    return {part.rstrip("0123456789."): _numbers(part.lstrip("<>=")) for part in parts}


def _numbers(text: str) -> tuple[int, ...]:
    """`25.12.1` as numbers; a suffix such as `rc1` counts for nothing, nor do zeros at the end."""
    numbers: list[int] = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
