"""What a package holds: our code, and the dependencies that Lambda's runtime has not got."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from uv import find_uv_bin

from infra.package import PackageError
from infra.stages import ROOT, Stage

CODE = ("handlers", "infra", "notify")
# An operator's, at a shell; no function imports them.
OPERATORS = frozenset({"infra/admin", "infra/package", "infra/stages"})
LOCK = ROOT / "requirements-lambda.lock"
# Lambda's Python runs on Amazon Linux 2023, whose glibc is 2.34.
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# They say how a wheel was installed; commands are none in a function.
_OF_THE_INSTALLATION = ("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED")
_UNUSED = ("bin", ".lock", "**/*.pyi", "**/py.typed", "**/__pycache__")


def copy_code(into: Path, root: Path = ROOT) -> None:
    """The modules of the functions, without what only an operator runs."""
    for package in CODE:
        for path in sorted((root / package).rglob("*.py")):
            relative = path.relative_to(root)
            if _is_deployed(relative):
                (into / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, into / relative)


def _is_deployed(module: Path) -> bool:
    names = {module.with_suffix("").as_posix(), *(path.as_posix() for path in module.parents)}
    return not names & OPERATORS


def install_dependencies(into: Path, stage: Stage, say: Callable[[str], None]) -> None:
    """From wheels alone, each as its hash in the lock says; from uv's cache if it holds them.

    Raises: PackageError.
    """
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--target", str(into)),
        *("--python", sys.executable, "--python-version", stage.python),
        *("--python-platform", PLATFORMS[stage.architecture], "--only-binary", ":all:"),
        *("--no-deps", "--require-hashes", "--link-mode", "copy", "--requirements", str(LOCK)),
    ]
    # A hash says what is installed, so the cache is as good as the index, and needs no network.
    if _run([*command, "--offline"]).returncode:
        say("Fetching wheels that uv's cache does not hold")
        done = _run(command)
        if done.returncode:
            raise PackageError(f"uv could not install {LOCK.name}: {done.stderr.strip()}")
    _remove_unused(into)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - uv, with arguments of ours
        command,
        env=os.environ | {"UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
    )


def _remove_unused(folder: Path) -> None:
    for pattern in (*_OF_THE_INSTALLATION, *_UNUSED):
        for path in sorted(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
