"""Compiles a package ahead, so that a cold start does not."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from uv import find_uv_bin

from infra.package import PackageError

# Where Lambda unpacks a function: tracebacks name this folder, not the builder's.
TASK_ROOT = "/var/task"


def compile_all(folder: Path, python: Path) -> None:
    """Raises: PackageError."""
    command = [
        *(str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", TASK_ROOT, str(folder)),
    ]
    done = subprocess.run(  # noqa: S603 - a Python that was asked for its version
        command,
        # Sets are written in the order of their hashes.
        env=_clean_environment() | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(f"{python} could not compile the package: {done.stdout}{done.stderr}")


def find_python(version: str, asked_for: str | None = None) -> Path:
    """A Python of Lambda's version: bytecode of another one would be ignored there.

    Raises: PackageError.
    """
    for candidate in [asked_for] if asked_for else _candidates(version):
        if candidate and _version_of(candidate) == version:
            return Path(candidate)
    if asked_for:
        raise PackageError(f"{asked_for} is no Python {version}")
    raise PackageError(
        f"Python {version} is needed to compile the package for Lambda, and there is none here. "
        f"Install it (`uv python install {version}`, `pyenv install {version}`, or your system's "
        f"python{version}), say where it is (--python), or leave bytecode out "
        "(--without-bytecode): cold starts then take about twice as long"
    )


def _candidates(version: str) -> Iterator[str | None]:
    yield shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True))
    found = _output([find_uv_bin(), "python", "find", "--no-python-downloads", version])
    yield found or None


def _version_of(python: str) -> str:
    return _output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def _output(command: list[str]) -> str:
    """What it prints; nothing where it fails, as pyenv's `python3.13` does for one not chosen."""
    try:
        done = subprocess.run(  # noqa: S603 - Pythons by their names
            command, env=_clean_environment(), capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
