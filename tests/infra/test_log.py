import contextvars
import json

import pytest

from infra.invocation import begin
from infra.log import log


def test_a_line_is_one_json_object_without_what_is_not_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outside = contextvars.Context()
    outside.run(log, "http", status=200, principal=None, reason="two\nlines")
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {
        "level": "info",
        "event": "http",
        "status": 200,
        "reason": "two\nlines",
    }


def test_every_line_of_an_invocation_says_what_request_it_follows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    begin("order-12")
    log("post_failed", level="warning")
    assert json.loads(capsys.readouterr().out)["correlation_id"] == "order-12"
