"""The command line of the emulator itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_server.commands import NAMED

ROOT = Path(__file__).parents[3]


def run(*words: str, python: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, *python, "-m", "local_server", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_help_names_the_other_commands() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name, command in NAMED.items():
        assert name in done.stdout
        assert command.summary in done.stdout


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: python -m local_server {name}" in done.stdout


def test_a_command_that_nobody_knows_is_an_error() -> None:
    done = run("docter")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unrecognized arguments: docter" in done.stderr


def test_the_doctor_takes_what_the_emulator_takes() -> None:
    emulator, doctor = (options(run(*words, "--help").stdout) for words in ((), ("doctor",)))
    assert doctor - {"--import", "--json"} <= emulator
    assert {"--template", "--stage", "--store", "--data", "--port"} <= doctor


def options(text: str) -> set[str]:
    return {word for line in text.splitlines() for word in line.split()[:1] if word[:2] == "--"}


def test_where_packages_are_missing_the_doctor_is_named() -> None:
    done = run(python=("-S",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("local_server: ")
    assert "`python -m local_server doctor` says what to do" in done.stderr
    assert done.stderr.count("\n") == 1
