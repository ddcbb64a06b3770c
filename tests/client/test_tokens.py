from itertools import count

import httpx
import pytest

from client.errors import Unreachable
from client.tokens import TokenSource


async def test_a_string_stays_what_it_is() -> None:
    source = TokenSource("t")

    assert [await source.current(), await source.renew(), source.renewable] == ["t", "t", False]


async def test_a_callable_is_asked_when_needed_and_on_renewal() -> None:
    numbers = count(1)
    source = TokenSource(lambda: f"t{next(numbers)}")

    asked = [await source.current(), await source.current(), await source.renew()]

    assert (asked, await source.current()) == (["t1", "t1", "t2"], "t2")


async def test_a_callable_may_be_async() -> None:
    async def ask() -> str:
        return "t"

    assert await TokenSource(ask).current() == "t"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (ConnectionError("at https://id.example.com?secret=s3cret"), "ConnectionError"),
        (TimeoutError(), "TimeoutError"),
        (httpx.ReadTimeout("s3cret"), "ReadTimeout"),
    ],
)
async def test_who_gives_tokens_may_be_out_of_reach(error: Exception, reason: str) -> None:
    async def ask() -> str:
        raise error

    with pytest.raises(Unreachable) as raised:
        await TokenSource(ask).current()

    assert str(raised.value) == f"cannot reach where tokens come from: {reason}"


async def test_a_bug_of_a_callable_is_not_hidden() -> None:
    def ask() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await TokenSource(ask).current()


UNFIT = ["s3cret\n", "s3cret\r", "s3crét", "s3cret x", "s3cret\0"]


@pytest.mark.parametrize("token", UNFIT)
def test_what_no_header_carries_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="ASCII without spaces") as raised:
        TokenSource(token)
    assert "s3cr" not in str(raised.value)


@pytest.mark.parametrize("token", UNFIT)
async def test_what_a_callable_gives_is_checked_too(token: str) -> None:
    with pytest.raises(ValueError, match="ASCII without spaces"):
        await TokenSource(lambda: token).current()


def test_the_token_stays_out_of_the_repr() -> None:
    assert "secret" not in repr(TokenSource("secret"))
