import json

import pytest

from handlers._edge.schedule import RemainingMs, schedule
from notify.errors import InternalError
from tests import events


def test_it_is_told_what_time_is_left_and_leaves_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @schedule
    def handler(remaining_ms: RemainingMs) -> dict[str, int]:
        return {"left": remaining_ms()}

    handler({}, events.LambdaContext(remaining_ms=7))
    assert '"outcome": "left=7"' in capsys.readouterr().out


def test_what_fails_is_tried_again_by_lambda_and_tells_nobody_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @schedule
    def handler(remaining_ms: RemainingMs) -> dict[str, int]:
        raise KeyError("a secret")

    with pytest.raises(InternalError):
        handler({}, events.CONTEXT)
    lines = capsys.readouterr().out
    assert '"outcome": "failed"' in lines
    assert "a secret" not in lines


def test_how_far_it_is_behind_is_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    @schedule
    def handler(remaining_ms: RemainingMs) -> dict[str, int]:
        return {"met": 5, "lag_minutes": 3}

    handler({}, events.CONTEXT)
    line = json.loads(capsys.readouterr().out)
    assert (line["lag_minutes"], "met" in line) == (3, False)
