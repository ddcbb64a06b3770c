import json

import pytest

from infra.admin.doctor.findings import as_json, as_lines, fail, has_failed, ok, verdict, warn

WELL, ODD, ILL = ok("a", "fine"), warn("b", "hm", "look"), fail("c", "no", "mend")


def test_a_finding_is_a_line_and_what_to_do_another() -> None:
    assert as_lines(WELL, 5) == ["ok    a      fine"]
    assert as_lines(ODD, 5) == ["warn  b      hm", "             -> look"]


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        ([WELL], "All is well."),
        ([WELL, ODD, ODD], "no failures and 2 warnings."),
        ([ILL], "1 failure and no warnings."),
    ],
)
def test_the_verdict_counts(findings: list[object], text: str) -> None:
    assert verdict(findings) == text  # type: ignore[arg-type]


def test_machines_read_the_same() -> None:
    told = json.loads(as_json([WELL, ILL]))
    assert told["ok"] is False
    assert told["findings"][1] == {"level": "fail", "subject": "c", "text": "no", "advice": "mend"}


def test_a_warning_is_no_failure() -> None:
    assert not has_failed([WELL, ODD])
    assert has_failed([WELL, ILL])
