import importlib.util
import sys
from pathlib import Path

import pytest

from infra.package import PackageError
from infra.package.bytecode import compile_all, find_python

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def compiled(folder: Path) -> bytes:
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "module.py").write_text("def names(): return {'a', 'b', 'c', 'd'}\n")
    (folder / "package" / "module.py").chmod(0o644)
    compile_all(folder, Path(sys.executable))
    (bytecode,) = folder.rglob("*.pyc")
    return bytecode.read_bytes()


def test_bytecode_is_taken_without_a_look_at_its_source(tmp_path: Path) -> None:
    content = compiled(tmp_path)
    # PEP 552: magic number, then flags; 1 is for a hash that is not checked.
    assert content[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(content[4:8], "little") == 0b01


def test_bytecode_names_the_folder_of_lambda_and_not_the_builders(tmp_path: Path) -> None:
    one, other = compiled(tmp_path / "one"), compiled(tmp_path / "the-other")
    assert b"/var/task/package/module.py" in one
    assert one == other


def test_what_does_not_compile_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def")
    with pytest.raises(PackageError, match=r"could not compile .*module.py"):
        compile_all(tmp_path, Path(sys.executable))


def test_a_python_of_the_version_is_found_or_taken() -> None:
    assert find_python(THIS, sys.executable) == Path(sys.executable)
    assert find_python(THIS).is_file()


def test_a_python_of_another_version_is_refused() -> None:
    with pytest.raises(PackageError, match=r"is no Python 3\.99"):
        find_python("3.99", sys.executable)
    with pytest.raises(PackageError, match=r"nowhere is no Python 3\.99"):
        find_python("3.99", "nowhere")


def test_where_there_is_none_it_is_said_what_to_install() -> None:
    with pytest.raises(PackageError, match=r"uv python install 3\.99.*--without-bytecode"):
        find_python("3.99")
