from tests.client.in_memory import Json
from tests.client.stage import Stage

EXPIRING: list[Json] = [
    {"client": "open"},
    {"server": "welcome", "token": "token-1"},
    {"server": "send", "frame": {"type": "token_expiring", "expires_in_ms": 95_000}},
    {"server": "expect", "frame": {"type": "auth", "token": "token-2"}},
]


def refusal(code: int, **fields: object) -> Json:
    frame = {"type": "error", "id": "$", "code": code, "message": "no", "fatal": False, **fields}
    return {"server": "send", "frame": frame}


async def test_a_token_that_ends_is_replaced_in_the_connection() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            *EXPIRING,
            {"server": "send", "frame": {"type": "authenticated", "id": "$"}},
            {"server": "send", "frame": {"type": "token_expiring", "expires_in_ms": 95_000}},
            {"server": "expect", "frame": {"type": "auth", "token": "token-3"}},
            {"expect": "attempts", "number": 1},
            {"expect": "state", "is": "connected"},
        )


async def test_a_busy_server_is_asked_again_with_a_back_off() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            *EXPIRING,
            refusal(4503, temporary=True),
            {"clock": "advance", "ms": 500},
            {"server": "expect", "frame": {"type": "auth", "token": "token-3"}},
            refusal(4503, temporary=True),
            {"clock": "advance", "ms": 1000},
            {"server": "expect", "frame": {"type": "auth", "token": "token-4"}},
            {"server": "send", "frame": {"type": "authenticated", "id": "$"}},
            {"expect": "refusals", "codes": []},
        )


async def test_a_refused_token_is_told_and_the_connection_goes_on() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            *EXPIRING,
            refusal(4401),
            {"expect": "refusals", "codes": [4401]},
            {"clock": "advance", "ms": 10_000},
            {"expect": "tokens", "asked": 2},
            {"expect": "state", "is": "connected"},
        )


async def test_an_answer_that_does_not_come_is_asked_for_again() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            *EXPIRING,
            {"clock": "advance", "ms": 30_500},
            {"server": "expect", "frame": {"type": "auth", "token": "token-3"}},
            {"expect": "state", "is": "connected"},
        )


async def test_who_gives_tokens_is_asked_again_after_being_out_of_reach() -> None:
    async with Stage([]) as stage:
        await stage.steps(*EXPIRING[:2])
        stage.token_error = TimeoutError()
        await stage.steps(EXPIRING[2], {"expect": "state", "is": "connected"})
        stage.token_error = None
        await stage.steps({"clock": "advance", "ms": 500}, EXPIRING[3])


async def test_a_string_cannot_be_renewed() -> None:
    async with Stage([], token="for-good") as stage:
        await stage.steps(
            *EXPIRING[:1],
            {"server": "welcome", "token": "for-good"},
            EXPIRING[2],
            {"clock": "advance", "ms": 10_000},
            {"expect": "state", "is": "connected"},
        )
        assert not stage.line.from_client
