"""Whose keys may be fetched."""

import pytest

from local_server.template.issuers import is_fetchable


@pytest.mark.parametrize(
    "url",
    ["https://idp.example.com", "http://127.0.0.1:8000/x", "http://localhost", "http://[::1]:1"],
)
def test_https_and_this_machine_are_asked(url: str) -> None:
    assert is_fetchable(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example.com",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "https://",
        "",
        "http://[x",
    ],
)
def test_nothing_else_is_asked(url: str) -> None:
    assert not is_fetchable(url)
