"""Makes docs/fidelity.md: what AWS does, how sure that is, and which test shows that we do it."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
STATEMENTS = Path(__file__).with_name("statements.yml")
PAGE = ROOT / "docs" / "fidelity.md"
# `…__1_2_4__2_3_1` proves both 1.2.4 and 2.3.1.
_NUMBERS = re.compile(r"(?:__\d+(?:_\d+)*)+$")
_PLACES = ("tests/local_server", "tests/journeys")

_HEAD = """\
# Fidelity

What Amazon API Gateway does, statement by statement, and the tests in which the emulator does it.
`make docs` makes this page of [the statements](../tests/local_server/statements.yml) and the names
of the tests.

Confidence: **D** documented by AWS, **O** observed on AWS by others, **I** inferred, **U** unknown.
What is unknown is a choice of ours, and a setting under `custom.localServer.assume`.

`DG/x` is the developer guide's page `x`; a name with a number is a thread on GitHub.
"""
_TABLE = """\
## {section} {title}

| | Statement | | Source | State | Tests |
|---|---|---|---|---|---|
{rows}
"""
_SECTIONS = {
    "1.1": "URL and stage",
    "1.2": "The handshake",
    "1.3": "Authorization of the upgrade",
    "1.4": "Limits",
    "1.5": "Ping and idle",
    "2.1": "Route selection",
    "2.2": "Frames",
    "2.3": "Error frames",
    "2.4": "What a function's result does",
    "3.1": "Events",
    "3.2": "How a connection ends",
    "3.3": "The authorizer's event",
    "4": "`@connections`",
    "5": "`$disconnect`, order, duplicates",
    "6.1": "HTTP API: the event",
    "6.2": "HTTP API: the response",
    "6.3": "HTTP API: errors",
    "6.4": "HTTP API: authorizers",
    "6.5": "HTTP API: CORS",
    "6.6": "HTTP API: quotas",
    "6.7": "The Serverless Framework",
}


class _Texts(yaml.SafeLoader):
    """Every scalar is text: 1.10 is no number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as declared by PyYAML


@dataclass(frozen=True)
class Statement:
    """`apart` says why an emulator has nothing to do with it."""

    number: str
    says: str
    confidence: str
    source: str = ""
    apart: str = ""
    tests: tuple[str, ...] = field(default=())

    @property
    def state(self) -> str:
        if self.apart:
            return f"apart: {self.apart}"
        if not self.tests:
            return "**untested**"
        return "refused" if all("refused" in test for test in self.tests) else "as AWS"

    @property
    def needs_a_test(self) -> bool:
        return not self.apart and bool({"D", "O"} & set(self.confidence.split("/")))


def statements() -> list[Statement]:
    proofs = proofs_by_number()
    documents: Mapping[str, Mapping[str, str]] = yaml.load(STATEMENTS.read_text(), _Texts)
    return [
        Statement(number=number, tests=tuple(proofs.get(number, ())), **fields)
        for number, fields in documents.items()
    ]


def proofs_by_number() -> dict[str, list[str]]:
    """The tests of each statement, as `file.py::name`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file, name in _tests():
        for number in numbers_of(name):
            found[number].append(f"{file.relative_to(ROOT)}::{name}")
    return found


def numbers_of(name: str) -> list[str]:
    match = _NUMBERS.search(name)
    parts = match[0].split("__")[1:] if match else []
    return [part.replace("_", ".") for part in parts]


def _tests() -> Iterator[tuple[Path, str]]:
    for place in _PLACES:
        for file in sorted((ROOT / place).rglob("test_*.py")):
            for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE):
                yield file, name


def page() -> str:
    rows: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    for statement in statements():
        rows[_section(statement.number)].append(_row(statement))
    parts = [_HEAD]
    for section, title in _SECTIONS.items():
        parts.append(_TABLE.format(section=section, title=title, rows="\n".join(rows[section])))
    return "\n".join(parts)


def _section(number: str) -> str:
    first, _, rest = number.partition(".")
    return first if first in _SECTIONS else f"{first}.{rest.split('.')[0]}"


def _row(statement: Statement) -> str:
    cells = (
        statement.number,
        statement.says,
        statement.confidence,
        statement.source,
        statement.state,
        "<br>".join(_link(test) for test in statement.tests),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{_NUMBERS.sub('', name).removeprefix('test_').replace('_', ' ')}](../{file})"


def main() -> int:
    PAGE.write_text(page())
    untested = [one.number for one in statements() if one.needs_a_test and not one.tests]
    print(f"{PAGE.relative_to(ROOT)}: {len(untested)} untested {' '.join(untested)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
