"""Connections that come and go, and what was sent meanwhile."""

import asyncio
from collections.abc import Iterable
from typing import Any

from client import Heliograph
from infra.gateway import ApiGateway
from notify.model import ConnectionId
from tests.journeys.conftest import Service, receive, say


async def read(socket: Any, number: int) -> list[dict[str, Any]]:
    return [await receive(socket) for _ in range(number)]


def ids(frames: Iterable[dict[str, Any]]) -> list[str]:
    return [frame["id"] for frame in frames]


async def test_who_was_away_gets_three_sends_and_a_broadcast_once(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        welcome = await say(socket, type="hello", topics=["orders:eu"])
    sent = [heliograph.send(name, title=f"No. {number}") for number in range(3)]
    told = heliograph.broadcast("orders:*")
    async with heliograph.connect(token) as socket:
        hello = {"type": "hello", "topics": ["orders:eu"], "resume": welcome["resume"]}
        again = await say(socket, **hello)
        frames = await read(socket, 4)
        pong = await say(socket, type="ping")
    assert again["resume"][f"user:{name}"]["recovered"] is True
    assert again["resume"][f"user:{name}"]["replayed"] == 3
    own = [frame for frame in frames if frame["stream"] == f"user:{name}"]
    assert ids(own) == [each["notification_id"] for each in sent]
    assert told["notification_id"] in ids(frames)
    assert {frame["replay"] for frame in frames} == {True}
    assert pong["type"] == "pong"


async def test_a_topic_is_taken_up_where_it_was_left(heliograph: Service) -> None:
    _, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        first = await say(socket, type="subscribe", topics=["builds:1"])
        await say(socket, type="unsubscribe", topics=["builds:1"])
        told = heliograph.broadcast("builds:1")
        since = {"builds:1": {"epoch": first["epoch"], "seq": first["seq"]}}
        again = await say(socket, type="subscribe", topics=["builds:1"], since=since)
        missed = await receive(socket)
    assert (again["recovered"], again["replayed"], again["seq"]) == (True, 1, 1)
    assert (missed["id"], missed["replay"]) == (told["notification_id"], True)


async def test_a_stream_is_replayed_in_parts_acknowledged_and_counted(
    heliograph: Service,
) -> None:
    name, token = heliograph.user()
    sent = [heliograph.send(name)["notification_id"] for _ in range(3)]
    acked = heliograph.stats()["counters"]["acked"]
    async with heliograph.connect(token) as socket:
        welcome = await say(socket, type="hello", ack_mode="batch")
        stream = {"stream": f"user:{name}", "epoch": welcome["resume"][f"user:{name}"]["epoch"]}
        parts: list[dict[str, Any]] = []
        after, more = 0, True
        while more:
            parts.append(await say(socket, type="replay", after_seq=after, limit=2, **stream))
            while parts[-1]["type"] == "notification":
                parts.append(await receive(socket))
            after, more = parts[-1]["seq"], parts[-1]["has_more"]
        answer = await say(socket, type="ack", id="a", stream=f"user:{name}", seq=3)
        too_far = await say(socket, type="replay", after_seq=4, **stream)
    assert [part["id"] for part in parts if part["type"] == "notification"] == sent
    assert (answer["type"], answer["seq"]) == ("acked", 3)
    assert (too_far["code"], too_far["reason"]) == (4410, "position_ahead")
    assert heliograph.stats()["counters"]["acked"] == acked + 1


async def test_the_client_misses_nothing_while_its_connection_is_down(
    heliograph: Service,
) -> None:
    name, token = heliograph.user()
    down, up = asyncio.Event(), asyncio.Event()

    async def wait(seconds: float) -> None:
        """The client sleeps before it tries again; and, for minutes, until a ping is due."""
        if seconds > 60:
            await asyncio.Event().wait()
        down.set()
        await up.wait()

    client = Heliograph(
        heliograph.running.http_url, token, topics=["orders:eu"], sleep=wait, random=lambda: 0
    )
    async with client:
        expected = [heliograph.send(name)["notification_id"]]
        heard = client.notifications()
        arrived = [(await anext(heard)).id]
        assert client.welcome is not None
        environment = heliograph.running.environment
        gateway = ApiGateway(environment["CALLBACK_ENDPOINT"], environment["AWS_REGION"])
        await asyncio.to_thread(gateway.disconnect, ConnectionId(client.welcome.connection_id))
        await down.wait()
        expected += [heliograph.send(name)["notification_id"] for _ in range(3)]
        expected.append(heliograph.broadcast("orders:*")["notification_id"])
        up.set()
        arrived += [(await anext(heard)).id for _ in range(4)]
    assert sorted(arrived) == sorted(expected)


async def test_the_history_of_a_topic_is_told(heliograph: Service) -> None:
    name, token = heliograph.user()
    sent = [heliograph.send(name)["notification_id"] for _ in range(3)]
    own = {"authorization": f"Bearer {token}"}
    pages = []
    after = 0
    for _ in range(2):
        query = {"after_seq": after, "limit": 2}
        pages.append(heliograph.http.get(f"/history/user:{name}", params=query, headers=own).json())
        after = pages[-1]["seq"]
    other = heliograph.http.get("/history/user:root", headers=own)
    assert [entry["id"] for page in pages for entry in page["entries"]] == sent
    assert [page["has_more"] for page in pages] == [True, False]
    assert other.status_code == 403
