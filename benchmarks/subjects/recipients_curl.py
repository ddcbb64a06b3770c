"""Ours: the fan-out from its rows to its posts, as the service composes it."""

from collections.abc import Callable

from benchmarks.subjects.load import FRAME, topic
from infra.wiring.gateway import gateway
from infra.wiring.subscriptions import subscriptions
from notify.fanout import Fanout
from notify.model import Pattern
from notify.ports import PAGE_SIZE
from tests.fakes import FakeConnections, FakeLaterQueue, Memory


def start(url: str) -> Callable[[int], None]:
    memory = Memory()
    store, pattern = subscriptions(), Pattern(topic(PAGE_SIZE))
    fanout = Fanout(gateway(), FakeConnections(memory), FakeLaterQueue(), memory.clock)

    def deliver(times: int) -> None:
        for _ in range(times // PAGE_SIZE):
            due = store.page(pattern, 0, None, PAGE_SIZE, now=0).subscribers
            assert len(due) == PAGE_SIZE
            while due:  # again, whom a busy machine let time out
                due = fanout.deliver(FRAME, due).failed

    return deliver
