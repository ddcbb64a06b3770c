import asyncio

import pytest

from client.errors import NoAnswer, Overflow, Refused
from client.pushes import Push
from tests.client.in_memory import Json, Line
from tests.client.stage import Stage

OPEN: list[Json] = [{"client": "open"}, {"server": "welcome"}]
# Dice that show a half make it three quarters of five minutes before the two hours are over.
UNTIL_OLD: Json = {"clock": "advance", "ms": 6_975_000}
NEXT_TRY: Json = {"clock": "advance", "ms": 75_000}
AT_6 = {"a": {"epoch": "e", "seq": 6}}
AT_5 = {"epoch": "e", "seq": 5, "recovered": False, "replayed": 0, "has_more": False}


def welcome(**resume: Json) -> Json:
    return {"server": "welcome", "frame": {"resume": resume, "ping_interval_ms": None}}


async def grow_old(stage: Stage, **resume: Json) -> Line:
    """The first of two lines; the second one asks to be let in."""
    await stage.steps({"client": "open"}, welcome(**resume), UNTIL_OLD)
    return stage.line


async def test_before_it_grows_too_old_a_connection_is_replaced() -> None:
    async with Stage(["orders:*"]) as stage:
        first = await grow_old(stage, a=AT_5)
        await stage.steps(
            {"server": "notify", "stream": "a", "seqs": [6]},
            {"expect": "attempts", "number": 2},
            {"expect": "state", "is": "connected"},
        )
        assert first.is_open
        await stage.steps(
            {"server": "accept", "token": "token-2"},
            {
                "server": "expect",
                "frame": {"type": "hello", "topics": ["orders:*"], "resume": AT_6},
            },
        )
        first.say_notification("a", 7)
        await stage.settle()
        await stage.steps(
            {"server": "send", "frame": stage.welcome(a={**AT_5, "seq": 6, "recovered": True})},
            {"expect": "notifications", "ids": ["a6", "a7"]},
            {"expect": "state", "is": "connected"},
        )
        assert [line.is_open for line in stage.gateway.lines] == [False, True]
        assert [str(change.state) for change in stage.changes] == ["connecting", "connected"]
        assert stage.client.welcome is not None
        assert stage.client.welcome.connection_id == "c-1"


async def test_the_old_one_stays_until_a_new_one_is_to_be_had() -> None:
    async with Stage([]) as stage:
        first = await grow_old(stage, a=AT_5)
        await stage.steps({"server": "refuse", "status": 503})
        first.say_notification("a", 6)
        await stage.steps(
            {"expect": "notifications", "ids": ["a6"]},
            NEXT_TRY,
            {"expect": "attempts", "number": 3},
            {"server": "accept"},
            {"server": "expect", "frame": {"type": "hello"}},
        )
        first.say_notification("a", 7)
        await stage.settle()
        await stage.steps(
            # What came meanwhile waits for a welcome that does not come.
            {"expect": "notifications", "ids": ["a6"]},
            {"server": "close", "code": 1006},
            {"expect": "notifications", "ids": ["a6", "a7"]},
            {"expect": "state", "is": "connected"},
        )
        assert first.is_open


async def test_the_successor_is_asked_for_what_was_subscribed_meanwhile() -> None:
    async with Stage(["b"]) as stage:
        first = await grow_old(stage)
        await stage.steps(
            {"server": "accept"}, {"server": "expect", "frame": {"type": "hello", "topics": ["b"]}}
        )
        hello = stage.last_request
        stage.call(stage.client.subscribe("a"))
        stage.call(stage.client.unsubscribe("b"))
        await stage.settle()
        for request in first.from_client:
            kind = {"subscribe": "subscribed", "unsubscribe": "unsubscribed"}[request["type"]]
            first.say_frame(kind, id=request["id"], topic=request["topics"][0])
        await stage.settle()
        stage.last_request = hello
        await stage.steps(
            {"server": "send", "frame": stage.welcome()},
            {"server": "expect", "frame": {"type": "subscribe", "topics": ["a"]}},
            {"server": "send", "frame": {"type": "subscribed", "id": "$", "topic": "a"}},
            {"server": "expect", "frame": {"type": "unsubscribe", "topics": ["b"]}},
            {"server": "send", "frame": {"type": "unsubscribed", "id": "$", "topic": "b"}},
            {"expect": "topics", "are": ["a"]},
        )
        assert not first.is_open


async def test_and_for_what_changes_while_that_is_asked_for_though_it_is_refused() -> None:
    async with Stage(["b"]) as stage:
        first = await grow_old(stage)
        await stage.steps({"server": "accept"}, {"server": "expect", "frame": {"type": "hello"}})
        hello = stage.last_request

        async def change(verb: str, topic: str) -> None:
            stage.call(getattr(stage.client, verb)(topic))
            await stage.settle()
            request = first.from_client.pop()
            first.say_frame(f"{verb}d", id=request["id"], topic=topic)
            await stage.settle()

        await change("subscribe", "a")
        await change("unsubscribe", "b")
        stage.last_request = hello
        await stage.steps(
            {"server": "send", "frame": stage.welcome()},
            {"server": "expect", "frame": {"type": "subscribe", "topics": ["a"]}},
        )
        subscribe = stage.last_request
        await change("subscribe", "c")
        stage.last_request = subscribe
        await stage.steps(
            {"server": "send", "frame": {"type": "error", "id": "$", "code": 4429, "topic": "a"}},
            {"server": "expect", "frame": {"type": "unsubscribe", "topics": ["b"]}},
            {"server": "send", "frame": {"type": "unsubscribed", "id": "$", "topic": "b"}},
            {"server": "expect", "frame": {"type": "subscribe", "topics": ["c"]}},
            {"server": "send", "frame": {"type": "subscribed", "id": "$", "topic": "c"}},
            {"expect": "refusals", "codes": [4429]},
        )
        assert not first.is_open


async def test_a_question_that_the_old_one_does_not_answer_goes_to_the_new_one() -> None:
    async with Stage([]) as stage:
        await grow_old(stage)
        asking = asyncio.create_task(stage.client.ping())
        await stage.steps(
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "welcome"},
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "send", "frame": {"type": "pong", "id": "$"}},
        )
        assert await asking == 0


@pytest.mark.parametrize(
    "goodbye", [{"type": "disconnect", "code": 4200}, {"type": "error", "code": 4200}]
)
async def test_a_question_that_a_goodbye_overtakes_goes_to_the_next_one(goodbye: Json) -> None:
    async with Stage([]) as stage:
        await stage.steps(*OPEN)
        asking = asyncio.create_task(stage.client.ping())
        await stage.steps(
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "send", "frame": goodbye},
            {"clock": "advance", "ms": 0},
            {"server": "welcome"},
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "send", "frame": {"type": "pong", "id": "$"}},
        )
        assert await asking == 0


async def test_a_question_that_a_last_goodbye_overtakes_is_told_of_it() -> None:
    async with Stage([]) as stage:
        await stage.steps(*OPEN)
        asking = asyncio.create_task(stage.client.ping())
        await stage.steps(
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "send", "frame": {"type": "error", "code": 4003, "message": "no"}},
            {"expect": "state", "is": "refused"},
        )
        with pytest.raises(Refused, match="4003"):
            await asking


async def test_no_successor_comes_while_a_replay_is_at_work() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            welcome(a={**AT_5, "recovered": True, "has_more": True}),
            {"server": "expect", "frame": {"type": "replay", "after_seq": 5}},
        )
        request = stage.last_request
        stage.time.advance(6_975)
        await stage.steps({"expect": "attempts", "number": 1})
        stage.last_request = request
        await stage.steps(
            {"server": "send", "frame": {"type": "replayed", "id": "$", "stream": "a", **AT_5}},
            NEXT_TRY,
            {"expect": "attempts", "number": 2},
        )


async def test_what_does_not_fit_into_the_welcome_of_a_successor_is_asked_of_it() -> None:
    async with Stage([]) as stage:
        first = await grow_old(stage, a=AT_5)
        await stage.steps(
            welcome(a={**AT_5, "recovered": True, "has_more": True}),
            {"server": "expect", "frame": {"type": "replay", "stream": "a", "after_seq": 5}},
            {"expect": "state", "is": "connected"},
        )
        assert not first.is_open


async def test_a_connection_that_breaks_while_its_successor_knocks_is_lost_once() -> None:
    async with Stage([]) as stage:
        first = await grow_old(stage)
        await stage.steps({"server": "accept"}, {"server": "expect", "frame": {"type": "hello"}})
        first.end(1006)
        await stage.steps(
            {"expect": "state", "is": "recovering"},
            {"clock": "advance", "ms": 500},
            {"server": "welcome"},
            {"expect": "state", "is": "connected"},
        )
        assert [line.is_open for line in stage.gateway.lines] == [False, False, True]


async def test_so_many_may_wait_for_a_connection_and_no_more() -> None:
    async with Stage([], max_waiting=2) as stage:
        await stage.steps(
            *OPEN, {"server": "close", "code": 1006}, {"expect": "state", "is": "recovering"}
        )
        waiting = [asyncio.create_task(stage.client.ping()) for _ in range(2)]
        await stage.settle()
        with pytest.raises(Overflow):
            await stage.client.ping()
        await stage.steps({"clock": "advance", "ms": 500}, {"server": "welcome"})
        for _ in waiting:
            await stage.steps(
                {"server": "expect", "frame": {"type": "ping"}},
                {"server": "send", "frame": {"type": "pong", "id": "$"}},
            )
        assert await asyncio.gather(*waiting) == [0, 0]


async def test_a_line_that_dies_of_silence_is_pinged_oftener_on_the_next_connection() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            *OPEN,
            {"clock": "advance", "ms": 540_000},
            {"server": "expect", "frame": {"type": "ping"}},
            {"clock": "advance", "ms": 30_000},
            {"expect": "state", "is": "recovering"},
            {"clock": "advance", "ms": 500},
            {"server": "welcome"},
            {"clock": "advance", "ms": 270_000},
            {"server": "expect", "frame": {"type": "ping"}},
        )


async def unanswered(stage: Stage) -> None:
    asking = asyncio.create_task(stage.client.mark(["n"], "read"))
    await stage.steps(
        {"server": "expect", "frame": {"type": "mark"}}, {"clock": "advance", "ms": 30_000}
    )
    with pytest.raises(NoAnswer):
        await asking


@pytest.mark.parametrize("interval", [540_000, None])
async def test_a_line_that_does_not_answer_a_question_is_tested_at_once(
    interval: int | None,
) -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"}, {"server": "welcome", "frame": {"ping_interval_ms": interval}}
        )
        await unanswered(stage)
        await stage.steps(
            {"server": "expect", "frame": {"type": "ping"}},
            {"clock": "advance", "ms": 30_000},
            {"expect": "state", "is": "recovering"},
        )


async def test_a_line_that_answers_the_test_is_kept() -> None:
    busy = {"type": "error", "id": "$", "code": 4429, "message": "busy", "temporary": True}
    async with Stage([]) as stage:
        await stage.steps(*OPEN)
        for answer in ({"type": "pong", "id": "$"}, busy):
            await unanswered(stage)
            await stage.steps(
                {"server": "expect", "frame": {"type": "ping"}},
                {"server": "send", "frame": answer},
                {"clock": "advance", "ms": 30_000},
                {"expect": "state", "is": "connected"},
            )
        assert not stage.line.from_client


AWAY = ConnectionError("the identity provider is away")


async def test_a_lost_connection_comes_back_once_there_are_tokens_again() -> None:
    async with Stage([]) as stage:
        await stage.steps(*OPEN)
        stage.token_error = AWAY
        await stage.steps(
            {"server": "close", "code": 1006},
            {"clock": "advance", "ms": 500},
            {"expect": "delay", "ms": 1000},
            {"expect": "state", "is": "recovering"},
        )
        stage.token_error = None
        await stage.steps(
            {"clock": "advance", "ms": 1000},
            {"server": "welcome", "token": "token-2"},
            {"expect": "state", "is": "connected"},
        )


async def test_a_connection_stays_while_there_is_no_token_for_its_successor() -> None:
    async with Stage([]) as stage:
        await stage.steps({"client": "open"}, welcome())
        stage.token_error = AWAY
        await stage.steps(UNTIL_OLD, {"expect": "state", "is": "connected"})
        stage.token_error = None
        await stage.steps(NEXT_TRY, {"server": "welcome", "token": "token-2"})


async def test_a_bug_in_the_token_callable_ends_it_also_when_a_successor_is_due() -> None:
    async with Stage([]) as stage:
        await stage.steps(*OPEN)
        stage.token_error = ZeroDivisionError()
        await stage.steps(UNTIL_OLD, {"expect": "state", "is": "disconnected"})
        with pytest.raises(ZeroDivisionError):
            await stage.client.ping()


async def test_a_bug_in_a_callback_ends_it() -> None:
    def broken(push: Push) -> None:
        raise ZeroDivisionError

    async with Stage([], on_push=broken) as stage:
        await stage.steps(
            *OPEN,
            {"server": "send", "frame": {"type": "unread_count_changed", "unread": 1}},
            {"expect": "state", "is": "disconnected"},
        )
        with pytest.raises(ZeroDivisionError):
            await stage.client.ping()


@pytest.mark.parametrize("rounds", range(12))
async def test_a_successor_that_comes_as_its_predecessor_goes_is_kept_or_closed(
    rounds: int,
) -> None:
    async with Stage([]) as stage:
        first = await grow_old(stage)
        await stage.steps(
            {"server": "accept"},
            {"server": "expect", "frame": {"type": "hello"}},
            {"server": "send", "frame": stage.welcome()},
        )
        for _ in range(rounds):
            await asyncio.sleep(0)
        first.end(1006)
        await stage.settle()
        if str(stage.client.state) == "recovering":
            await stage.steps({"clock": "advance", "ms": 500}, {"server": "welcome"})
        asking = asyncio.create_task(stage.client.ping())
        await stage.steps(
            {"server": "expect", "frame": {"type": "ping"}},
            {"server": "send", "frame": {"type": "pong", "id": "$"}},
            {"expect": "state", "is": "connected"},
        )
        assert await asking == 0
        assert [line.is_open for line in stage.gateway.lines].count(True) == 1
