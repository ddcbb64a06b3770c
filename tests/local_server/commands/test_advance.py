"""`python -m local_server advance …`."""

import argparse

import pytest

from local_server.commands import advance
from local_server.testing import emulator_in_thread
from tests.local_server.conftest import ECHO


def test_it_is_later_and_the_command_says_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    advance.add_arguments(parser)
    with emulator_in_thread(ECHO / "serverless.yml") as running:
        for _ in range(2):
            advance.run(parser.parse_args(["600", "--url", running.http_url]))
    assert capsys.readouterr().out == "the clock is 600 s ahead\nthe clock is 1200 s ahead\n"
