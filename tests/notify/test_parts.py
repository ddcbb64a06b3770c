from typing import Any

import pytest
from msgspec.structs import replace

from notify.model import ConnectionId, Pattern, Username
from notify.parts import PLAN, BroadcastJob, JobState, Part, Shard
from tests.notify.conftest import World

A, B = Shard(Pattern("a"), 0), Shard(Pattern("a"), 1)
JOB = BroadcastJob("bc_1", Username("root"), Pattern("a"), "ntf_1", 0, None, 9, 2)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, JobState.QUEUED),
        ({"parts": 2}, JobState.QUEUED),
        ({"parts": 2, "started_at": 1}, JobState.RUNNING),
        ({"parts": 2, "started_at": 1, "finished": {1}}, JobState.RUNNING),
        ({"parts": 2, "started_at": 1, "finished": {1, 2}}, JobState.DONE),
        ({"failed": {PLAN}}, JobState.FAILED),
        ({"parts": 2, "started_at": 1, "finished": {1}, "failed": {2}}, JobState.FAILED),
        ({"parts": 2, "started_at": 1, "finished": {1}, "failed": {1}}, JobState.RUNNING),
        ({"parts": 2, "started_at": 1, "finished": {1, 2}, "failed": {2}}, JobState.DONE),
        ({"parts": 2, "started_at": 1, "finished": {1}, "cancelled": True}, JobState.CANCELLED),
        ({"failed": {1}, "cancelled": True}, JobState.CANCELLED),
    ],
)
def test_the_state_follows_from_what_its_parts_wrote(
    fields: dict[str, Any], state: JobState
) -> None:
    job = replace(JOB, **fields)
    assert job.state is state
    assert job.is_active == (state in (JobState.QUEUED, JobState.RUNNING))


def test_a_part_is_read_shard_after_shard() -> None:
    part = Part(1, (A, B), is_last=True)
    assert (part.shard, part.is_read) == (A, False)
    middle = part.read_to(ConnectionId("c1"))
    assert (middle.shard, middle.after) == (A, "c1")
    second = middle.read_to(None)
    assert (second.shard, second.after) == (B, None)
    assert second.read_to(None).is_read


def test_a_part_is_done_once_nobody_waits(world: World) -> None:
    world.open("c1", world.principal("alice"))
    read = Part(1, (), is_last=True)
    assert read.is_done
    assert not replace(read, pending=(world.subscriber("c1"),)).is_done
