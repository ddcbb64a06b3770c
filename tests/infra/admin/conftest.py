"""moto without our tables, which take longer to make than most of these tests."""

from collections.abc import Iterator

import pytest
from moto import mock_aws


@pytest.fixture
def bare_aws() -> Iterator[None]:
    with mock_aws():
        yield
