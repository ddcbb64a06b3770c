"""Commands that talk to a running emulator, where there is none or it answers something else."""

import argparse

import pytest

from local_server.commands.remote import call
from local_server.errors import ServerError
from local_server.testing import Running


def arguments(**values: object) -> argparse.Namespace:
    return argparse.Namespace(**{"url": None, "port": 3001, **values})


def test_where_none_runs_one_line_says_so() -> None:
    with pytest.raises(ServerError, match=r"no emulator answers at http://127\.0\.0\.1:9: "):
        call(arguments(port=9), "GET", "clock")


def test_a_url_is_http() -> None:
    with pytest.raises(ServerError, match="http://… is expected"):
        call(arguments(url="file:///etc/hosts"), "GET", "clock")


def test_a_refusal_is_shown_in_the_emulators_words(sample: Running) -> None:
    with pytest.raises(ServerError, match="there is /_local/clock"):
        call(arguments(url=sample.http_url), "GET", "nothing")


def test_an_answer_is_read(sample: Running) -> None:
    told = call(arguments(url=f"{sample.http_url}/"), "GET", "clock")
    assert abs(told["now"] - sample.now) < 60_000
