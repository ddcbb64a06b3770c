"""Ours: the queue's worker with a part of so many recipients, from its first page to its last.

Pages and posts go to the sink; what is written down about the broadcast stays in memory. It keeps
to no pace, and one invocation does everything.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from benchmarks.subjects.load import FRAME, posted, topic
from infra.wiring import clock
from infra.wiring.gateway import gateway
from infra.wiring.subscriptions import subscriptions
from notify.deliveries import Deliverer
from notify.fanout import Fanout
from notify.jobs import PartJob
from notify.model import Connection, ConnectionId, Pattern, Principal, Username
from notify.pacing import Pace
from notify.parts import Announcement, BroadcastJob, Part, Shard
from notify.ports import PAGE_SIZE
from tests.fakes import (
    FakeBroadcastJobs,
    FakeConnections,
    FakeCounts,
    FakeDeliveries,
    FakeLaterQueue,
    Memory,
)

SHARD = 4000
DAY_MS = 24 * 60 * 60 * 1000


def start(url: str) -> Callable[[int], None]:
    return deliver


def deliver(recipients: int) -> None:
    shards = max(1, recipients // SHARD)
    pattern = Pattern(topic(recipients // shards))
    job = BroadcastJob("bc", Username("bench"), pattern, "ntf", clock(), None, recipients, shards)
    jobs = FakeBroadcastJobs()
    jobs.begin(job, Announcement(FRAME.decode()))
    jobs.add_part(job, Part(1, tuple(Shard(pattern, each) for each in range(shards)), True))
    jobs.planned(job.id, 1, shards)
    queue = FakeDeliveries()
    deliverer = _deliverer(jobs, queue)
    queue.put([PartJob(job.id, 1)])
    while messages := queue.take():  # more than one, if a post has failed
        for message in messages:
            deliverer.run(message, lambda: DAY_MS)
    (part,) = jobs.parts(job.id)
    posted(part.delivered, recipients)


class _Connections(FakeConnections):
    """All of them have a row: whom a busy machine let time out is tried again."""

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        who = Principal(Username("u"), frozenset(), None, clock() + DAY_MS)
        return {each: Connection(each, who, 0, frozenset()) for each in connection_ids}


def _deliverer(jobs: FakeBroadcastJobs, queue: FakeDeliveries) -> Deliverer:
    memory = Memory()
    return Deliverer(
        subscriptions=subscriptions(),
        counts=FakeCounts(memory),
        fanout=Fanout(gateway(), _Connections(memory), FakeLaterQueue(), clock),
        jobs=jobs,
        deliveries=queue,
        pace=Pace(posts_a_second=PAGE_SIZE * 1_000_000, workers=1),
        clock=clock,
        sleep=time.sleep,
    )
