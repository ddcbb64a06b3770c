"""Who may use the emulator's own API."""

import pytest

from local_server.guard import BadControl, check
from local_server.requests import Request

HOST = "127.0.0.1:3001"


def asked(method: str = "POST", **headers: str) -> Request:
    sent = {"Host": HOST, "Content-Type": "application/json", **headers}
    pairs = tuple((name.replace("_", "-"), value) for name, value in sent.items())
    return Request(method, "/_local/clock", "", pairs, b"", "127.0.0.1", 3001)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": f"http://{HOST}"},
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
        {"Host": "localhost:3001"},
        {"Host": "api.localhost"},
        {"Host": "[::1]:3001"},
        {"Host": "192.168.1.7"},
    ],
)
def test_who_sits_here_may(headers: dict[str, str]) -> None:
    check(asked(**headers))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3001"},
        {"Origin": "http://127.0.0.1:5173"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_a_page_of_another_site_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(BadControl) as refused:
        check(asked(method, **headers))
    assert refused.value.status == 403


def test_a_form_cannot_post() -> None:
    with pytest.raises(BadControl) as refused:
        check(asked(Content_Type="text/plain"))
    assert refused.value.status == 415
