import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.jwks import KEPT_MS, REFETCH_MS, Jwks
from notify.errors import Unavailable
from notify.tokens import Claims


def jwk(key_id: str) -> dict[str, Any]:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return {
        **jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True),
        "kid": key_id,
        "alg": "RS256",
    }


class Provider:
    """An identity provider that publishes keys, and can be down."""

    def __init__(self) -> None:
        self.keys = [jwk("one")]
        self.status = 200
        self.fetches = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetches += 1
                body = json.dumps({"keys": provider.keys}).encode()
                self.send_response(provider.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def jwks(provider: Provider, time: Time) -> Jwks:
    return Jwks(provider.url, "issuer", "audience", time)


def test_a_key_is_found_with_its_issuer_and_audience(jwks: Jwks) -> None:
    key = jwks.find("one")
    assert key is not None
    assert (key.algorithm, key.issuer, key.audience) == ("RS256", "issuer", "audience")
    assert key.signing is None


def test_a_key_knows_where_its_tokens_say_whose_they_are(provider: Provider, time: Time) -> None:
    claims = Claims("username", "groups")
    key = Jwks(provider.url, None, None, time, claims).find("one")
    assert key is not None
    assert key.claims == claims


def test_keys_are_fetched_once_in_a_while(jwks: Jwks, provider: Provider, time: Time) -> None:
    jwks.find("one")
    jwks.find("one")
    assert provider.fetches == 1
    time.now += KEPT_MS + 1
    jwks.find("one")
    assert provider.fetches == 2


def test_a_rotated_key_is_found_but_a_flood_of_unknown_ids_does_not_fetch(
    jwks: Jwks, provider: Provider, time: Time
) -> None:
    jwks.find("one")
    provider.keys.append(jwk("two"))
    for _ in range(5):
        assert jwks.find("two") is None
    time.now += REFETCH_MS + 1
    assert jwks.find("two") is not None
    assert provider.fetches == 2


def test_a_key_that_was_taken_away_is_worth_nothing_once_the_set_is_fetched_again(
    jwks: Jwks, provider: Provider, time: Time
) -> None:
    jwks.find("one")
    provider.keys = [jwk("two")]
    time.now += KEPT_MS
    assert jwks.find("one") is not None
    time.now += 1
    assert jwks.find("one") is None
    assert jwks.find("two") is not None
    assert provider.fetches == 2


def test_a_rotation_in_three_steps_loses_no_token(
    jwks: Jwks, provider: Provider, time: Time
) -> None:
    old, new = jwk("old"), jwk("new")
    for keys, valid in (([old], "old"), ([old, new], "new"), ([new], "new")):
        provider.keys = keys
        time.now += REFETCH_MS + 1
        assert jwks.find(valid) is not None


def test_a_provider_that_is_down_later_costs_nothing(
    jwks: Jwks, provider: Provider, time: Time
) -> None:
    jwks.find("one")
    provider.status = 500
    time.now += KEPT_MS + 1
    assert jwks.find("one") is not None


def test_a_provider_that_was_never_up_is_unavailable(jwks: Jwks, provider: Provider) -> None:
    provider.status = 404
    with pytest.raises(Unavailable):
        jwks.find("one")


def test_a_token_without_a_key_id_is_not_looked_up(jwks: Jwks, provider: Provider) -> None:
    assert jwks.find(None) is None
    assert provider.fetches == 0


def test_keys_are_not_fetched_over_plain_http_from_elsewhere(time: Time) -> None:
    with pytest.raises(ValueError, match="https"):
        Jwks("http://idp.example.com/jwks.json", None, None, time)
