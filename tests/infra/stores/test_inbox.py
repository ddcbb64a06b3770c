from collections.abc import Callable
from functools import partial

import pytest

from infra.stores.inbox import MAX_TRIES, WATERMARKS
from infra.tables import InboxRow, NotificationRow
from notify.entries import InboxCounts, Status, parse_cursor
from notify.errors import Unavailable
from notify.inbox import Inbox, Marking
from notify.marks import Mark, State, Step, Watermarks
from notify.model import Pattern, Principal, User, Username
from tests.fakes import NOW
from tests.infra.stores.calls import before, crashes, failing, interleave, listed
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh
from tests.infra.stores.test_streams import a_frame

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


# The whole inbox, with everything at once


def an_inbox(stores: Stores, *ids: str) -> tuple[Inbox, Principal]:
    """alice's, of a user that exists, with a notification a second."""
    stores.users.add(User(ALICE, "hash"))
    for number, name in enumerate(ids):
        stores.streams.append(a_frame(name, OWN), NOW + 1000 * number, NOW + HOUR_MS)
    principal = Principal(ALICE, frozenset(), None, NOW + HOUR_MS)
    return Inbox(stores.users, stores.streams, stores.marks, stores.clock), principal


def unread(inbox: Inbox, principal: Principal) -> set[str]:
    """By the list, which has to say what the counts say."""
    page = inbox.page(principal, Status.UNREAD, 100)
    assert page.counts.unread == len(page.entries) == inbox.counts(principal).unread
    return {entry.id for entry in page.entries}


@pytest.mark.parametrize("kind", ["memory", "dynamodb"])
def test_an_inbox_is_the_same_on_either_store(kind: str) -> None:
    with fresh(kind) as stores:
        inbox, alice = an_inbox(stores, "ntf_1", "ntf_2", "ntf_3")
        inbox.mark_all(alice, State.READ, None)
        inbox.mark(alice, ["ntf_2"], State.UNREAD)
        assert unread(inbox, alice) == {"ntf_2"}
        inbox.mark_all(alice, State.ARCHIVED, NOW + 1000)
        assert inbox.counts(alice) == InboxCounts(unread=1, unseen=0, total=2)


@pytest.mark.parametrize("seed", range(10))
def test_a_mark_against_a_mark_all_ends_in_one_of_their_orders(seed: int) -> None:
    with fresh("dynamodb") as stores:
        inbox, alice = an_inbox(stores, "ntf_1", "ntf_2")
        inbox.mark(alice, ["ntf_1"], State.READ)
        one, two = interleave(
            seed,
            partial(inbox.mark, alice, ["ntf_1"], State.UNREAD),
            partial(inbox.mark_all, alice, State.READ, None),
        )
        assert isinstance(one, Marking)
        assert isinstance(two, Marking)
        assert unread(inbox, alice) in (set(), {"ntf_1"})
        # Whichever was answered last knows how it ended.
        assert inbox.counts(alice) in (one.counts, two.counts)


@pytest.mark.parametrize("seed", range(10))
def test_two_mark_alls_at_once_both_hold(seed: int) -> None:
    with fresh("dynamodb") as stores:
        inbox, alice = an_inbox(stores, "ntf_1", "ntf_2", "ntf_3")
        interleave(
            seed,
            partial(inbox.mark_all, alice, State.READ, None),
            partial(inbox.mark_all, alice, State.ARCHIVED, NOW + 1500),
            partial(inbox.mark, alice, ["ntf_3"], State.SEEN),
        )
        assert inbox.counts(alice) == InboxCounts(unread=0, unseen=0, total=1)


@pytest.mark.parametrize("seed", range(10))
def test_marks_of_one_notification_on_two_devices_end_in_one_of_their_orders(seed: int) -> None:
    with fresh("dynamodb") as stores:
        inbox, alice = an_inbox(stores, "ntf_1")
        inbox.mark_all(alice, State.READ, None)
        interleave(
            seed,
            partial(inbox.mark, alice, ["ntf_1"], State.UNREAD),
            partial(inbox.mark, alice, ["ntf_1"], State.READ),
            partial(inbox.mark, alice, ["ntf_1"], State.ARCHIVED),
        )
        (entry,) = inbox.page(alice, Status.ARCHIVED, 1).entries
        assert entry.seen_at is not None
        assert inbox.counts(alice) == InboxCounts()


@pytest.mark.parametrize("seed", range(6))
def test_what_arrives_while_all_is_marked_is_never_read_unseen(seed: int) -> None:
    with fresh("dynamodb") as stores:
        inbox, alice = an_inbox(stores, "ntf_1")
        interleave(
            seed,
            partial(inbox.mark_all, alice, State.READ, None),
            partial(stores.streams.append, a_frame("ntf_2", OWN), NOW + 1, NOW + HOUR_MS),
        )
        assert unread(inbox, alice) in (set(), {"ntf_2"})
        assert stores.marks.watermarks(ALICE).top(State.READ, OWN) in (1, 2)


def test_what_expires_while_it_is_marked_is_neither_listed_nor_in_the_way(dynamo: Stores) -> None:
    inbox, alice = an_inbox(dynamo, "ntf_1")
    with before("UpdateItem", "inbox", lambda: dynamo.clock.advance(HOUR_MS)):
        inbox.mark(alice, ["ntf_1"], State.READ)
    assert InboxRow.get(ALICE, "ntf_1").expires_at * 1000 <= dynamo.clock()
    assert inbox.page(alice, Status.ALL, 10).entries == []
    assert inbox.counts(alice) == InboxCounts()
    assert inbox.mark(alice, ["ntf_1"], State.UNREAD).ids == []


def test_what_is_removed_while_it_is_listed_is_left_out(dynamo: Stores) -> None:
    inbox, alice = an_inbox(dynamo, "ntf_1", "ntf_2", "ntf_3")
    with before("BatchGetItem", "notifications", lambda: NotificationRow(OWN, 2).delete()):
        page = inbox.page(alice, Status.ALL, 2)
    assert [entry.id for entry in page.entries] == ["ntf_3"]
    assert page.next_cursor is not None
    rest = inbox.page(alice, Status.ALL, 2, parse_cursor(page.next_cursor))
    assert [entry.id for entry in rest.entries] == ["ntf_1"]


def test_a_mark_that_a_crash_cut_short_is_made_by_trying_again(dynamo: Stores) -> None:
    inbox, alice = an_inbox(dynamo, "ntf_1", "ntf_2", "ntf_3")
    ids = ["ntf_1", "ntf_2", "ntf_3"]
    for attempt in crashes():
        attempt(lambda: inbox.mark(alice, ids, State.READ))
        assert len(unread(inbox, alice)) == inbox.counts(alice).unread
    assert unread(inbox, alice) == set()
