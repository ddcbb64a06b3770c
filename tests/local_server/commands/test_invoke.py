"""`python -m local_server invoke …`, word for word."""

import argparse
import json
from collections.abc import Callable, Iterator

import pytest

from local_server.commands import invoke
from local_server.errors import ServerError
from local_server.testing import emulator_in_thread

Say = Callable[..., str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "serverless.yml").write_text(
        "service: s\nfunctions:\n  mirror: {handler: a.mirror}\n  broken: {handler: a.broken}\n"
    )
    (folder / "a.py").write_text(
        "def mirror(event, context):\n    return {'name': context.function_name, 'event': event}\n"
        "def broken(event, context):\n    raise ValueError('no')\n"
    )
    with emulator_in_thread(folder / "serverless.yml") as running:
        yield running.http_url


@pytest.fixture
def say(url: str, capsys: pytest.CaptureFixture[str]) -> Say:
    """What the command prints."""

    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        invoke.add_arguments(parser)
        assert invoke.run(parser.parse_args([*words, "--url", url])) == 0
        return capsys.readouterr().out

    return run


def test_the_result_is_printed(say: Say) -> None:
    assert json.loads(say("mirror")) == {"name": "s-local-mirror", "event": {}}
    assert json.loads(say("mirror", "--event", '{"ä": [1]}'))["event"] == {"ä": [1]}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("broken", "^broken: ValueError: no$"),
        ("absent", "Function not found: absent; there are mirror, broken$"),
    ],
)
def test_what_goes_wrong_is_one_line(say: Say, function: str, words: str) -> None:
    with pytest.raises(ServerError, match=words):
        say(function)


def test_an_event_is_json(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        say("mirror", "--event", "{")
    assert "no JSON" in capsys.readouterr().err
