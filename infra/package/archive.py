"""A zip that depends on nothing but its files: no clock, no umask, no order of a disk."""

import zipfile
from collections.abc import Callable
from pathlib import Path

# The first that a zip can tell.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def write_archive(folder: Path, archive: Path, inspect: Callable[[Path], None]) -> None:
    """Takes the place of an older one once it is whole and `inspect` has not raised."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
        for name, path in _files(folder):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(entry, path.read_bytes())
    inspect(unfinished)
    unfinished.replace(archive)


def _files(folder: Path) -> list[tuple[str, Path]]:
    """By name as text: paths sort differently on Windows."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted((path.relative_to(folder).as_posix(), path) for path in found)
