"""The inspector's files."""

from pathlib import Path

import pytest

from local_server.pages import page
from local_server.responses import NOT_FOUND


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "inspector"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>hi</h1>")
    (folder / "page.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.mark.parametrize("path", ["", "/_inspector/", "/_inspector/index.html"])
def test_the_index_is_served(folder: Path, path: str) -> None:
    response = page(path, folder)
    assert (response.status, response.body) == (200, b"<h1>hi</h1>")
    assert ("Content-Type", "text/html; charset=utf-8") in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/_inspector/absent",
        "/_inspector/../secret.txt",
        "/_inspector/..//secret.txt",
        "/_inspector//etc/passwd",
        "/_inspector/link",
        "/_inspector/..",
        "/_inspector/a\0b",
        "/_inspector/" + "a" * 300,
        "/_inspector/" + "a/" * 3000,
    ],
)
def test_nothing_outside_the_folder_is(folder: Path, path: str) -> None:
    assert page(path, folder) == NOT_FOUND
