from collections.abc import Callable
from functools import partial

import pytest

from infra.stores.inbox import MAX_TRIES, WATERMARKS
from infra.tables import InboxRow
from notify.errors import Unavailable
from notify.marks import Mark, State, Step, Watermarks
from notify.model import Pattern, Username
from tests.fakes import NOW
from tests.infra.stores.calls import before, failing, interleave, listed
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

ALICE = Username("alice")
GENERAL = Pattern("general")
OWN = Pattern("user:alice")


def mark(
    stores: Stores, state: State, at: int = NOW, generation: int = 0, id: str = "ntf_2"
) -> bool:
    return stores.marks.mark(ALICE, id, state, at, NOW + HOUR_MS, generation)


def marked(stores: Stores, id: str = "ntf_2") -> Mark:
    return stores.marks.since(ALICE, id)[0][id]


def mark_all(stores: Stores, state: State, seq: int, at: int = NOW) -> None:
    stores.marks.mark_all(ALICE, state, {GENERAL: seq}, at)


def test_a_user_who_marked_nothing_has_no_marks(stores: Stores) -> None:
    assert stores.marks.since(ALICE, "ntf_") == ({}, Watermarks())
    assert stores.marks.watermarks(ALICE) == Watermarks()


def test_what_is_read_is_seen(stores: Stores) -> None:
    assert mark(stores, State.READ)
    assert marked(stores) == Mark(seen_at=NOW, read_at=NOW, generation=0)


def test_what_is_marked_twice_keeps_the_first_time(stores: Stores) -> None:
    for state in (State.SEEN, State.READ, State.ARCHIVED):
        mark(stores, state)
        mark(stores, state, NOW + 1)
    assert marked(stores) == Mark(NOW, NOW, NOW, 0)


def test_what_is_unread_again_stays_seen_and_is_read_anew(stores: Stores) -> None:
    mark(stores, State.READ)
    mark(stores, State.UNREAD, NOW + 1)
    assert marked(stores) == Mark(seen_at=NOW, generation=0)
    mark(stores, State.READ, NOW + 2)
    assert marked(stores) == Mark(seen_at=NOW, read_at=NOW + 2, generation=0)


def test_a_mark_of_an_older_generation_is_not_taken(stores: Stores) -> None:
    assert mark(stores, State.UNREAD, generation=NOW)
    assert not mark(stores, State.READ, generation=NOW - 1)
    assert marked(stores) == Mark(generation=NOW)
    assert mark(stores, State.READ, generation=NOW)


@pytest.mark.parametrize("state", [State.SEEN, State.ARCHIVED])
def test_what_nothing_takes_back_is_marked_at_any_generation(stores: Stores, state: State) -> None:
    mark(stores, State.UNREAD, generation=NOW)
    assert mark(stores, state, generation=0)
    assert marked(stores).generation == NOW


def test_the_marks_since_an_id_are_read_and_nobody_elses(stores: Stores) -> None:
    for name in ("ntf_1", "ntf_2", "ntf_3"):
        mark(stores, State.SEEN, id=name)
    stores.marks.mark(Username("bob"), "ntf_4", State.SEEN, NOW, NOW + HOUR_MS, 0)
    mark_all(stores, State.READ, 5)
    marks, watermarks = stores.marks.since(ALICE, "ntf_2")
    assert marks == {"ntf_2": Mark(NOW), "ntf_3": Mark(NOW)}
    assert watermarks == stores.marks.watermarks(ALICE)


def test_watermarks_come_back_as_raised(stores: Stores) -> None:
    stores.marks.mark_all(ALICE, State.READ, {GENERAL: 5, OWN: 2}, NOW)
    mark_all(stores, State.ARCHIVED, 3, NOW)
    steps = {
        State.READ: {GENERAL: (Step(5, NOW),), OWN: (Step(2, NOW),)},
        State.ARCHIVED: {GENERAL: (Step(3, NOW + 1),)},
    }
    assert stores.marks.watermarks(ALICE) == Watermarks(NOW + 1, steps)


# On DynamoDB


def test_marks_and_watermarks_are_read_in_one_call(dynamo: Stores) -> None:
    mark(dynamo, State.SEEN)
    mark_all(dynamo, State.READ, 1)
    with listed() as calls:
        dynamo.marks.since(ALICE, "ntf_1")
    assert [call.operation for call in calls] == ["Query"]


def test_a_mark_all_is_one_write_of_one_item(dynamo: Stores) -> None:
    with listed() as calls:
        dynamo.marks.mark_all(
            ALICE, State.READ, {Pattern(f"role:{n}"): 10**9 for n in range(60)}, NOW
        )
    assert [call.operation for call in calls] == ["GetItem", "PutItem"]
    assert [row.entry for row in InboxRow.query(ALICE)] == [WATERMARKS]


def test_a_mark_lives_as_long_as_its_notification(dynamo: Stores) -> None:
    mark(dynamo, State.UNREAD)
    assert InboxRow.get(ALICE, "ntf_2").expires_at == (NOW + HOUR_MS) // 1000


def test_watermarks_outlive_whatever_they_cover(dynamo: Stores) -> None:
    mark_all(dynamo, State.READ, 1)
    year = 365 * 24 * HOUR_MS
    assert InboxRow.get(ALICE, WATERMARKS).expires_at > (NOW + year) // 1000


def test_of_two_mark_alls_at_once_neither_is_lost(dynamo: Stores) -> None:
    mark_all(dynamo, State.READ, 1)
    with before("PutItem", "inbox", lambda: mark_all(dynamo, State.ARCHIVED, 3)):
        mark_all(dynamo, State.READ, 5)
    raised = dynamo.marks.watermarks(ALICE)
    assert (raised.top(State.READ, GENERAL), raised.top(State.ARCHIVED, GENERAL)) == (5, 3)
    assert raised.generation == NOW + 2


@pytest.mark.parametrize("seed", range(6))
def test_mark_alls_in_any_order_add_up(seed: int) -> None:
    with fresh("dynamodb") as stores:
        tasks = [partial(mark_all, stores, State.READ, seq) for seq in (3, 7, 5)]
        assert interleave(seed, *tasks) == [None] * 3
        raised = stores.marks.watermarks(ALICE)
        assert raised.top(State.READ, GENERAL) == 7
        assert len(set(raised.since(State.READ, GENERAL, 1))) == 3


@pytest.mark.parametrize("seed", range(6))
def test_marks_at_once_end_in_one_of_their_orders(seed: int) -> None:
    with fresh("dynamodb") as stores:

        def older() -> bool:
            return mark(stores, State.READ, NOW + 1, generation=1)

        def newer() -> bool:
            return mark(stores, State.UNREAD, NOW + 2, generation=2)

        taken = interleave(seed, older, newer)
        assert marked(stores) == Mark(NOW + 1 if taken[0] else None, None, None, 2)
        assert taken[1] is True


def test_watermarks_that_never_stay_are_unavailable(dynamo: Stores) -> None:
    failed = failing("ConditionalCheckFailedException", operation="PutItem")
    with listed() as calls, failed, pytest.raises(Unavailable):
        mark_all(dynamo, State.READ, 1)
    assert [call.operation for call in calls].count("PutItem") == MAX_TRIES


@pytest.mark.parametrize(
    "call",
    [
        lambda stores: stores.marks.watermarks(ALICE),
        lambda stores: stores.marks.since(ALICE, "ntf_1"),
        lambda stores: mark(stores, State.READ),
        lambda stores: mark_all(stores, State.READ, 1),
    ],
)
def test_a_table_that_is_busy_is_unavailable(
    dynamo: Stores, call: Callable[[Stores], object]
) -> None:
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        call(dynamo)
