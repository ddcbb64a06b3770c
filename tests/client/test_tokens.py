from itertools import count

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


def test_the_token_stays_out_of_the_repr() -> None:
    assert "secret" not in repr(TokenSource("secret"))
