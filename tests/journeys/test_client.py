"""Our client against the running service: what it does by itself, and what it asks."""

import asyncio
from collections.abc import Callable

from client import Heliograph, PresenceJoined, State, UnreadCountChanged
from client.errors import RequestRefused
from client.pushes import Push
from tests.journeys.conftest import Service, mint

HOUR = 3600


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


async def test_a_token_is_renewed_in_the_open_connection(heliograph: Service) -> None:
    name, _ = heliograph.user("member")
    lifetimes = [150, 2 * HOUR]
    refusals: list[RequestRefused] = []

    def token() -> str:
        return mint(name, "member", seconds=lifetimes.pop(0))

    client = Heliograph(heliograph.running.http_url, token, on_error=refusals.append)
    async with client:
        assert client.welcome is not None
        connection = client.welcome.connection_id
        # The sweep warns from one to three minutes before the end, and closes after it.
        for _ in range(2):
            await heliograph.running.advance(60)
        await until(lambda: not lifetimes)
        await client.ping()
        for _ in range(3):
            await heliograph.running.advance(60)
        sent = heliograph.send(name)["notification_id"]
        assert (await anext(client.notifications())).id == sent
        assert (client.state, client.welcome.connection_id) == (State.CONNECTED, connection)
    assert refusals == []


async def test_a_connection_is_replaced_before_it_is_too_old(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    old = asyncio.Event()

    async def sleep(seconds: float) -> None:
        """Hours pass when the test says so; then the successor is young."""
        if seconds > HOUR:
            await old.wait()
            old.clear()
        else:
            await asyncio.sleep(seconds)

    client = Heliograph(heliograph.running.http_url, token, topics=["orders:eu"], sleep=sleep)
    async with client:
        heard = client.notifications()
        assert client.welcome is not None
        first = client.welcome.connection_id
        sent = [heliograph.send(name)["notification_id"]]
        arrived = [(await anext(heard)).id]
        old.set()
        sent += [heliograph.send(name)["notification_id"] for _ in range(3)]
        await until(lambda: client.welcome is not None and client.welcome.connection_id != first)
        sent.append(heliograph.send(name)["notification_id"])
        sent.append(heliograph.broadcast("orders:*")["notification_id"])
        arrived += [(await anext(heard)).id for _ in range(5)]
        assert client.state is State.CONNECTED
        await until(lambda: heliograph.stats()["websocket_connections"] == 1)
    assert sorted(arrived) == sorted(sent)
    assert arrived[:5] == sent[:5], "those of one stream come in order"


async def test_marks_are_told_to_the_other_devices(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    told: list[Push] = []
    url = heliograph.running.http_url
    async with Heliograph(url, token) as phone, Heliograph(url, token, on_push=told.append) as desk:
        sent = [heliograph.send(name)["notification_id"] for _ in range(2)]
        await anext(desk.notifications())
        marked = await phone.mark(sent[:1], "read")
        assert (marked.count, phone.counts) == (1, marked.counts)
        await until(lambda: any(isinstance(push, UnreadCountChanged) for push in told))
        assert desk.counts == marked.counts
        page = await desk.api.inbox("unread")
    assert [entry.notification.id for entry in page.entries] == sent[1:]
    assert (page.counts.unread, page.counts.total) == (1, 2)


async def test_who_comes_to_a_watched_topic_is_told(heliograph: Service) -> None:
    (watcher, token), (guest, other) = heliograph.user("member"), heliograph.user("member")
    told: list[Push] = []
    url = heliograph.running.http_url
    watching = Heliograph(url, token, topics=["room:c"], on_push=told.append)
    async with watching as client, Heliograph(url, other, topics=["room:c"]):
        await until(lambda: any(isinstance(push, PresenceJoined) for push in told))
        presence = await client.presence("room:c")
        assert {user.user_id for user in presence.users} == {watcher, guest}
        assert (await client.api.topic_presence("room:c")).users == presence.users
    came = [push for push in told if isinstance(push, PresenceJoined)]
    assert {push.user_id for push in came} == {guest}


async def test_a_history_is_read_page_by_page(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    sent = [heliograph.send(name)["notification_id"] for _ in range(3)]
    async with Heliograph(heliograph.running.http_url, token) as client:
        first = await client.api.history(f"user:{name}", limit=2)
        assert first.position is not None
        second = await client.api.history(f"user:{name}", after_seq=first.position.seq)
    assert [entry.id for page in (first, second) for entry in page.entries] == sent
    assert (first.has_more, second.has_more) == (True, False)
