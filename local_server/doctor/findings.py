"""What the doctor has found, and how it reads."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Literal

Level = Literal["ok", "warning", "problem"]
_INDENT = " " * 9


@dataclass(frozen=True)
class Finding:
    """One line. `advice` is what to do, empty where there is nothing to do."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding("ok", subject, text)


def warning(subject: str, text: str, advice: str = "") -> Finding:
    return Finding("warning", subject, text, advice)


def problem(subject: str, text: str, advice: str = "") -> Finding:
    return Finding("problem", subject, text, advice)


def has_problems(findings: Iterable[Finding]) -> bool:
    return any(finding.level == "problem" for finding in findings)


def as_table(findings: Sequence[Finding]) -> str:
    width = max((len(finding.subject) for finding in findings), default=0)
    lines: list[str] = []
    for finding, following in zip_longest(findings, findings[1:]):
        lines.append(f"{finding.level:<7}  {finding.subject:<{width}}  {finding.text}")
        # Said once for all that want the same.
        if finding.advice and (following is None or following.advice != finding.advice):
            lines.append(f"{_INDENT}{'':<{width}}  -> {finding.advice}")
    return "\n".join([*lines, "", _verdict(findings)])


def _verdict(findings: Sequence[Finding]) -> str:
    problems, warnings = (
        sum(finding.level == level for finding in findings) for level in ("problem", "warning")
    )
    if not problems and not warnings:
        return "Nothing stands in the way."
    counted = [_count(problems, "problem"), _count(warnings, "warning")]
    return " and ".join(text for text in counted if text) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""


def as_json(findings: Sequence[Finding]) -> str:
    content = {
        "ok": not has_problems(findings),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(content, indent=2)
