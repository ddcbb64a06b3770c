from typing import Any

import pytest

from notify.batches import MAX_ADDRESSED_USERS, ItemResult
from notify.broadcasts import BroadcastResult
from notify.errors import HeliographError, Invalid, Unavailable
from notify.frames import NotificationFrame
from notify.idempotency import Trial
from notify.model import Username, timestamp
from notify.requests import Batch
from notify.scheduling import ScheduledResult
from notify.sends import SendResult
from tests.fakes import FakeStreams
from tests.notify.conftest import DyingGateway, World, content, reached

TRIAL = Trial("ntf_0123456789ab0123456789abcdef")


def item(**fields: Any) -> dict[str, Any]:
    return content(**fields)


def run(world: World, *messages: object, role: str = "admin", trial: Trial = TRIAL) -> Any:
    by = world.principal("root", role)
    return world.batches.run(by, Batch(list(messages)), trial)


def statuses(results: list[ItemResult]) -> list[object]:
    return [
        each.outcome.status if isinstance(each.outcome, HeliographError) else type(each.outcome)
        for each in results
    ]


def test_every_item_has_its_result_in_order(three: World) -> None:
    results = run(
        three,
        item(user_id="alice"),
        item(pattern="general"),
        item(user_id="bob", schedule_at=timestamp(three.clock() + 60_000)),
    )
    assert [each.index for each in results] == [0, 1, 2]
    assert statuses(results) == [SendResult, BroadcastResult, ScheduledResult]


def test_one_bad_item_never_costs_the_others(three: World) -> None:
    results = run(
        three,
        item(user_id="nobody"),
        "no object",
        item(user_id="alice", title=""),
        item(pattern="a::b"),
        item(user_id="alice", data={"x": "y" * 29_000}),
        item(),
        item(user_id="bob"),
    )
    assert statuses(results) == [404, 400, 422, 422, 413, 422, SendResult]
    assert reached(three) == ["c2"]


def test_who_may_send_nothing_learns_so_for_each(three: World) -> None:
    assert statuses(run(three, item(user_id="alice"), item(pattern="*"), role="member")) == [
        403,
        403,
    ]
    assert three.untouched


def test_every_item_has_an_id_of_its_own(three: World) -> None:
    results = run(three, *[item(user_id="alice")] * 3)
    assert [each.outcome.notification_id for each in results] == [
        TRIAL.part(number).notification_id for number in range(3)
    ]
    assert len({frame.id for frame in three.stored("user:alice")}) == 3


def test_too_many_users_in_all_are_refused_before_anything_is_sent(three: World) -> None:
    many = item(user_ids=[f"u{number}" for number in range(100)])
    with pytest.raises(Invalid, match="messages: at most 500 addressed users in all"):
        run(three, *[many] * (MAX_ADDRESSED_USERS // 100), item(user_id="alice"))
    assert three.untouched


def test_as_many_users_as_may_be_are_taken(three: World) -> None:
    many = item(user_ids=[f"u{number}" for number in range(100)])
    results = run(three, *[many] * (MAX_ADDRESSED_USERS // 100), item(pattern="general"))
    assert statuses(results) == [404] * 5 + [BroadcastResult]


class StreamsThatBreak(FakeStreams):
    """What is stored behind the first few is lost."""

    left = 2

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        if not self.left:
            raise Unavailable("the stream is busy: try again")
        self.left -= 1
        return super().append(frame, at, expires_at, excluded)


def test_a_second_try_does_what_the_first_has_left_and_repeats_nothing(three: World) -> None:
    streams = three.streams = StreamsThatBreak(three.memory)
    messages = [item(user_id="alice", title=str(number)) for number in range(4)]
    assert statuses(run(three, *messages)) == [SendResult, SendResult, 503, 503]
    streams.left = 4
    retry = Trial(TRIAL.notification_id, three.clock())
    assert statuses(run(three, *messages, trial=retry)) == [SendResult] * 4
    assert [frame.title for frame in three.stored("user:alice")] == ["0", "1", "2", "3"]


def test_every_item_is_stored_before_anybody_is_told_of_one(three: World) -> None:
    gateway, three.gateway = three.gateway, DyingGateway()
    at = timestamp(three.clock() + 10 * 60_000)
    messages = [
        item(user_ids=["alice", "bob"]),
        item(pattern="general"),
        item(user_id="bob", schedule_at=at),
        item(user_id="bob", title="last"),
    ]
    with pytest.raises(KeyboardInterrupt):
        run(three, *messages)
    assert [len(three.stored(f"user:{name}")) for name in ("alice", "bob")] == [1, 2]
    assert len(three.stored("general")) == 1
    assert three.scheduled.get(TRIAL.part(2).notification_id)
    three.gateway = gateway
    run(three, *messages, trial=Trial(TRIAL.notification_id, three.clock()))
    assert reached(three) == []
    three.do_later()
    three.deliver_all()
    assert reached(three) == ["c1", "c1", "c2", "c2", "c2", "c3", "c3"]
    assert len(three.stored("user:bob")) == 2


def test_what_could_not_be_stored_is_told_nobody_and_the_others_are(three: World) -> None:
    streams = three.streams = StreamsThatBreak(three.memory)
    streams.left = 1
    assert statuses(run(three, item(user_id="alice"), item(user_id="bob"))) == [SendResult, 503]
    assert reached(three) == ["c1", "c3"]


def test_the_users_of_all_items_together_are_few_or_many(three: World) -> None:
    run(three, *[item(user_id="bob")] * 10)
    assert {frame["unread"] for frame in three.gateway.frames("c2")} == {10}
    three.gateway.posted.clear()
    run(three, *[item(user_id="bob")] * 11)
    assert {frame["unread"] for frame in three.gateway.frames("c2")} == {None}
