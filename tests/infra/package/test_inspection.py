import zipfile
from pathlib import Path

import pytest

from infra.package import PackageError, inspection
from infra.package.contents import PLATFORMS
from infra.package.inspection import MAX_BYTES, inspect_package


def package_of(folder: Path, **files: bytes) -> Path:
    archive = folder / "dev.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for name, content in files.items():
            written.writestr(name.replace("__", "/"), content)
    return archive


def library(machine: int) -> bytes:
    return b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(40)


def test_a_package_for_its_machine_is_good(tmp_path: Path) -> None:
    archive = package_of(tmp_path, handlers__connect=b"", bcrypt__lib=library(183))
    inspect_package(archive, "arm64")


@pytest.mark.parametrize(
    ("machine", "name"), [(62, "x86_64"), (3, "another machine")], ids=["x86_64", "i386"]
)
def test_a_library_for_another_machine_is_named(tmp_path: Path, machine: int, name: str) -> None:
    archive = package_of(tmp_path, bcrypt__lib=library(machine))
    with pytest.raises(PackageError, match=f"bcrypt/lib is for {name}, not for arm64"):
        inspect_package(archive, "arm64")


@pytest.mark.parametrize("name", ["sanic", "moto", "local_server", "tests", "boto3"])
def test_what_lambda_does_not_need_is_refused(tmp_path: Path, name: str) -> None:
    archive = package_of(tmp_path, **{f"{name}____init__.py": b""})
    with pytest.raises(PackageError, match=f"{name} does not belong in it"):
        inspect_package(archive, "arm64")


def test_an_operators_module_is_refused_and_its_namesake_is_not(tmp_path: Path) -> None:
    inspect_package(package_of(tmp_path, **{"infra__administration.py": b""}), "arm64")
    archive = package_of(tmp_path, **{"infra__admin.py": b""})
    with pytest.raises(PackageError, match="infra/admin does not belong in it"):
        inspect_package(archive, "arm64")


def test_a_package_that_is_too_big_is_refused_with_everything_else(tmp_path: Path) -> None:
    archive = package_of(tmp_path, **{"moto__x.py": b"", "big": bytes(MAX_BYTES)})
    with pytest.raises(PackageError, match=r"more than 15,728,640; moto does not"):
        inspect_package(archive, "arm64")


def test_each_architecture_of_wheels_has_its_machine() -> None:
    assert inspection.MACHINES.keys() == PLATFORMS.keys()
