import gc
import time

import pytest

from handlers._edge.invocation import log_bug, log_invocation, ms_since


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


def test_the_collector_begins_behind_the_first_invocation() -> None:
    gc.disable()  # as handlers/__init__.py leaves it
    log_invocation("test", time.perf_counter())
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
