import pytest

from client.urls import checked_base_url, checked_websocket_url, is_loopback, websocket_url


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:3001", "ws://127.0.0.1:3001/api/v1/ws/realtime"),
        ("https://app.example.com", "wss://app.example.com/api/v1/ws/realtime"),
        ("https://example.com/dev/", "wss://example.com/dev/api/v1/ws/realtime"),
    ],
)
def test_the_websocket_is_found_from_the_base_url(base: str, url: str) -> None:
    assert websocket_url(base) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:3001",
        "ftp://x",
        "http://",
        "http://[",
        "http://xn--a",
        "http://x:port",
        "ws://x",
        "http://x#",
    ],
)
def test_a_base_url_is_checked(url: str) -> None:
    with pytest.raises(ValueError, match="not a URL"):
        checked_base_url(url)


def test_a_base_url_loses_its_last_slash() -> None:
    assert checked_base_url("https://example.com/") == "https://example.com"


@pytest.mark.parametrize("url", ["http://x", "ws://", "wss", "ws://x#y"])
def test_a_websocket_url_is_checked(url: str) -> None:
    with pytest.raises(ValueError, match="not a URL"):
        checked_websocket_url(url)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:3001", True),
        ("https://127.8.8.8", True),
        ("ws://localhost:3001/api", True),
        ("http://[::1]:3001", True),
        ("http://192.168.0.7:3001", False),
        ("https://localhost.example.com", False),
    ],
)
def test_a_url_on_this_computer(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback
