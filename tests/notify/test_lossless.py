"""The rules and the client that resumes by them, over any sequence of what may happen to both."""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client import wire
from client.frames import (
    Notification,
    Replayed,
    RequestId,
    Welcome,
)
from client.gaps import Gap
from client.positions import Positions
from client.recent import RecentIds
from notify import model
from notify.ports import Outcome
from tests.fakes import FakeGateway
from tests.notify.conftest import World, broadcast, send

PATTERNS = (
    "orders:eu", "orders:us", "orders:us:tx", "orders:*", "orders:us:*", "news", "general", "*",
    "user:*", "role:*", "role:member",
)  # fmt: skip
TOPICS = ("orders:*", "news")
BURST = 130  # more than is replayed of one stream at once

publish = st.one_of(
    st.tuples(st.just("send")),
    st.tuples(st.just("broadcast"), st.sampled_from(PATTERNS), st.booleans()),
    st.tuples(st.just("burst"), st.sampled_from(["user:alice", "orders:eu", "orders:*"])),
)
life = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from([1, 2, 3, 8, 300])),
    st.tuples(st.just("disconnect"), st.booleans()),
    st.tuples(st.just("connect")),
    st.tuples(st.just("catch_up")),
    st.tuples(st.just("fail_next")),
    st.tuples(st.just("retry")),
)
# What happens to everybody sooner or later, so that it is met often.
away = st.just([("hear", 300), ("disconnect", True)])
back = st.just([("connect",), ("send",), ("hear", 2)])
crowd = st.just([("burst", "user:alice"), ("connect",), ("send",), ("hear", 300), ("send",)])
late = st.just([("fail_next",), ("send",), ("send",), ("hear", 1), ("disconnect", True)])
steps = st.lists(
    st.one_of(st.one_of(publish, life).map(lambda each: [each]), away, back, crowd, late),
    max_size=14,
).map(lambda parts: [each for part in parts for each in part])


class Failing(FakeGateway):
    """Fails the next posts of a fan-out."""

    failures = 0

    def post_each(
        self, frames: Mapping[model.ConnectionId, bytes]
    ) -> Iterator[tuple[model.ConnectionId, Outcome]]:
        for connection_id, frame in frames.items():
            if self.failures:
                self.failures -= 1
                yield connection_id, Outcome.FAILED
            else:
                yield connection_id, self.post(connection_id, frame)


class Device:
    """alice's: whatever it has not heard when its connection ends is lost on the way."""

    def __init__(self) -> None:
        self.world = World()
        self.gateway = self.world.gateway = Failing()
        self.world.add_user("alice", "member")
        self.due: list[str] = []
        self.heard: list[Notification] = []
        self.gaps: list[Gap] = []
        self._positions = Positions(self.gaps.append)
        self._recent = RecentIds()
        self._numbers = itertools.count(1)
        self._connection = ""
        self._waiting: list[dict[str, Any]] = []
        self._read = 0
        self.connect()
        self.hear(100)

    def send(self) -> None:
        self.due.append(send(self.world, "alice").notification_id)

    def broadcast(self, pattern: str, excluded: bool) -> None:
        names = ["alice"] if excluded else []
        sent = broadcast(self.world, pattern, exclude_user_ids=names)
        if not excluded:
            self.due.append(sent.notification_id)

    def burst(self, pattern: str) -> None:
        for _ in range(BURST):
            self.broadcast(pattern, excluded=False)

    def connect(self) -> None:
        if self._connection:
            return
        self._connection, self._read = f"c{next(self._numbers)}", 0
        self.world.open(self._connection, self.world.principal("alice", "member"))
        self._say(wire.hello(RequestId("h"), TOPICS, self._positions.resume()))

    def disconnect(self, noticed: bool) -> None:
        """Of one that is not noticed the rows stay, until a post finds it gone."""
        connection_id = model.ConnectionId(self._connection)
        self.world.gateway.open.discard(connection_id)
        if noticed:
            self.world.hub.disconnect(connection_id)
        self._connection = ""

    def fail_next(self) -> None:
        self.gateway.failures = 1

    def retry(self) -> None:
        for job in self.world.later_queue.take():
            self.world.later.run(job)

    def hear(self, frames: int) -> None:
        posted = self.world.gateway.frames(self._connection)
        for frame in posted[self._read : self._read + frames]:
            self._hear(wire.parse(json.dumps(frame)))
        self._read = min(len(posted), self._read + frames)

    def catch_up(self) -> None:
        for stream, position in self._positions.behind().items() if self._connection else ():
            self._say(wire.replay(RequestId("r"), stream, position))
            self.hear(10_000)

    def settle(self) -> None:
        """One more reconnect brings whatever is still on its way."""
        self.disconnect(noticed=True)
        self.connect()
        self.hear(10_000)
        while self._positions.behind():
            self.catch_up()

    def _say(self, text: str) -> None:
        self.world.conversation.receive(model.ConnectionId(self._connection), text)

    def _hear(self, frame: object) -> None:
        match frame:
            case Notification():
                released = self._positions.arrived(frame)
            case Welcome():
                released = self._positions.welcomed(frame)
            case Replayed():
                released = self._positions.replayed(frame)
            case _:
                pytest.fail(f"nobody asked for it: {frame}")
        self.heard += [each for each in released if self._recent.add(each.id)]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(steps)
def test_every_notification_arrives_once_and_in_the_order_of_its_stream(
    sequence: list[tuple[Any, ...]],
) -> None:
    device = Device()
    for name, *arguments in sequence:
        getattr(device, name)(*arguments)
    device.settle()
    assert sorted(each.id for each in device.heard) == sorted(device.due)
    assert device.gaps == []
    by_stream: dict[str, list[int]] = defaultdict(list)
    for each in device.heard:
        by_stream[each.stream].append(each.seq or 0)
    # What a retry brings comes late, and cannot be told from what is not due.
    retried = ("fail_next",) in sequence
    assert retried or all(seqs == sorted(seqs) for seqs in by_stream.values())
