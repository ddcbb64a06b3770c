"""The inspector's files, under /_inspector/ and its index at / too, and the pages beside it."""

import mimetypes
from pathlib import Path

from local_server.responses import NOT_FOUND, Response

PREFIX = "/_inspector/"
FOLDER = Path(__file__).parent / "inspector"

# No page of another site frames one of ours, for its clicks would be our user's.
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
)


def page(path: str, folder: Path = FOLDER) -> Response:
    """The file of a decoded path, or 404; nothing outside the folder."""
    name = path.removeprefix(PREFIX).lstrip("/") or "index.html"
    file = _inside(folder, name)
    return NOT_FOUND if file is None else _served(file)


def names_beside(folder: Path = FOLDER) -> list[str]:
    """Folders of the inspector that have an index of their own: `demo` is a page at /demo/."""
    return sorted(index.parent.name for index in folder.glob("*/index.html"))


def beside(path: str, folder: Path = FOLDER) -> Response | None:
    """A file of such a page, or None where the path is of none."""
    name, slash, rest = path.removeprefix("/").partition("/")
    if name not in names_beside(folder):
        return None
    if not slash:
        return Response(308, headers=(("Location", f"/{name}/"),))
    return page(rest, folder / name)


def _inside(folder: Path, name: str) -> Path | None:
    try:
        file = (folder / name).resolve()
        found = file.is_relative_to(folder.resolve()) and file.is_file()
    except (OSError, ValueError):
        # A name too long for the disk, or with a null in it.
        return None
    return file if found else None


def _served(file: Path) -> Response:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Response(200, file.read_bytes(), (("Content-Type", kind + charset), *_HEADERS))
