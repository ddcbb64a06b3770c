from pathlib import Path

import pytest

from tests.documents import DOCUMENTS, text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_generated_is_current(path: Path) -> None:
    assert path.read_text() == text(DOCUMENTS[path]()), "run make docs"
