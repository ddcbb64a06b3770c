"""The inspector's files."""

import re
from pathlib import Path

import pytest

from local_server.pages import FOLDER, beside, names_beside, page
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


def test_a_folder_with_an_index_is_a_page_beside(folder: Path) -> None:
    (folder / "demo").mkdir()
    (folder / "demo" / "index.html").write_text("<h1>demo</h1>")
    (folder / "demo" / "app.js").write_text("2")
    (folder / "js").mkdir()
    (folder / "js" / "other.js").write_text("3")
    assert names_beside(folder) == ["demo"]
    served = [beside(path, folder) for path in ("/demo/", "/demo/app.js", "/demo/absent")]
    assert [one and (one.status, one.body) for one in served] == [
        (200, b"<h1>demo</h1>"),
        (200, b"2"),
        (404, NOT_FOUND.body),
    ]
    assert beside("/demo/../page.js", folder) == NOT_FOUND
    assert [beside(path, folder) for path in ("/", "/js/other.js", "/page.js")] == [None] * 3


def test_a_page_without_its_slash_is_led_to_it(folder: Path) -> None:
    (folder / "demo").mkdir()
    (folder / "demo" / "index.html").write_text("x")
    led = beside("/demo", folder)
    assert led is not None
    assert (led.status, dict(led.headers)["Location"]) == (308, "/demo/")


def test_no_page_is_framed_or_guessed_at(folder: Path) -> None:
    headers = dict(page("", folder).headers)
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == (
        "SAMEORIGIN",
        "nosniff",
    )


def test_whatever_a_module_of_the_page_loads_is_there() -> None:
    for file in FOLDER.rglob("js/*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', file.read_text()):
            assert (file.parent / name).is_file(), f"{file.name}: {name}"
