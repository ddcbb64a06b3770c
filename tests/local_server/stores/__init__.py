"""Whether the store that npm has is there to be tested."""

from pathlib import Path

import pytest

from local_server.errors import StoreError
from local_server.stores.dynoxide import find_dynoxide, package_of


def _has_dynoxide() -> bool:
    try:
        find_dynoxide(Path(__file__), package_of())
    except StoreError:
        return False
    return True


needs_dynoxide = pytest.mark.skipif(
    not _has_dynoxide(), reason="dynoxide is not installed: it is optional, and npm's"
)
