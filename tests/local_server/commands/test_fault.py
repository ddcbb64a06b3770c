"""`python -m local_server fault …`, word for word."""

import argparse
from collections.abc import Callable, Iterator

import pytest

from local_server.commands import fault
from local_server.errors import ServerError
from local_server.faults import FaultKind
from local_server.testing import Running

Say = Callable[..., str]


@pytest.fixture
def say(sample: Running, capsys: pytest.CaptureFixture[str]) -> Iterator[Say]:
    """What the command prints."""

    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        fault.add_arguments(parser)
        assert fault.run(parser.parse_args([*words, "--url", sample.http_url])) == 0
        return capsys.readouterr().out.strip()

    yield run
    sample.faults.clear()


def test_faults_are_added_listed_and_taken_away(say: Say) -> None:
    assert say("list") == "no faults (seed 0)"
    words = ["post-gone", "--connection", "c", "--probability", "0.5", "--times", "3"]
    assert say("add", *words) == "fault 1"
    assert say("add", "worker-killed", "--function", "echo", "--delay-ms", "5") == "fault 2"
    assert say("list").splitlines() == [
        "1  post-gone, connection c, probability 0.5, 3 times, struck 0",
        "  2  worker-killed, function echo, 5 ms, struck 0",
    ]
    assert say("remove", "1") == "fault 1 is gone"
    assert say("clear") == "no faults"
    assert say("list") == "no faults (seed 0)"


def test_what_makes_no_sense_is_refused_in_one_line(say: Say) -> None:
    with pytest.raises(ServerError, match="a probability lies between 0 and 1"):
        say("add", "post-gone", "--probability", "2")
    with pytest.raises(ServerError, match="there is no fault 9"):
        say("remove", "9")


def test_the_help_names_every_kind() -> None:
    assert all(kind.value in fault.EPILOG for kind in FaultKind)
