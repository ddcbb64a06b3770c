"""CORS of an HTTP API."""

from local_server.cors import is_preflight, preflight, with_cors
from local_server.requests import Request
from local_server.responses import Response
from local_server.template import Cors

ORIGIN = "https://app.example.com"
RULES = Cors((ORIGIN, "http://*"), ("content-type",), ("GET", "POST"), ("x-total",), True, 60)
ANYONE = Cors(("*",), ("authorization",), ("GET",))


def request(method: str = "GET", origin: str | None = ORIGIN, asks: bool = False) -> Request:
    headers = (("Origin", origin),) if origin else ()
    asked = (("Access-Control-Request-Method", "POST"),) if asks else ()
    return Request(method, "/", "", (*headers, *asked), b"", "127.0.0.1", 1)


def test_a_preflight_is_answered_by_the_gateway__6_5() -> None:
    response = preflight(RULES, request("OPTIONS", asks=True))
    assert response == Response(
        204,
        b"",
        (
            ("Access-Control-Allow-Origin", ORIGIN),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "GET,POST"),
            ("Access-Control-Allow-Headers", "content-type"),
            ("Access-Control-Max-Age", "60"),
        ),
    )


def test_a_strangers_preflight_gets_no_headers__6_5() -> None:
    assert preflight(RULES, request("OPTIONS", "https://evil.example", True)) == Response(204)


def test_a_preflight_asks_for_a_method_and_names_an_origin() -> None:
    assert is_preflight(request("OPTIONS", asks=True))
    assert not is_preflight(request("OPTIONS"))
    assert not is_preflight(request("OPTIONS", None, True))
    assert not is_preflight(request("GET", asks=True))


def test_a_response_names_the_origin_and_what_is_exposed__6_5() -> None:
    response = with_cors(RULES, request(), Response(200))
    assert dict(response.headers) == {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "x-total",
    }


def test_what_the_function_says_of_cors_is_ignored__6_5() -> None:
    said = Response(200, b"", (("access-control-allow-origin", "https://other"), ("X-A", "1")))
    assert with_cors(ANYONE, request(), said).headers == (
        ("X-A", "1"),
        ("Access-Control-Allow-Origin", "*"),
    )


def test_without_an_origin_there_are_no_cors_headers() -> None:
    assert with_cors(RULES, request(origin=None), Response(200)) == Response(200)


def test_a_scheme_may_stand_for_all_its_origins() -> None:
    response = with_cors(RULES, request(origin="http://localhost:8080"), Response(200))
    assert ("Access-Control-Allow-Origin", "http://localhost:8080") in response.headers
