import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from client.connection import Connection, Surroundings
from client.errors import (
    ConnectionLost,
    NoAnswer,
    Refused,
    RequestRefused,
    TopicsRefused,
)
from client.frames import Notification
from client.handshake import open_socket
from client.pace import Pace
from tests.client.manual_time import ManualTime
from tests.client.scripted import Peer, ScriptedGateway

Open = Callable[..., AbstractAsyncContextManager[Connection]]


class Ears:
    """Hears what a connection tells its owner."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []
        self.errors: list[RequestRefused] = []


@asynccontextmanager
async def connection_to(
    script: Callable[[Peer], object],
    ears: Ears | None = None,
    time: ManualTime | None = None,
    answer_timeout: float = 5,
) -> AsyncIterator[Connection]:
    ears, time = ears or Ears(), time or ManualTime()
    around = Surroundings(
        ears.notifications.append, ears.errors.append, time.clock, time.sleep, answer_timeout
    )
    async with ScriptedGateway(script) as gateway:  # type: ignore[arg-type]
        socket = await open_socket(gateway.url.replace("http", "ws"), "t", "query")
        async with Connection(socket, around) as connection:
            yield connection


async def test_hello_names_the_topics_and_brings_a_welcome() -> None:
    hellos = []

    async def script(peer: Peer) -> None:
        hellos.append(await peer.welcome(connection_id="c-7"))
        await peer.stay()

    async with connection_to(script) as connection:
        welcome = await connection.hello(["orders:*"])

    assert welcome.connection_id == "c-7"
    assert (hellos[0]["protocol"], hellos[0]["topics"]) == (1, ["orders:*"])


async def test_a_topic_that_hello_may_not_have_is_told_aside() -> None:
    ears = Ears()

    async def script(peer: Peer) -> None:
        hello = await peer.receive()
        await peer.send("error", id=hello["id"], code=4403, topic="build:42", message="no")
        await peer.send("welcome", id=hello["id"])
        await peer.stay()

    async with connection_to(script, ears) as connection:
        await connection.hello(["build:42"])

    assert [(error.code, error.topic) for error in ears.errors] == [(4403, "build:42")]


async def test_a_hello_that_is_answered_with_an_error() -> None:
    async def script(peer: Peer) -> None:
        hello = await peer.receive()
        await peer.send("error", id=hello["id"], code=4503, temporary=True, message="busy")
        await peer.stay()

    async with connection_to(script) as connection:
        with pytest.raises(RequestRefused) as raised:
            await connection.hello([])

    assert (raised.value.code, raised.value.temporary) == (4503, True)


async def test_one_refused_topic_never_costs_the_others() -> None:
    async def script(peer: Peer) -> None:
        request = await peer.receive()
        await peer.send("error", id=request["id"], code=4403, topic="b", message="not allowed: b")
        await peer.send("subscribed", id=request["id"], topic="a")
        await peer.stay()

    async with connection_to(script) as connection:
        with pytest.raises(TopicsRefused) as raised:
            await connection.subscribe(("a", "b"))

    assert raised.value.accepted == ("a",)
    assert [error.topic for error in raised.value.refused] == ["b"]


async def test_answers_find_their_requests_in_any_order() -> None:
    async def script(peer: Peer) -> None:
        first, second = await peer.receive(), await peer.receive()
        await peer.send("unsubscribed", id=second["id"], topic="b")
        await peer.send("subscribed", id=first["id"], topic="a")
        await peer.stay()

    async with connection_to(script) as connection:
        await asyncio.gather(connection.subscribe(("a",)), connection.unsubscribe(("b",)))


async def test_a_request_without_an_answer_fails_in_time() -> None:
    async def script(peer: Peer) -> None:
        await peer.stay()

    async with connection_to(script, answer_timeout=0.02) as connection:
        with pytest.raises(NoAnswer):
            await connection.ping()


async def test_unknown_frames_are_ignored() -> None:
    ears = Ears()

    async def script(peer: Peer) -> None:
        for text in ("not json", '{"type":"presence_join"}', '{"message":"Internal server error"}'):
            await peer.send_text(text)
        await peer.send("notification", id="ntf_1")
        await peer.close()

    async with connection_to(script, ears) as connection:
        await connection.until_end(None)

    assert [notification.id for notification in ears.notifications] == ["ntf_1"]


async def test_a_fatal_frame_is_the_reason_though_the_close_says_1000() -> None:
    async def script(peer: Peer) -> None:
        await peer.refuse(4001, "unauthorized", "Authentication failed")

    async with connection_to(script) as connection:
        end = await connection.until_end(None)

    assert isinstance(end, Refused)
    assert str(end) == "4001 unauthorized: Authentication failed"


async def test_a_request_is_told_why_the_connection_ended() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.refuse(4002, "token_expired", "reconnect with a new one")

    async with connection_to(script) as connection:
        with pytest.raises(Refused):
            await connection.ping()
        with pytest.raises(Refused):
            await connection.ping()


async def test_nothing_is_asked_of_a_connection_that_has_ended() -> None:
    heard: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.send("disconnect", code=4200, reason="deploy")
        with suppress(ConnectionClosed):
            heard.append((await peer.receive())["type"])

    async with connection_to(script) as connection:
        await connection.until_end(None)
        with pytest.raises(Refused, match="deploy"):
            await connection.ping()
    assert heard == []


async def test_nothing_is_asked_of_a_connection_that_its_owner_has_closed() -> None:
    async with connection_to(Peer.stay) as connection:
        await connection.close()
        with pytest.raises(ConnectionLost, match="closed"):
            await connection.ping()


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012])
async def test_a_close_without_a_reason_of_ours_is_a_loss(code: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.close(code)

    async with connection_to(script) as connection:
        end = await connection.until_end(None)

    assert isinstance(end, ConnectionLost)
    assert str(code) in str(end)


async def test_a_gateway_that_can_close_with_our_codes_is_understood() -> None:
    async def script(peer: Peer) -> None:
        await peer.close(4001, "Authentication failed")

    async with connection_to(script) as connection:
        end = await connection.until_end(None)

    assert str(end) == "4001 unauthorized: Authentication failed"


async def test_a_broken_line_is_a_loss() -> None:
    async def script(peer: Peer) -> None:
        peer.abort()

    async with connection_to(script) as connection:
        assert isinstance(await connection.until_end(None), ConnectionLost)


async def test_a_disconnect_frame_ends_the_connection_for_its_reason() -> None:
    async def script(peer: Peer) -> None:
        await peer.send("disconnect", code=4200, reason="deploy", after_ms=50)
        await peer.stay()

    async with connection_to(script) as connection:
        end = await connection.until_end(None)

    assert isinstance(end, Refused)
    assert (end.code, end.after_ms) == (4200, 50)


async def test_pings_follow_the_interval_until_one_is_not_answered() -> None:
    time, pings = ManualTime(), []

    async def script(peer: Peer) -> None:
        pings.append(await peer.receive())
        await peer.send("pong", id=pings[0]["id"])
        pings.append(await peer.receive())
        await peer.stay()

    async with connection_to(script, time=time, answer_timeout=0.05) as connection:
        end = asyncio.create_task(connection.until_end(Pace(540)))
        waits = [await time.pass_sleep(), await time.pass_sleep()]

        assert isinstance(await end, NoAnswer)
    assert waits == [540, 540]
    assert [ping["type"] for ping in pings] == ["ping", "ping"]


async def test_what_the_server_pushes_makes_a_ping_unnecessary() -> None:
    time, ears = ManualTime(), Ears()
    push = asyncio.Event()

    async def script(peer: Peer) -> None:
        await push.wait()
        await peer.send("notification", id="ntf_1")
        await peer.stay()

    async with connection_to(script, ears, time) as connection:
        end = asyncio.create_task(connection.until_end(Pace(540)))
        await time.next_sleep()
        time.advance(500)
        push.set()
        while not ears.notifications:
            await asyncio.sleep(0)
        time.advance(40)

        assert await time.next_sleep() == 500
        end.cancel()


async def test_what_the_gateway_would_hang_up_for_is_not_sent() -> None:
    async def script(peer: Peer) -> None:
        ping = await peer.receive()
        await peer.send("pong", id=ping["id"])
        await peer.stay()

    async with connection_to(script) as connection:
        with pytest.raises(RequestRefused, match="4413"):
            await connection.mark(["n" * 100] * 400, "read")

        assert await connection.ping() == 0
