"""Imports as if a library were not there, which others take where they find it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def missing(library: str) -> Iterator[None]:
    """Nobody finds it, unless it is imported already."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]  # "forced to be missing" (import.html)
    try:
        yield
    finally:
        del sys.modules[library]
