"""The service whose resources the tests write."""

from pathlib import Path

import pytest

from tests.local_server.template.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)
