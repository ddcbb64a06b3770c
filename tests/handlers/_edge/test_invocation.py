import time

import pytest

from handlers._edge.invocation import log_bug, ms_since


def test_a_bug_is_located_but_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("a secret")
    except ValueError as error:
        log_bug(error, "request-1")
    printed = capsys.readouterr().out
    assert "test_a_bug_is_located_but_not_quoted" in printed
    assert '"request_id": "request-1"' in printed
    assert "a secret" not in printed


def test_durations_are_milliseconds() -> None:
    assert ms_since(time.perf_counter() - 2) == pytest.approx(2000, abs=500)
