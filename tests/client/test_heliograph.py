import asyncio
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from client.errors import (
    ApiError,
    Closed,
    ConnectionLost,
    NoAnswer,
    Refused,
    TopicsRefused,
    Unreachable,
)
from client.heliograph import Heliograph
from client.states import Change, State
from tests.client.manual_time import ManualTime
from tests.client.scripted import (
    HttpAnswer,
    Json,
    Peer,
    ScriptedApi,
    ScriptedGateway,
    stay_connected,
)


class Watched:
    """A client with a clock that the test moves, and all the states it went through."""

    def __init__(self, url: str, token: Any = "t", **options: Any) -> None:
        self.time = ManualTime()
        self.changes: list[Change] = []
        self.client = Heliograph(
            url,
            token,
            on_change=self.changes.append,
            clock=self.time.clock,
            sleep=self.time.sleep,
            random=lambda: 0.5,
            answer_timeout=options.pop("answer_timeout", 5),
            **options,
        )

    async def open_and_close(self) -> None:
        async with self.client:
            pass

    @property
    def states(self) -> list[str]:
        return [str(change.state) for change in self.changes]


def numbered_tokens() -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"t{next(numbers)}"


def sends_then_stays(*ids: str) -> Callable[[Peer], Any]:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        for id_ in ids:
            await peer.send("notification", id=id_)
        await peer.stay()

    return script


async def welcome_then_abort(peer: Peer) -> None:
    await peer.welcome()
    peer.abort()


async def refuse_4001(peer: Peer) -> None:
    await peer.receive()
    await peer.refuse(4001, "unauthorized", "Authentication failed")


async def take(client: Heliograph, number: int) -> list[str]:
    ids: list[str] = []
    async for notification in client.notifications():
        ids.append(notification.id)
        if len(ids) == number:
            break
    return ids


async def test_notifications_arrive_in_order() -> None:
    async with (
        ScriptedGateway(sends_then_stays("a", "b", "c")) as gateway,
        Watched(gateway.url).client as client,
    ):
        assert await take(client, 3) == ["a", "b", "c"]


async def test_a_notification_that_comes_twice_is_heard_once_even_across_connections() -> None:
    async def first(peer: Peer) -> None:
        await peer.welcome()
        for id_ in ("a", "b", "a"):
            await peer.send("notification", id=id_)
        await peer.close()

    async with ScriptedGateway(first, sends_then_stays("b", "c")) as gateway:
        watched = Watched(gateway.url)
        async with watched.client as client:
            await watched.time.pass_sleep()

            assert await take(client, 3) == ["a", "b", "c"]


async def test_the_states_of_an_untroubled_life() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        watched = Watched(gateway.url)
        states = [watched.client.state]
        await watched.open_and_close()

    assert [*states, *watched.states] == ["idle", "connecting", "connected", "disconnected"]


async def test_a_refusal_by_frame_is_reported_as_4001() -> None:
    async with ScriptedGateway(refuse_4001) as gateway:
        watched = Watched(gateway.url)
        with pytest.raises(Refused, match="4001 unauthorized: Authentication failed"):
            await watched.client.open()

    assert watched.states == ["connecting", "refused"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_at_the_handshake_is_reported_as_4001(status: int) -> None:
    async with ScriptedGateway(status) as gateway:
        with pytest.raises(Refused, match="4001 unauthorized"):
            await Watched(gateway.url).client.open()


async def test_a_token_callable_is_asked_once_more_and_then_it_is_over() -> None:
    async with ScriptedGateway(refuse_4001) as gateway:
        watched = Watched(gateway.url, numbered_tokens())
        opening = asyncio.create_task(watched.client.open())
        delay = await watched.time.pass_sleep()

        with pytest.raises(Refused):
            await opening
    assert (delay, gateway.tokens) == (0, ["t1", "t2"])


async def test_a_new_token_may_be_let_in() -> None:
    async with ScriptedGateway(401, stay_connected) as gateway:
        watched = Watched(gateway.url, numbered_tokens())
        opening = asyncio.create_task(watched.client.open())
        await watched.time.pass_sleep()
        await opening
        await watched.client.close()

    assert gateway.tokens == ["t1", "t2"]


async def test_every_reconnect_asks_for_a_token_and_all_topics() -> None:
    hellos: list[Json] = []

    async def first(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        request = await peer.receive()
        await peer.send("subscribed", id=request["id"], topic="build:1")
        await peer.close(1001)

    async def second(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        await peer.send("notification", id="back")
        await peer.stay()

    async with ScriptedGateway(first, second) as gateway:
        watched = Watched(gateway.url, numbered_tokens(), topics=["orders:*"])
        async with watched.client as client:
            await client.subscribe("build:1")
            await watched.time.pass_sleep()
            await take(client, 1)

    assert [hello["topics"] for hello in hellos] == [["orders:*"], ["orders:*", "build:1"]]
    assert gateway.tokens == ["t1", "t2"]
    assert watched.states == ["connecting", "connected", "recovering", "connected", "disconnected"]


async def test_a_topic_given_back_is_not_asked_for_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        request = await peer.receive()
        await peer.send("unsubscribed", id=request["id"], topic="a")
        await peer.stay()

    async with (
        ScriptedGateway(script) as gateway,
        Watched(gateway.url, topics=["a", "b"]).client as client,
    ):
        await client.unsubscribe("a")

        assert client.topics == ("b",)


async def test_only_accepted_topics_are_asked_for_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        request = await peer.receive()
        await peer.send("subscribed", id=request["id"], topic="a")
        await peer.send("error", id=request["id"], code=4403, topic="b", message="not allowed: b")
        await peer.stay()

    async with ScriptedGateway(script) as gateway, Watched(gateway.url).client as client:
        with pytest.raises(TopicsRefused):
            await client.subscribe("a", "b")

        assert client.topics == ("a",)


async def test_a_request_outlives_the_connection_it_was_made_on() -> None:
    async def first(peer: Peer) -> None:
        await peer.welcome()
        await peer.receive()
        peer.abort()

    async def second(peer: Peer) -> None:
        await peer.welcome()
        request = await peer.receive()
        await peer.send("subscribed", id=request["id"], topic="a")
        await peer.stay()

    async with ScriptedGateway(first, second) as gateway:
        watched = Watched(gateway.url)
        async with watched.client as client:
            subscribing = asyncio.create_task(client.subscribe("a"))
            await watched.time.pass_sleep()
            await subscribing

            assert client.topics == ("a",)


async def test_the_longest_wait_can_be_lowered() -> None:
    async with ScriptedGateway(502, 502, 502, stay_connected) as gateway:
        watched = Watched(gateway.url, last_ceiling=2)
        opening = asyncio.create_task(watched.client.open())
        delays = [await watched.time.pass_sleep() for _ in range(3)]
        await opening
        await watched.client.close()

    assert delays == [0.5, 1, 1]


@pytest.mark.parametrize("status", [429, 500, 502, 504])
async def test_a_busy_handshake_backs_off_with_jitter(status: int) -> None:
    async with ScriptedGateway(status, status, status, stay_connected) as gateway:
        watched = Watched(gateway.url)
        opening = asyncio.create_task(watched.client.open())
        delays = [await watched.time.pass_sleep() for _ in range(3)]
        await opening
        await watched.client.close()

    assert delays == [0.5, 1, 2]


async def test_a_stable_connection_starts_the_back_off_anew() -> None:
    drop = asyncio.Event()

    async def stable(peer: Peer) -> None:
        await peer.welcome()
        await drop.wait()
        peer.abort()

    async with ScriptedGateway(502, 502, stable) as gateway:
        watched = Watched(gateway.url)
        opening = asyncio.create_task(watched.client.open())
        delays = [await watched.time.pass_sleep() for _ in range(2)]
        await opening
        watched.time.advance(30)
        drop.set()
        delays.append(await watched.time.next_sleep())
        await watched.client.close()

    assert delays == [0.5, 1, 0.5]


async def test_a_rollover_reconnects_after_what_the_server_asks() -> None:
    async def rollover(peer: Peer) -> None:
        await peer.welcome()
        await peer.refuse(4200, "rollover", "deploy", after_ms=250)

    async with ScriptedGateway(rollover, sends_then_stays("back")) as gateway:
        watched = Watched(gateway.url)
        async with watched.client as client:
            delay = await watched.time.pass_sleep()
            await take(client, 1)

    assert delay == 0.25


async def test_over_capacity_backs_off() -> None:
    async def full(peer: Peer) -> None:
        await peer.receive()
        await peer.refuse(4100, "over_capacity", "full")

    async with ScriptedGateway(full, stay_connected) as gateway:
        watched = Watched(gateway.url)
        opening = asyncio.create_task(watched.client.open())
        delay = await watched.time.pass_sleep()
        await opening
        await watched.client.close()

    assert delay == 0.5


async def test_a_missing_pong_means_the_line_is_dead() -> None:
    async def deaf(peer: Peer) -> None:
        await peer.welcome(ping_interval_ms=540_000)
        await peer.stay()

    async with ScriptedGateway(deaf, sends_then_stays("back")) as gateway:
        watched = Watched(gateway.url, answer_timeout=0.05)
        async with watched.client as client:
            assert await watched.time.pass_sleep() == 540
            await watched.time.pass_sleep()
            await take(client, 1)

    assert isinstance(watched.changes[2].error, NoAnswer)


async def test_a_ping_is_measured() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        ping = await peer.receive()
        await peer.send("pong", id=ping["id"])
        await peer.stay()

    async with ScriptedGateway(script) as gateway, Watched(gateway.url).client as client:
        assert await client.ping() == 0


async def test_a_refusal_ends_the_notifications_with_its_reason() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.send("notification", id="last")
        await peer.refuse(4004, "connection_limit", "too many")

    async with ScriptedGateway(script) as gateway, Watched(gateway.url).client as client:
        heard = client.notifications()

        assert (await anext(heard)).id == "last"
        with pytest.raises(Refused, match="4004"):
            await anext(heard)
        with pytest.raises(Refused):
            await client.subscribe("a")


async def test_closing_ends_the_notifications_of_every_taker() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        client = Watched(gateway.url).client
        await client.open()
        takers = [asyncio.create_task(take(client, 1)) for _ in range(2)]
        await client.close()

        assert await asyncio.gather(*takers) == [[], []]


async def test_closing_while_recovering_stops_the_tries() -> None:
    async with ScriptedGateway(welcome_then_abort) as gateway:
        watched = Watched(gateway.url)
        await watched.client.open()
        await watched.time.next_sleep()
        await watched.client.close()
        await watched.client.close()

    assert watched.states[-1] == "disconnected"


async def test_a_closed_client_says_so() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        client = Watched(gateway.url).client
        with pytest.raises(Closed):
            await client.ping()
        async with client:
            pass
        with pytest.raises(Closed):
            await client.ping()
        with pytest.raises(Closed):
            await client.open()


async def test_the_impatient_hear_at_once_that_nobody_is_there() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        url = gateway.url

    with pytest.raises(Unreachable):
        await Watched(url, patient=False).client.open()


async def test_the_patient_wait_for_a_server_that_is_not_there_yet() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        url = gateway.url
    watched = Watched(url)
    opening = asyncio.create_task(watched.client.open())

    await watched.time.pass_sleep()
    await watched.time.next_sleep()

    assert {type(change.error) for change in watched.changes[1:]} == {Unreachable}
    await watched.client.close()
    with pytest.raises(Closed):
        await opening


async def test_a_login_that_fails_for_good_ends_the_tries() -> None:
    answer = HttpAnswer(401, {"code": 4001, "detail": "Authentication failed"})
    async with ScriptedApi({"POST /api/v1/auth/login": answer}) as server:
        watched: Watched

        async def log_in() -> str:
            return (await watched.client.api.login("alice", "wrong")).access_token

        watched = Watched(server.url, log_in)
        with pytest.raises(ApiError, match="4001 unauthorized: Authentication failed"):
            await watched.client.open()


async def test_a_bug_in_the_token_callable_is_not_hidden() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Watched("http://127.0.0.1:1", broken).client.open()


async def test_a_change_says_why_and_when() -> None:
    async with ScriptedGateway(welcome_then_abort) as gateway:
        watched = Watched(gateway.url)
        async with watched.client:
            await watched.time.next_sleep()

    recovering = watched.changes[2]
    assert (recovering.state, recovering.retry_in) == (State.RECOVERING, 0.5)
    assert isinstance(recovering.error, ConnectionLost)


async def test_the_token_may_travel_as_a_subprotocol() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        await Watched(gateway.url, token_in="subprotocol").open_and_close()

    (request,) = gateway.requests
    assert request.headers["Sec-WebSocket-Protocol"] == "heliograph.v1, token.t"
