import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.errors import Invalid
from notify.passwords import PasswordHasher, parse_password

HASHER = PasswordHasher(cost=4)


def test_a_password_is_the_hashed_one() -> None:
    assert HASHER.check("correct horse", HASHER.hash("correct horse"))


def test_another_password_is_not() -> None:
    assert not HASHER.check("correct house", HASHER.hash("correct horse"))


def test_two_hashes_of_one_password_differ() -> None:
    assert HASHER.hash("correct horse") != HASHER.hash("correct horse")


def test_a_user_who_does_not_exist_has_no_password() -> None:
    assert not HASHER.check("correct horse", None)


@pytest.mark.parametrize("cost", [4, 10, 12])
def test_the_decoy_costs_what_a_real_hash_costs(cost: int) -> None:
    assert PasswordHasher(cost)._decoy[:7] == f"$2b${cost:02}$"
    assert len(PasswordHasher(cost)._decoy) == len(HASHER.hash("correct horse"))


def test_hashes_have_the_configured_cost() -> None:
    assert HASHER.hash("correct horse").startswith("$2b$04$")


def test_the_cost_is_twelve_unless_told_otherwise() -> None:
    assert PasswordHasher()._cost == 12


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1234567", "at least 8"),
        ("", "at least 8"),
        ("x" * 73, "72 bytes"),
        ("é" * 37, "72 bytes"),
        ("x" * 100_000, "72 bytes"),
        ("12345678\0", "NUL"),
        ("12345678\ud800", "Unicode"),
    ],
)
def test_what_bcrypt_would_refuse_or_shorten_is_refused_first(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=f"^password: .*{why}"):
        parse_password(text)


@pytest.mark.parametrize("text", ["12345678", "x" * 72, "é" * 36])
def test_eight_characters_to_72_bytes_are_a_password(text: str) -> None:
    assert parse_password(text) == text.encode()


@pytest.mark.parametrize("text", ["x" * 73, "12345678\0", "12345678\ud800"])
@pytest.mark.parametrize(
    "password_hash", [None, HASHER.hash("correct horse")], ids=["nobody", "user"]
)
def test_a_password_that_can_be_nobodys_is_refused_whoever_exists(
    text: str, password_hash: str | None
) -> None:
    with pytest.raises(Invalid):
        HASHER.check(text, password_hash)


def test_a_short_password_is_wrong_and_not_invalid() -> None:
    assert not HASHER.check("short", HASHER.hash("correct horse"))


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.text(st.characters(), max_size=100))
def test_any_text_is_checked_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert not HASHER.check(text, None)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=18))
def test_every_password_that_is_taken_opens_its_own_hash(text: str) -> None:
    assert HASHER.check(text, HASHER.hash(text))
