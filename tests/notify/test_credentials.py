import secrets

import pytest

from notify.credentials import RefreshToken, digest, new_ticket, ticket_hash
from notify.errors import Unauthorized
from tests.fakes import FakeRandomBytes

FIRST = RefreshToken.first(FakeRandomBytes())


def test_a_refresh_token_has_256_bits_of_its_own_and_is_opaque() -> None:
    token = RefreshToken.first(secrets.token_bytes)
    assert token.text.startswith("rt_")
    assert len(token.secret) * 8 == 256
    assert RefreshToken.parse(token.text) == token


def test_the_next_token_is_of_the_same_family_and_nothing_else() -> None:
    following = FIRST.next(secrets.token_bytes)
    assert (following.sid, following.family) == (FIRST.sid, FIRST.family)
    assert following.secret_hash != FIRST.secret_hash


def test_what_is_stored_or_told_says_nothing_of_the_token() -> None:
    assert FIRST.secret_hash == digest(FIRST.secret)
    assert FIRST.family.hex() not in FIRST.sid
    assert FIRST.secret.hex() not in FIRST.secret_hash


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rt_",
        "nonsense",
        FIRST.text[:-1],
        FIRST.text + "A",
        FIRST.text + "=",
        FIRST.text + "\n",
        " " + FIRST.text,
        FIRST.text.removeprefix("rt_"),
        "wst_" + FIRST.text.removeprefix("rt_"),
        FIRST.text[:-1] + "é",
        FIRST.text[:-1] + "\ud800",
        FIRST.text[:-1] + "+",
    ],
)
def test_what_is_no_refresh_token_is_unauthorized(text: str) -> None:
    with pytest.raises(Unauthorized):
        RefreshToken.parse(text)


def test_a_ticket_is_known_by_its_hash() -> None:
    text, stored_as = new_ticket(secrets.token_bytes)
    assert text.startswith("wst_")
    assert ticket_hash(text) == stored_as
    assert new_ticket(secrets.token_bytes)[0] != text


@pytest.mark.parametrize(
    "change", [lambda t: t + "A", lambda t: t[:-2], lambda t: "wst_", str.upper]
)
def test_what_is_no_ticket_is_unauthorized(change: object) -> None:
    text, _ = new_ticket(secrets.token_bytes)
    assert callable(change)
    with pytest.raises(Unauthorized):
        ticket_hash(change(text))


def test_a_ticket_has_one_spelling() -> None:
    # The last of 43 characters carries two bits that mean nothing.
    text, _ = new_ticket(bytes)
    assert text.endswith("A")
    with pytest.raises(Unauthorized):
        ticket_hash(text[:-1] + "B")
