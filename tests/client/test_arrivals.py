import asyncio
from typing import Any

import pytest

from client.gaps import Gap
from client.heliograph import Heliograph
from tests.client.manual_time import ManualTime
from tests.client.scripted import Json, Peer, ScriptedGateway
from tests.client.stage import Stage


def standing(seq: int, **fields: Any) -> Json:
    return {"epoch": "e", "seq": seq, "recovered": True, "replayed": 0, "has_more": False, **fields}


async def notify(peer: Peer, *numbers: int, replay: bool = False) -> None:
    for seq in numbers:
        await peer.send(
            "notification", id=f"n{seq}", stream="a", topic="a", epoch="e", seq=seq, replay=replay
        )


async def take(client: Heliograph, number: int) -> list[int | None]:
    found: list[int | None] = []
    async for notification in client.notifications():
        found.append(notification.seq)
        if len(found) == number:
            break
    return found


def watched(gateway: ScriptedGateway, gaps: list[Gap]) -> tuple[Heliograph, ManualTime]:
    time = ManualTime()
    client = Heliograph(
        gateway.url, "t", clock=time.clock, sleep=time.sleep, on_gap=gaps.append, answer_timeout=5
    )
    return client, time


async def first(peer: Peer) -> None:
    await peer.welcome(resume={"a": standing(5, recovered=False, reason="no_position")})
    await notify(peer, 6)
    await peer.close()


async def test_what_was_missed_is_asked_for_and_comes_once_and_in_order() -> None:
    heard: list[Json] = []

    async def second(peer: Peer) -> None:
        heard.append(await peer.welcome(resume={"a": standing(8, replayed=2, has_more=True)}))
        await notify(peer, 10)
        await notify(peer, 7, 8, replay=True)
        heard.append(await peer.receive())
        await notify(peer, 9, 10, replay=True)
        await peer.send("replayed", id=heard[1]["id"], stream="a", epoch="e", seq=10)
        await notify(peer, 11)
        await peer.stay()

    async with ScriptedGateway(first, second) as gateway:
        client, time = watched(gateway, [])
        async with client:
            await time.pass_sleep()
            assert await take(client, 6) == [6, 7, 8, 9, 10, 11]

    hello, replay = heard
    assert hello["resume"] == {"a": {"epoch": "e", "seq": 6}}
    asked = {name: replay[name] for name in ("type", "stream", "epoch", "after_seq")}
    assert asked == {"type": "replay", "stream": "a", "epoch": "e", "after_seq": 8}


async def test_a_gap_is_told_and_the_rest_is_read() -> None:
    async def second(peer: Peer) -> None:
        await peer.welcome(resume={"a": standing(6, has_more=True)})
        replay = await peer.receive()
        fields = {"code": 4410, "reason": "expired", "epoch": "e", "seq": 8, "message": "expired"}
        await peer.send("error", id=replay["id"], **fields)
        replay = await peer.receive()
        await notify(peer, replay["after_seq"] + 1, replay=True)
        await peer.send("replayed", id=replay["id"], stream="a", epoch="e", seq=9)
        await peer.stay()

    gaps: list[Gap] = []
    async with ScriptedGateway(first, second) as gateway:
        client, time = watched(gateway, gaps)
        async with client:
            await time.pass_sleep()
            assert await take(client, 2) == [6, 9]
    assert gaps == [Gap("a", "expired")]


async def test_a_connection_that_ends_in_a_replay_is_resumed_by_the_next() -> None:
    async def second(peer: Peer) -> None:
        await peer.welcome(resume={"a": standing(6, has_more=True)})
        await peer.receive()
        await notify(peer, 7, replay=True)
        peer.abort()

    async def third(peer: Peer) -> None:
        hello = await peer.welcome(resume={"a": standing(8, replayed=1)})
        await notify(peer, hello["resume"]["a"]["seq"] + 1, replay=True)
        await peer.stay()

    async with ScriptedGateway(first, second, third) as gateway:
        client, time = watched(gateway, [])
        async with client:
            await time.pass_sleep()
            await time.pass_sleep()
            assert await take(client, 3) == [6, 7, 8]


async def test_a_server_that_knows_no_positions_is_asked_for_none() -> None:
    hellos: list[Json] = []
    done = asyncio.Event()

    async def old(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        if len(hellos) == 2:
            done.set()
            await peer.stay()
        await peer.close()

    async with ScriptedGateway(old) as gateway:
        client, time = watched(gateway, [])
        async with client:
            await time.pass_sleep()
            await done.wait()
    assert all("resume" not in hello for hello in hellos)


async def test_a_client_goes_on_where_an_earlier_one_left_off() -> None:
    async def again(peer: Peer) -> None:
        hello = await peer.welcome(resume={"a": standing(7, replayed=1)})
        await notify(peer, hello["resume"]["a"]["seq"] + 1, replay=True)
        await peer.stay()

    async with ScriptedGateway(first, again) as gateway:
        async with Heliograph(gateway.url, "t") as earlier:
            assert await take(earlier, 1) == [6]
        async with Heliograph(gateway.url, "t", positions=earlier.positions) as later:
            assert await take(later, 1) == [7]


def behind(**streams: int) -> Json:
    """They have come so far, and there is more of each."""
    more = {name: standing(seq, has_more=True) for name, seq in streams.items()}
    return {"server": "welcome", "frame": {"resume": more}}


def replay(stream: str, after_seq: int) -> Json:
    frame = {"type": "replay", "stream": stream, "epoch": "e", "after_seq": after_seq}
    return {"server": "expect", "frame": frame}


def refusal(**fields: Any) -> Json:
    return {"server": "send", "frame": {"type": "error", "id": "$", "message": "no", **fields}}


def replayed(stream: str, seq: int, has_more: bool = False) -> Json:
    place = {"stream": stream, "epoch": "e", "seq": seq, "has_more": has_more}
    return {"server": "send", "frame": {"type": "replayed", "id": "$", **place}}


async def test_a_replay_that_nobody_answers_is_asked_for_again() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            {"server": "notify", "stream": "a", "seqs": [9]},
            {"clock": "advance", "ms": 30_000},
            {"expect": "notifications", "ids": ["a9"]},
            {"server": "notify", "stream": "a", "seqs": [6]},
            {"clock": "advance", "ms": 500},
            replay("a", 6),
            {"server": "notify", "stream": "a", "seqs": [7, 8, 9], "replay": True},
            replayed("a", 9),
            {"expect": "notifications", "ids": ["a9", "a6", "a7", "a8"]},
        )
        assert stage.client.positions["a"].seq == 9


async def test_a_replay_that_is_refused_for_good_is_not_asked_for_again() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            refusal(code=4404),
            {"clock": "advance", "ms": 300_000},
        )
        assert not stage.line.from_client


async def test_another_stream_does_not_wait_for_one_that_is_to_be_asked_for_later() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5, b=2),
            replay("a", 5),
            refusal(code=4503, temporary=True, retry_after_ms=60_000),
            replay("b", 2),
            replayed("b", 2),
            {"server": "notify", "stream": "b", "seqs": [3]},
            {"expect": "notifications", "ids": ["b3"]},
            {"clock": "advance", "ms": 60_000},
            replay("a", 5),
        )


async def test_each_trouble_begins_with_a_short_back_off() -> None:
    busy = refusal(code=4503, temporary=True)
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            busy,
            {"clock": "advance", "ms": 500},
            replay("a", 5),
            replayed("a", 5),
            {"server": "notify", "stream": "a", "seqs": [7]},
            {"clock": "advance", "ms": 500},
            replay("a", 5),
            busy,
            {"clock": "advance", "ms": 500},
            replay("a", 5),
        )


async def test_what_is_to_be_asked_for_later_goes_to_the_next_connection_if_there_is_one() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            refusal(code=4503, temporary=True, retry_after_ms=20_000),
            {"server": "close", "code": 1006},
            {"clock": "advance", "ms": 500},
            {"server": "welcome", "frame": {"resume": {"a": standing(5)}}},
            {"clock": "advance", "ms": 60_000},
        )
        assert not stage.line.from_client


async def test_a_replay_that_moves_nothing_is_no_storm() -> None:
    async with Stage([]) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            {"server": "notify", "stream": "a", "seqs": [9]},
            replayed("a", 5, has_more=True),
            {"expect": "notifications", "ids": ["a9"]},
        )
        assert not stage.line.from_client
        await stage.steps(
            {"clock": "advance", "ms": 500},
            replay("a", 5),
            replayed("a", 6, has_more=True),
            replay("a", 6),
            replayed("a", 9),
            {"clock": "advance", "ms": 300_000},
        )
        assert not stage.line.from_client


async def test_a_bug_in_who_hears_of_a_gap_ends_the_client() -> None:
    def broken(gap: Gap) -> None:
        raise ZeroDivisionError

    async with Stage([], on_gap=broken) as stage:
        await stage.steps(
            {"client": "open"},
            behind(a=5),
            replay("a", 5),
            refusal(code=4410, reason="expired", epoch="e", seq=7),
            {"expect": "state", "is": "disconnected"},
        )
        with pytest.raises(ZeroDivisionError):
            await stage.client.ping()
