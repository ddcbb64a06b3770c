"""The inspector: static files served under /_inspector/, its index at / too."""

import mimetypes
from pathlib import Path

from local_server.responses import NOT_FOUND, Response

PREFIX = "/_inspector/"
FOLDER = Path(__file__).parent / "inspector"


def page(path: str, folder: Path = FOLDER) -> Response:
    """The file of a decoded path, or 404; nothing outside the folder."""
    name = path.removeprefix(PREFIX).lstrip("/") or "index.html"
    if "\0" in name:
        return NOT_FOUND
    try:
        file = (folder / name).resolve()
        found = file.is_relative_to(folder.resolve()) and file.is_file()
    except OSError:
        # A name too long for the disk.
        found = False
    if not found:
        return NOT_FOUND
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    headers = (("Content-Type", kind + charset), ("Cache-Control", "no-store"))
    return Response(200, file.read_bytes(), headers)
