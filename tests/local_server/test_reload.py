"""Which files are a service's code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_server.reload import files_below, folders, forget_bytecode, is_code, is_project


@pytest.mark.parametrize("name", ["a.py", "folder/b.py", "models.json", "c.yml", "c.yaml"])
def test_what_handlers_import_and_read_is_code(name: str) -> None:
    assert is_code(Path(name))


@pytest.mark.parametrize(
    "name", ["a.pyc", "a.txt", "a.py~", ".a.py.swp", ".#a.py", "4913", "README.md", "py", ".py"]
)
def test_other_files_and_those_of_editors_are_not(name: str) -> None:
    assert not is_code(Path(name))


@pytest.mark.parametrize(
    "name", [".git", ".venv", ".mypy_cache", "node_modules", "__pycache__", "venv", ".serverless"]
)
def test_folders_of_tools_are_not_the_projects(name: str) -> None:
    assert not is_project(Path("/project") / name)


def test_a_virtual_environment_is_known_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    assert is_project(tmp_path / "env")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert not is_project(tmp_path / "env")


def test_only_folders_of_the_project_are_listed(tmp_path: Path) -> None:
    for name in ("a/b", "a/node_modules/c", ".git/objects"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.py").touch()
    assert set(folders(tmp_path)) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}
    assert set(folders(tmp_path, besides=tmp_path / "a")) == {tmp_path}
    assert set(files_below(tmp_path)) == {tmp_path / "a" / "b" / "c.py"}


def test_bytecode_that_looks_current_is_forgotten(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    for number in (1, 2):
        module.write_text(f"print({number})")
        os.utime(module, (1_000_000_000, 1_000_000_000))
        forget_bytecode([module])
        command = [sys.executable, "-c", "import m"]
        shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert shown.stdout == f"{number}\n"


def test_what_has_no_bytecode_is_no_error(tmp_path: Path) -> None:
    forget_bytecode([tmp_path / "absent.py", tmp_path / "a.json"])
