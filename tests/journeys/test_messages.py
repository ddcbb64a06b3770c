"""What a client says, and what it is answered."""

import pytest

from tests.journeys.conftest import Service, receive, say


async def test_ping_is_answered_by_pong(heliograph: Service) -> None:
    _, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        pong = await say(socket, type="ping", id=7)
    assert (pong["type"], pong["id"]) == ("pong", 7)


async def test_a_subscription_brings_what_is_broadcast_to_it_and_no_longer(
    heliograph: Service,
) -> None:
    name, token = heliograph.user()
    topic = f"orders:{name}"
    async with heliograph.connect(token) as socket:
        subscribed = await say(socket, type="subscribe", id="s", topics=[topic])
        first = heliograph.broadcast(topic)
        notification = await receive(socket)
        unsubscribed = await say(socket, type="unsubscribe", id="u", topics=[topic])
        second = heliograph.broadcast(topic)
        pong = await say(socket, type="ping")
    assert (subscribed["type"], subscribed["topic"], subscribed["seq"]) == ("subscribed", topic, 0)
    assert (notification["id"], notification["seq"]) == (first["notification_id"], 1)
    assert unsubscribed["type"] == "unsubscribed"
    assert (first["recipients"], second["recipients"]) == (1, 0)
    assert pong["type"] == "pong"


async def test_the_aliases_of_the_first_clients_work(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        subscribed = await say(socket, type="subscribe_pattern", pattern=f"{name}:*")
        heliograph.broadcast(f"{name}:orders:12")
        notification = await receive(socket)
        unsubscribed = await say(socket, type="unsubscribe_pattern", pattern=f"{name}:*")
    assert (subscribed["type"], subscribed["pattern"]) == ("subscribed", f"{name}:*")
    assert notification["topic"] == f"{name}:orders:12"
    assert (unsubscribed["type"], unsubscribed["pattern"]) == ("unsubscribed", f"{name}:*")


async def test_one_refused_topic_costs_neither_the_others_nor_the_socket(
    heliograph: Service,
) -> None:
    name, token = heliograph.user()
    other, _ = heliograph.user()
    async with heliograph.connect(token) as socket:
        topics = [f"user:{other}", "role:admin", "user:*", "no good", f"mine:{name}"]
        answers = [await say(socket, type="subscribe", id=1, topics=topics)]
        answers += [await receive(socket) for _ in topics[1:]]
        heliograph.send(other)
        pong = await say(socket, type="ping")
    by_topic = {frame["topic"]: frame.get("code") for frame in answers}
    assert by_topic == dict(zip(topics, [4403, 4403, 4403, 4422, None], strict=True))
    assert pong["type"] == "pong"


@pytest.mark.parametrize(
    ("text", "code"),
    [("", 4400), ("{", 4400), ('"ping"', 4400), ('{"type":"fly"}', 4400), ("[" * 9000, 4400)],
)
async def test_a_bad_frame_is_an_error_and_the_socket_stays(
    heliograph: Service, text: str, code: int
) -> None:
    _, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        await socket.send(text)
        assert (await receive(socket))["code"] == code
        assert (await say(socket, type="ping"))["type"] == "pong"


async def test_parallel_frames_of_one_connection_leave_exact_counts(heliograph: Service) -> None:
    name, token = heliograph.user()
    topic = f"race:{name}"
    async with heliograph.connect(token) as socket:
        for _ in range(4):
            await socket.send(f'{{"type":"subscribe","topics":["{topic}"]}}')
        for _ in range(4):
            assert (await receive(socket))["type"] == "subscribed"
        assert heliograph.broadcast(topic)["recipients"] == 1
        await receive(socket)
        await say(socket, type="unsubscribe", topics=[topic])
        assert heliograph.broadcast(topic, dry_run=True)["recipients"] == 0
    assert (await heliograph.stats_at_rest())["user_connections"] == 0
