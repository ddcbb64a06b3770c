import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notify.missing import missing


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One that nobody has imported yet."""
    (tmp_path / "a_library.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield "a_library"
    sys.modules.pop("a_library", None)


def test_nobody_finds_it_within(library: str) -> None:
    with missing(library), pytest.raises(ModuleNotFoundError):
        importlib.import_module(library)


def test_afterwards_it_is_there(library: str) -> None:
    with missing(library):
        pass
    assert importlib.import_module(library).__name__ == library


def test_what_is_imported_already_stays(library: str) -> None:
    module = importlib.import_module(library)
    with missing(library):
        assert importlib.import_module(library) is module
    assert sys.modules[library] is module
