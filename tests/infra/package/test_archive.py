import os
import zipfile
from pathlib import Path

import pytest

from infra.package import PackageError
from infra.package.archive import write_archive


def accept(archive: Path) -> None:
    """Finds nothing wrong."""


def refuse(archive: Path) -> None:
    raise PackageError("refused")


def folder_of(parent: Path, name: str, files: list[str], mode: int, time: int) -> Path:
    folder = parent / name
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {file}")
        path.chmod(mode)
        os.utime(path, (time, time))
    return folder


def test_an_archive_depends_on_no_clock_no_umask_and_no_order(tmp_path: Path) -> None:
    files = ["b/inner.py", "a.py", "b.py"]
    one = folder_of(tmp_path, "one", files, 0o600, 1_000_000_000)
    other = folder_of(tmp_path, "other", files[::-1], 0o755, 1_700_000_000)
    write_archive(one, tmp_path / "one.zip", accept)
    write_archive(other, tmp_path / "other.zip", accept)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_every_file_can_be_read_by_lambda_and_lies_where_it_lay(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "one", ["a.py", "b/inner.py"], 0o600, 1_000_000_000)
    write_archive(folder, tmp_path / "deep" / "one.zip", accept)
    with zipfile.ZipFile(tmp_path / "deep" / "one.zip") as archive:
        assert archive.namelist() == ["a.py", "b/inner.py"]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert archive.read("b/inner.py") == b"content of b/inner.py"


def test_an_archive_that_is_refused_leaves_the_older_one_alone(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "one", ["a.py"], 0o600, 1_000_000_000)
    write_archive(folder, tmp_path / "one.zip", accept)
    older = (tmp_path / "one.zip").read_bytes()
    (folder / "a.py").write_text("worse")
    with pytest.raises(PackageError, match="refused"):
        write_archive(folder, tmp_path / "one.zip", refuse)
    assert (tmp_path / "one.zip").read_bytes() == older
