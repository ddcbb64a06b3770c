"""Looks at a finished package: is it small, for the right machine, and only what Lambda needs?"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from infra.package import PackageError
from infra.package.contents import OPERATORS

MAX_BYTES = 15 * 1024 * 1024
# e_machine, two bytes little-endian at offset 18 (elf(5)).
MACHINES = {"arm64": 183, "x86_64": 62}
_NAMES = {number: name for name, number in MACHINES.items()}
# A developer's, or in Lambda's runtime anyway.
UNWANTED = (
    *("boto3", "botocore", "client", "local_server", "moto", "pytest", "sanic", "tests", "uv"),
    *sorted(OPERATORS),
)


def inspect_package(archive: Path, architecture: str) -> None:
    """Raises: PackageError, with everything that is wrong."""
    problems = list(_problems(archive, architecture))
    if problems:
        raise PackageError("the package cannot be deployed: " + "; ".join(problems))


def _problems(archive: Path, architecture: str) -> Iterator[str]:
    if (size := archive.stat().st_size) > MAX_BYTES:
        yield f"it has {size:,} bytes, more than {MAX_BYTES:,}"
    with zipfile.ZipFile(archive) as package:
        names = package.namelist()
        yield from _unwanted(names)
        for name in names:
            with package.open(name) as file:
                head = file.read(20)
            if head.startswith(b"\x7fELF") and _machine(head) != MACHINES[architecture]:
                machine = _NAMES.get(_machine(head), "another machine")
                yield f"{name} is for {machine}, not for {architecture}"


def _unwanted(names: list[str]) -> Iterator[str]:
    for unwanted in UNWANTED:
        if any(name.startswith((f"{unwanted}/", f"{unwanted}.")) for name in names):
            yield f"{unwanted} does not belong in it"


def _machine(head: bytes) -> int:
    return int.from_bytes(head[18:20], "little")
