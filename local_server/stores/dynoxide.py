"""Dynoxide, DynamoDB on SQLite in one binary that npm installs: where it is, if it is."""

import json
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from local_server.errors import StoreError

# The one that was tried. Who built it could not be verified, so it is never chosen by itself.
VERSION = "1.2.1"
_BINARY = "dynoxide"
_PLATFORMS = {
    ("darwin", "arm64"): "darwin-arm64",
    ("darwin", "x86_64"): "darwin-x64",
    ("linux", "aarch64"): "linux-arm64",
    ("linux", "x86_64"): "linux-x64",
}


def package_of(system: str = sys.platform, machine: str = platform.machine()) -> str:
    """The npm package for a platform. Raises StoreError."""
    found = _PLATFORMS.get((system, machine.lower()))
    if found is None:
        raise StoreError(f"dynoxide has no package for {system} on {machine}")
    return f"@dynoxide/{found}"


def find_dynoxide(near: Path, package: str, path: str | None = None) -> Path:
    """In a `node_modules` at or above `near`, as Node looks, then on the PATH.

    Raises StoreError.
    """
    for candidate in _candidates(near, package):
        if candidate.is_file():
            return candidate
    on_path = shutil.which(_BINARY, path=path)
    if on_path is None:
        raise StoreError(_missing(package, has_npm=shutil.which("npm", path=path) is not None))
    return Path(on_path)


def _candidates(near: Path, package: str) -> Iterator[Path]:
    near = near.resolve()
    for folder in (near, *near.parents):
        yield folder / "node_modules" / package / _BINARY


def _missing(package: str, *, has_npm: bool) -> str:
    command = f"npm install --save-dev {package}@{VERSION}"
    if has_npm:
        return f"dynoxide is not installed: run `{command}` beside serverless.yml"
    return (
        "dynoxide is not installed, and neither is npm: install Node (https://nodejs.org), "
        f"then run `{command}` beside serverless.yml"
    )


def doubts(binary: Path) -> tuple[str, ...]:
    """A warning if it is not the version that was tried."""
    installed = _version(binary)
    if installed == VERSION:
        return ()
    return (f"{binary} is dynoxide {installed or 'of some version'}; {VERSION} was tried",)


def _version(binary: Path) -> str | None:
    try:
        description = json.loads((binary.parent / "package.json").read_text())
    except (OSError, ValueError):
        return None
    return str(description.get("version")) if isinstance(description, dict) else None
