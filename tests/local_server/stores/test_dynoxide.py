"""Where the binary that npm installs is looked for, and what is said if it is not there."""

import json
from pathlib import Path

import pytest

from local_server.errors import StoreError
from local_server.stores.dynoxide import VERSION, doubts, find_dynoxide, package_of

PACKAGE = "@dynoxide/linux-x64"


def install(folder: Path, version: str | None = VERSION) -> Path:
    place = folder / "node_modules" / PACKAGE
    place.mkdir(parents=True)
    (place / "dynoxide").touch(mode=0o755)
    if version:
        (place / "package.json").write_text(json.dumps({"version": version}))
    return place / "dynoxide"


def executable(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).touch(mode=0o755)


@pytest.mark.parametrize(
    ("system", "machine", "package"),
    [
        ("linux", "x86_64", "@dynoxide/linux-x64"),
        ("linux", "aarch64", "@dynoxide/linux-arm64"),
        ("darwin", "arm64", "@dynoxide/darwin-arm64"),
        ("darwin", "x86_64", "@dynoxide/darwin-x64"),
    ],
)
def test_each_platform_has_its_package(system: str, machine: str, package: str) -> None:
    assert package_of(system, machine) == package


def test_another_platform_has_none() -> None:
    with pytest.raises(StoreError, match="dynoxide has no package for linux on riscv64"):
        package_of("linux", "riscv64")


def test_it_is_found_beside_the_template_and_above(tmp_path: Path) -> None:
    binary = install(tmp_path)
    below = tmp_path / "services" / "shop"
    below.mkdir(parents=True)
    assert find_dynoxide(tmp_path, PACKAGE, path="") == binary
    assert find_dynoxide(below, PACKAGE, path="") == binary


def test_the_nearest_one_is_taken(tmp_path: Path) -> None:
    install(tmp_path)
    nearer = install(tmp_path / "shop")
    assert find_dynoxide(tmp_path / "shop", PACKAGE, path="") == nearer


def test_one_on_the_path_will_do(tmp_path: Path) -> None:
    executable(tmp_path / "bin", "dynoxide")
    found = find_dynoxide(tmp_path / "shop", PACKAGE, path=str(tmp_path / "bin"))
    assert found == tmp_path / "bin" / "dynoxide"


def test_without_it_the_command_is_named(tmp_path: Path) -> None:
    executable(tmp_path / "bin", "npm")
    with pytest.raises(StoreError) as error:
        find_dynoxide(tmp_path, PACKAGE, path=str(tmp_path / "bin"))
    assert str(error.value) == (
        f"dynoxide is not installed: run `npm install --save-dev {PACKAGE}@{VERSION}` "
        "beside serverless.yml"
    )


def test_without_node_that_comes_first(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        find_dynoxide(tmp_path, PACKAGE, path="")
    assert str(error.value) == (
        "dynoxide is not installed, and neither is npm: install Node (https://nodejs.org), then "
        f"run `npm install --save-dev {PACKAGE}@{VERSION}` beside serverless.yml"
    )


def test_the_version_that_was_tried_raises_no_doubt(tmp_path: Path) -> None:
    assert doubts(install(tmp_path)) == ()


@pytest.mark.parametrize(("version", "shown"), [("9.0.0", "9.0.0"), (None, "of some version")])
def test_another_version_does(tmp_path: Path, version: str | None, shown: str) -> None:
    binary = install(tmp_path, version)
    assert doubts(binary) == (f"{binary} is dynoxide {shown}; {VERSION} was tried",)
