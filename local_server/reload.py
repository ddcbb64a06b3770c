"""Which files are a service's code, and what Python remembers of them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

# What handlers import, and what they read as they are imported.
_SUFFIXES = frozenset({".py", ".json", ".yml", ".yaml"})
_NOT_THE_PROJECTS = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})


def is_code(file: Path) -> bool:
    """Editors write hidden files beside those they are saving."""
    return file.suffix in _SUFFIXES and not file.name.startswith(".")


def is_project(folder: Path) -> bool:
    """Neither hidden, as .git, .venv and the caches of tools are, nor somebody else's code."""
    name = folder.name
    return not (
        name.startswith(".") or name in _NOT_THE_PROJECTS or (folder / "pyvenv.cfg").exists()
    )


def folders(root: Path, besides: Path | None = None) -> Iterator[Path]:
    """`root` and the folders of the project below it, but not `besides`."""
    for folder, names, _ in os.walk(root):
        yield Path(folder)
        below = {name: Path(folder, name) for name in names}
        names[:] = [name for name, at in below.items() if at != besides and is_project(at)]


def forget_bytecode(files: Iterable[Path]) -> None:
    """Python takes the bytecode of a file for its own if size and second of its last change agree:
    for a second save in one second, it runs the first.
    """
    for file in files:
        if file.suffix == ".py":
            with suppress(OSError, NotImplementedError):
                Path(cache_from_source(str(file))).unlink(missing_ok=True)


def files_below(folder: Path) -> Iterator[Path]:
    for below in folders(folder):
        with suppress(OSError):
            yield from (path for path in below.iterdir() if path.is_file())
