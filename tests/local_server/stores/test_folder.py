"""The directory of --data."""

import os
from pathlib import Path

import pytest

from local_server.errors import StoreError
from local_server.stores.folder import Folder, check_folder


def test_it_is_created_with_what_is_above_it(tmp_path: Path) -> None:
    Folder.hold(tmp_path / "a" / "b").close()
    assert (tmp_path / "a" / "b").is_dir()


def test_of_two_that_want_it_the_second_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    held = Folder.hold(tmp_path)
    try:
        with pytest.raises(StoreError) as error:
            Folder.hold(tmp_path)
    finally:
        held.close()
    assert str(error.value) == (
        f"--data {tmp_path}: another emulator keeps its store there (process {os.getpid()})"
    )


def test_once_given_up_it_is_free(tmp_path: Path) -> None:
    Folder.hold(tmp_path).close()
    Folder.hold(tmp_path).close()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="File exists"):
        Folder.hold(file)
    with pytest.raises(StoreError, match="is not a directory"):
        check_folder(file / "below")


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    check_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_looking_finds_who_has_it(tmp_path: Path) -> None:
    held = Folder.hold(tmp_path)
    try:
        with pytest.raises(StoreError, match="another emulator"):
            check_folder(tmp_path)
    finally:
        held.close()
    check_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_nothing_can_be_written_it_cannot_be(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written to"):
        check_folder(tmp_path / "data")
