"""What the doctor has found, and how it reads."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line. `advice` is what to do, empty where there is nothing to do."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding("ok", subject, text)


def warn(subject: str, text: str, advice: str = "") -> Finding:
    return Finding("warn", subject, text, advice)


def fail(subject: str, text: str, advice: str = "") -> Finding:
    return Finding("fail", subject, text, advice)


def has_failed(findings: Iterable[Finding]) -> bool:
    return any(finding.level == "fail" for finding in findings)


def as_lines(finding: Finding, width: int) -> list[str]:
    line = f"{finding.level:<4}  {finding.subject:<{width}}  {finding.text}"
    return [line, f"{'':<{width + 8}}-> {finding.advice}"] if finding.advice else [line]


def verdict(findings: Sequence[Finding]) -> str:
    fails, warns = (
        sum(finding.level == level for finding in findings) for level in ("fail", "warn")
    )
    if not fails and not warns:
        return "All is well."
    return f"{_count(fails, 'failure')} and {_count(warns, 'warning')}."


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def as_json(findings: Sequence[Finding]) -> str:
    content = {"ok": not has_failed(findings), "findings": [asdict(each) for each in findings]}
    return json.dumps(content, indent=2)
