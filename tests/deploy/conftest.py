"""What a deployment takes; where this machine lacks it, the tests say so and skip."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from infra.package import PackageError
from infra.package.bytecode import find_python
from infra.stages import ROOT, read_stage

OSLS = ROOT / "node_modules/.bin/osls"


def missing(reason: str) -> NoReturn:
    """Where everything is expected to be there, a skip would hide what is wrong."""
    if os.environ.get("DEPLOY_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command: object, environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> str:
    """What a command prints; the whole of it in the failure, if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def python_of_lambda() -> Path:
    try:
        return find_python(read_stage("dev").python)
    except PackageError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def osls() -> Path:
    if shutil.which("node") is None:
        missing("Node is not installed (https://nodejs.org)")
    if not OSLS.exists():
        missing("osls is not installed: run `npm ci`")
    return OSLS


@pytest.fixture(scope="session")
def linux_x86_64() -> None:
    """The stand-in runs functions on this machine's own processor."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        missing("the stage stand-in is for Linux on x86_64")
