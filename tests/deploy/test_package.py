"""Packages made for real, from wheels by their hashes."""

import zipfile
from pathlib import Path

import pytest

from infra.package.__main__ import main

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, python_of_lambda: Path) -> Path:
    made = tmp_path_factory.mktemp("one") / "dev.zip"
    assert main(["--stage", "dev", "--output", str(made), "--python", str(python_of_lambda)]) == 0
    return made


def test_a_package_is_the_same_byte_for_byte_when_it_is_made_again_without_a_network(
    archive: Path, tmp_path: Path, python_of_lambda: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "another-folder" / "dev.zip"
    assert main(["--stage", "dev", "--output", str(again), "--python", str(python_of_lambda)]) == 0
    assert again.read_bytes() == archive.read_bytes()
    assert "Fetching" not in capsys.readouterr().out


def test_every_module_of_a_package_is_compiled(archive: Path) -> None:
    names = set(zipfile.ZipFile(archive).namelist())
    modules = {Path(name) for name in names if name.endswith(".py")}
    compiled = {
        (path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc").as_posix()
        for path in modules
    }
    assert compiled == {name for name in names if name.endswith(".pyc")}
    assert {"handlers", "infra", "notify", "jwt", "pynamodb"} <= {path.parts[0] for path in modules}


def test_a_package_can_be_made_without_bytecode(tmp_path: Path) -> None:
    bare = tmp_path / "dev.zip"
    assert main(["--stage", "dev", "--output", str(bare), "--without-bytecode"]) == 0
    assert not [name for name in zipfile.ZipFile(bare).namelist() if name.endswith(".pyc")]
