import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from client.errors import ApiError, Closed, Refused
from client.sync import SyncApi, SyncHeliograph
from tests.client.scripted import HttpAnswer, Peer, ScriptedApi, ScriptedGateway, stay_connected

Script = Callable[[Peer], Coroutine[Any, Any, None]]


@contextmanager
def serving(server: ScriptedGateway | ScriptedApi) -> Iterator[str]:
    """Its address, while it serves in a thread of its own."""
    ready, addresses = threading.Event(), []
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with server:
            addresses.append(server.url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def sends(*ids: str) -> Script:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        for id_ in ids:
            await peer.send("notification", id=id_)
        await peer.stay()

    return script


def test_notifications_come_in_a_plain_loop() -> None:
    with serving(ScriptedGateway(sends("a", "b"))) as url, SyncHeliograph(url, "t") as heliograph:
        ids = []
        for notification in heliograph.notifications():
            ids.append(notification.id)
            if len(ids) == 2:
                break

    assert ids == ["a", "b"]
    assert str(heliograph.state) == "disconnected"


def test_a_loop_with_a_timeout_ends_when_nothing_comes() -> None:
    with serving(ScriptedGateway(sends("a"))) as url, SyncHeliograph(url, "t") as heliograph:
        assert heliograph.receive(60).id == "a"
        assert list(heliograph.notifications(timeout=0.01)) == []
        with pytest.raises(TimeoutError, match=r"0\.01 s"):
            heliograph.receive(0.01)


def test_closing_in_another_thread_ends_the_loop() -> None:
    with serving(ScriptedGateway(stay_connected)) as url:
        heliograph = SyncHeliograph(url, "t")
        heliograph.open()
        closing = threading.Timer(0, heliograph.close)
        closing.start()

        assert list(heliograph.notifications()) == []
        closing.join()
        heliograph.close()
        with pytest.raises(Closed):
            heliograph.ping()


def test_a_refusal_is_raised_where_it_is_waited_for() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.receive()
        await peer.refuse(4004, "connection_limit", "too many")

    with serving(ScriptedGateway(refuse)) as url:
        heliograph = SyncHeliograph(url, "t")
        with pytest.raises(Refused, match="4004"):
            heliograph.open()
        with pytest.raises(Closed):
            heliograph.open()


def test_a_refusal_later_on_ends_the_loop_with_its_reason() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.welcome()
        await peer.send("notification", id="last")
        await peer.refuse(4003, "revoked", "the login has ended")

    with serving(ScriptedGateway(refuse)) as url, SyncHeliograph(url, "t") as heliograph:
        heard = heliograph.notifications()
        assert next(heard).id == "last"
        with pytest.raises(Refused, match="4003"):
            next(heard)


def test_a_bug_in_the_token_callable_is_not_hidden() -> None:
    def token() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        SyncHeliograph("http://127.0.0.1:1", token).open()


def test_calls_wait_for_their_answers() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome(unread=2, unseen=1)
        subscribe = await peer.receive()
        await peer.send("subscribed", id=subscribe["id"], topic="a")
        mark = await peer.receive()
        await peer.send("marked", id=mark["id"], count=1, unread=1, unseen=0)
        presence = await peer.receive()
        await peer.send("presence_state", id=presence["id"], topic="a", count=3, users=[])
        ping = await peer.receive()
        await peer.send("pong", id=ping["id"])
        await peer.stay()

    with serving(ScriptedGateway(script)) as url, SyncHeliograph(url, "t") as heliograph:
        heliograph.subscribe("a")
        assert heliograph.topics == ("a",)
        assert heliograph.mark(["n1"], "read").count == 1
        assert heliograph.counts is not None
        assert heliograph.counts.unread == 1
        assert heliograph.presence("a").count == 3
        assert heliograph.ping() >= 0
        assert heliograph.welcome is not None
        assert heliograph.positions == {}


def test_the_api_call_for_call() -> None:
    answers = {
        "POST /api/v1/notifications/send-realtime": HttpAnswer(200, {"status": "stored"}),
        "GET /api/v1/auth/me": HttpAnswer(401, {"detail": "Authentication failed"}),
    }
    with serving(ScriptedApi(answers)) as url:
        with SyncApi(url, "t") as api:
            assert api.send("alice", "Approved", priority="high").status == "stored"
            with pytest.raises(ApiError, match="Authentication failed"):
                api.me()
        with pytest.raises(Closed):
            api.me()
        api.close()


PROGRAM = """
import sys
from client.sync import SyncHeliograph
with SyncHeliograph(sys.argv[1], "t") as heliograph:
    print("connected", flush=True)
    for notification in heliograph.notifications():
        pass
"""


def test_ctrl_c_ends_the_loop_and_closes_the_client() -> None:
    with serving(ScriptedGateway(stay_connected)) as url:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert err.endswith("KeyboardInterrupt\n")
    assert process.returncode == -signal.SIGINT
