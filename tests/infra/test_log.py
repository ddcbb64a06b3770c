import json

import pytest

from infra.log import log


def test_a_line_is_one_json_object_without_what_is_not_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log("http", status=200, principal=None, reason="two\nlines")
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {
        "level": "info",
        "event": "http",
        "status": 200,
        "reason": "two\nlines",
    }
