import pytest

from notify.handshake import Offer, bearer_token, read_offer


def test_a_token_comes_in_the_query() -> None:
    assert read_offer({"token": "t1"}, {}) == Offer("t1", None)


def test_a_token_comes_as_bearer() -> None:
    assert read_offer({}, {"Authorization": "Bearer t1"}) == Offer("t1", None)


def test_a_token_comes_as_a_subprotocol() -> None:
    headers = {"Sec-WebSocket-Protocol": "heliograph.v1, token.a.b.c"}
    assert read_offer({}, headers) == Offer("a.b.c", "heliograph.v1")


def test_the_query_comes_before_the_headers() -> None:
    headers = {"authorization": "Bearer t2", "sec-websocket-protocol": "token.t3"}
    assert read_offer({"token": "t1"}, headers).token == "t1"


def test_bearer_comes_before_the_subprotocol() -> None:
    headers = {"authorization": "Bearer t2", "sec-websocket-protocol": "token.t3"}
    assert read_offer({}, headers).token == "t2"


@pytest.mark.parametrize("offered", ["", "chat", "token.", "tokens.t1", "heliograph.v2,chat"])
def test_without_a_token_there_is_none(offered: str) -> None:
    assert read_offer({}, {"sec-websocket-protocol": offered}) == Offer(None, None)


def test_the_subprotocol_is_answered_without_a_token_too() -> None:
    headers = {"SEC-WEBSOCKET-PROTOCOL": "chat,heliograph.v1"}
    assert read_offer({"token": ""}, headers) == Offer(None, "heliograph.v1")


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer t1", "t1"),
        ("bearer t1", "t1"),
        ("BEARER   t1 ", "t1"),
        ("Bearer ", None),
        ("Bearer", None),
        ("Basic t1", None),
        ("t1", None),
        ("", None),
    ],
)
def test_the_scheme_is_bearer_in_any_case(value: str, token: str | None) -> None:
    assert bearer_token({"authorization": value}) == token


def test_without_the_header_there_is_no_bearer() -> None:
    assert bearer_token({}) is None
