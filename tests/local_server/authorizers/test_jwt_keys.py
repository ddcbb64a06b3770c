"""An issuer's keys: found, kept, found again."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from local_server.authorizers.jwt_claims import InvalidToken
from local_server.authorizers.jwt_keys import (
    DOCUMENT_BYTES,
    KEPT_MS,
    REFETCH_MS,
    FetchFailed,
    IssuerKeys,
    fetch_json,
    parse_keys,
)
from local_server.clock import Clock
from tests.local_server.authorizers.issuer import (
    DISCOVERY,
    KEYS,
    Issuer,
    new_key,
    public_jwk,
    running_issuer,
)

UNREACHABLE = "OIDC discovery endpoint communication error"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_key_is_found_by_the_discovery_document__6_4(issuer: Issuer, clock: Clock) -> None:
    key = await IssuerKeys(issuer.url, clock).find("one")
    assert key.public_numbers() == issuer.key.public_key().public_numbers()
    assert issuer.asked == [DISCOVERY, KEYS]


async def test_an_issuer_may_end_in_a_slash(issuer: Issuer, clock: Clock) -> None:
    await IssuerKeys(f"{issuer.url}/", clock).find("one")


async def test_keys_are_kept_for_two_hours_and_no_longer__6_4(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.url, clock)
    await keys.find("one")
    clock.advance(KEPT_MS / 1000 - 60)
    await keys.find("one")
    assert issuer.asked.count(KEYS) == 1
    issuer.answers[KEYS] = {"keys": []}
    clock.advance(61)
    with pytest.raises(InvalidToken, match="unknown"):
        await keys.find("one")


async def test_a_rotated_key_is_found_but_a_flood_of_unknown_ids_does_not_fetch(
    issuer: Issuer, clock: Clock
) -> None:
    keys = IssuerKeys(issuer.url, clock)
    await keys.find("one")
    issuer.answers[KEYS]["keys"].append(public_jwk(new_key(), "two"))
    for _ in range(5):
        with pytest.raises(InvalidToken, match="the key of the token is unknown"):
            await keys.find("two")
    assert issuer.asked.count(KEYS) == 1
    clock.advance(REFETCH_MS / 1000)
    await keys.find("two")
    assert issuer.asked.count(KEYS) == 2


async def test_many_at_once_fetch_once(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.url, clock)
    await asyncio.gather(*(keys.find("one") for _ in range(20)))
    assert issuer.asked == [DISCOVERY, KEYS]


async def test_an_issuer_that_is_down_is_named_and_asked_again_later__6_4(
    issuer: Issuer, clock: Clock
) -> None:
    document = issuer.answers.pop(DISCOVERY)
    keys = IssuerKeys(issuer.url, clock)
    for _ in range(3):
        with pytest.raises(InvalidToken, match=UNREACHABLE):
            await keys.find("one")
    assert len(issuer.asked) == 1
    issuer.answers[DISCOVERY] = document
    clock.advance(REFETCH_MS / 1000)
    await keys.find("one")


async def test_keys_that_cannot_be_had_are_named(issuer: Issuer, clock: Clock) -> None:
    del issuer.answers[KEYS]
    with pytest.raises(InvalidToken, match="JWKS communication error"):
        await IssuerKeys(issuer.url, clock).find("one")


async def test_an_issuer_that_is_silent_is_given_up__6_4(issuer: Issuer, clock: Clock) -> None:
    issuer.silent.set()
    with pytest.raises(InvalidToken, match=UNREACHABLE):
        await IssuerKeys(issuer.url, clock).find("one")


async def test_a_key_set_may_have_150_000_bytes__6_6(issuer: Issuer, clock: Clock) -> None:
    keys = issuer.answers[KEYS] | {"padding": ""}
    room = DOCUMENT_BYTES - len(json.dumps(keys))
    issuer.answers[KEYS] = keys | {"padding": "x" * room}
    await IssuerKeys(issuer.url, clock).find("one")
    issuer.answers[KEYS] = keys | {"padding": "x" * (room + 1)}
    with pytest.raises(InvalidToken, match="JWKS communication error"):
        await IssuerKeys(issuer.url, clock).find("one")


async def test_known_keys_outlive_a_failed_look_for_another(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.url, clock)
    await keys.find("one")
    issuer.answers.clear()
    clock.advance(REFETCH_MS / 1000)
    with pytest.raises(InvalidToken, match=UNREACHABLE):
        await keys.find("two")
    await keys.find("one")


@pytest.mark.parametrize("document", [[], {}, {"jwks_uri": 7}, {"jwks_uri": "file:///etc/passwd"}])
async def test_a_bad_discovery_document_is_a_communication_error(
    issuer: Issuer, clock: Clock, document: object
) -> None:
    issuer.answers[DISCOVERY] = document
    with pytest.raises(InvalidToken, match="communication error"):
        await IssuerKeys(issuer.url, clock).find("one")


@pytest.mark.parametrize("url", ["http://idp.example.com/x", "file:///etc/passwd", "nonsense"])
async def test_nothing_is_fetched_in_plain_text_from_elsewhere(url: str) -> None:
    with pytest.raises(FetchFailed, match="neither https nor on this machine"):
        await fetch_json(url)


def test_only_public_rsa_keys_with_an_id_are_usable__6_4() -> None:
    good = public_jwk(new_key(), "good")
    entries = [
        good,
        {**good, "kid": 7},
        {**good, "kid": "encryption", "use": "enc"},
        {**good, "kid": "broken", "n": "!"},
        {"kid": "half", "kty": "RSA"},
        {"kid": "elliptic", "kty": "EC", "crv": "P-256", "x": "x", "y": "y"},
        "text",
    ]
    assert parse_keys({"keys": entries}).keys() == {"good"}


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}])
def test_what_is_no_key_set_is_refused(document: object) -> None:
    with pytest.raises(FetchFailed):
        parse_keys(document)
