"""`doctor` at a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_server.conftest import SAMPLE

ROOT = Path(__file__).parents[3]


def doctor(*arguments: str, python: tuple[str, ...] = ("-W", "error")) -> "Done":
    words = [sys.executable, *python, "-m", "local_server", "doctor", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


Done = subprocess.CompletedProcess[str]


@pytest.fixture
def healthy(tmp_path: Path) -> str:
    (tmp_path / "serverless.yml").write_text("service: s\n")
    return str(tmp_path / "serverless.yml")


def test_without_a_problem_it_ends_with_0(healthy: str) -> None:
    done = doctor("--template", healthy, "--port", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Nothing stands in the way."


def test_with_one_it_ends_with_2() -> None:
    done = doctor("--template", str(SAMPLE), "--port", "0")
    assert (done.returncode, done.stderr) == (2, "")
    assert "problem  handlers" in done.stdout


def test_machines_read_json_and_nothing_else(healthy: str) -> None:
    done = doctor("--template", healthy, "--port", "0", "--json")
    answer = json.loads(done.stdout)
    assert answer["ok"] is True
    assert {"level": "ok", "subject": "port", "text": "a free one is taken at the start",
            "advice": ""} in answer["findings"]  # fmt: skip


def test_an_option_that_it_does_not_know_leaves_stdout_clean() -> None:
    done = doctor("--colour")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unrecognized arguments: --colour" in done.stderr


def test_it_runs_where_nothing_is_installed_and_says_what_is_missing(healthy: str) -> None:
    done = doctor("--template", healthy, python=("-S",))
    assert (done.returncode, done.stderr) == (2, "")
    assert "pip install 'sanic" in done.stdout
    assert "not looked at: that needs the packages above" in done.stdout
