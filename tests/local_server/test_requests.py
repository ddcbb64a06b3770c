"""A request as the gateway sees it."""

import pytest

from local_server.clock import Milliseconds
from local_server.requests import Request, clf_time


def request(*headers: tuple[str, str], path: str = "/", query: str = "") -> Request:
    return Request("GET", path, query, headers, b"", "10.0.0.1", 3001)


def test_a_header_is_found_in_any_case_and_the_last_one_wins() -> None:
    assert request(("X-A", "1"), ("x-a", "2")).header("x-a") == "2"
    assert request().header("x-a") is None


def test_a_path_is_decoded() -> None:
    assert request(path="/Summer%20Sale/%E2%98%95").decoded_path == "/Summer Sale/☕"


def test_a_query_keeps_order_duplicates_and_blanks() -> None:
    pairs = request(query="b=1&a=%20x&b=2&c").query_pairs
    assert pairs == [("b", "1"), ("a", " x"), ("b", "2"), ("c", "")]


def test_hop_by_hop_headers_stay_with_the_gateway() -> None:
    sent = request(("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Host", "h"), ("TE", "x"))
    assert [name for name, _ in sent.forwarded_headers("t")] == [
        "Host",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ]


def test_the_client_is_appended_to_those_it_was_forwarded_for() -> None:
    forwarded = dict(request(("x-forwarded-for", "1.2.3.4")).forwarded_headers("t"))
    assert forwarded["X-Forwarded-For"] == "1.2.3.4, 10.0.0.1"
    assert "x-forwarded-for" not in forwarded


@pytest.mark.parametrize(
    ("epoch", "text"),
    [(1705751700453, "20/Jan/2024:11:55:00 +0000"), (1744668856359, "14/Apr/2025:22:14:16 +0000")],
)
def test_times_are_clf_in_utc__3_1_8(epoch: int, text: str) -> None:
    assert clf_time(Milliseconds(epoch)) == text
