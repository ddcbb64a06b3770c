import datetime
import json

import pytest
from msgspec.structs import replace

from infra.tables import ScheduledRow
from notify.errors import Unavailable
from notify.model import Action, Pattern, Principal, Username
from notify.requests import MAX_RATE, Addressed, Broadcast, Send
from notify.timetable import ScheduledSend, ScheduledState
from tests.fakes import NOW
from tests.infra.stores.calls import failing, interleave
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

BY = Principal(
    Username("root"),
    frozenset({"admin", "manager"}),
    "acme",
    NOW + HOUR_MS,
    {Pattern("orders:*"): frozenset({Action.PUBLISH})},
)
SEND = Send(
    user_ids=["alice", "bob"],
    notification_type="approved",
    title="Approved",
    message="\N{SNOWMAN}",
    data={"loan_id": 12, "none": None},
    schedule_at=datetime.datetime(2026, 1, 1, 1, tzinfo=datetime.UTC),
    exclude_connections=["c1"],
)
BROADCAST = Broadcast(
    pattern="orders:*", notification_type="news", title="News", message="", persist="none"
)
LEAST = Send(user_id="alice", notification_type="t", title="t", message="m")
ITEM = ScheduledSend("ntf_1", BY, SEND, NOW + HOUR_MS, NOW, NOW + 2 * HOUR_MS)


@pytest.mark.parametrize("request_", [SEND, BROADCAST, LEAST])
def test_what_is_read_is_what_was_added(stores: Stores, request_: Addressed) -> None:
    item = replace(ITEM, request=request_)
    assert stores.scheduled.add(item) == item
    assert stores.scheduled.get("ntf_1") == item


def test_a_rate_that_an_earlier_version_took_is_read_as_the_highest(dynamo: Stores) -> None:
    dynamo.scheduled.add(replace(ITEM, request=BROADCAST))
    row = ScheduledRow.get("item#ntf_1", "ntf_1")
    earlier = json.dumps(json.loads(row.request or "") | {"max_rate": 10**12})
    row.update([ScheduledRow.request.set(earlier)])
    (found,) = dynamo.scheduled.get_each(["ntf_1"]).values()
    assert found.request == replace(BROADCAST, max_rate=MAX_RATE)


def test_the_correlation_id_is_kept(stores: Stores) -> None:
    stores.scheduled.add(replace(ITEM, correlation_id="order-12"))
    found = stores.scheduled.get("ntf_1")
    assert found is not None
    assert found.correlation_id == "order-12"


def test_what_was_never_added_is_not_there(stores: Stores) -> None:
    assert stores.scheduled.get("ntf_1") is None
    assert stores.scheduled.get_each(["ntf_1"]) == {}


def test_the_first_under_an_id_stays(stores: Stores) -> None:
    stores.scheduled.add(ITEM)
    stores.scheduled.change(ITEM, replace(ITEM, state=ScheduledState.CANCELLED))
    again = replace(ITEM, request=BROADCAST)
    assert stores.scheduled.add(again) == replace(ITEM, state=ScheduledState.CANCELLED)


def test_many_are_read_at_once(stores: Stores) -> None:
    items = [replace(ITEM, id=f"ntf_{number}") for number in range(120)]
    for item in items:
        stores.scheduled.add(item)
    found = stores.scheduled.get_each([*(item.id for item in items), "ntf_x"])
    assert found == {item.id: item for item in items}


def test_a_change_is_written_if_nobody_was_faster(stores: Stores) -> None:
    stores.scheduled.add(ITEM)
    claimed = replace(ITEM, state=ScheduledState.SENDING, claimed_at=NOW, lease_until=NOW + 1)
    assert stores.scheduled.change(ITEM, claimed)
    assert stores.scheduled.get("ntf_1") == claimed
    assert not stores.scheduled.change(ITEM, replace(ITEM, state=ScheduledState.CANCELLED))
    again = replace(claimed, lease_until=NOW + 2)
    assert stores.scheduled.change(claimed, again)
    assert not stores.scheduled.change(claimed, replace(claimed, state=ScheduledState.SENT))
    assert stores.scheduled.get("ntf_1") == again


def test_what_is_not_there_is_not_changed(stores: Stores) -> None:
    assert not stores.scheduled.change(ITEM, replace(ITEM, state=ScheduledState.SENDING))
    assert stores.scheduled.get("ntf_1") is None


@pytest.mark.parametrize("seed", range(8))
def test_of_a_claim_and_a_cancellation_at_once_one_is_written(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.scheduled.add(ITEM)
        claim = replace(ITEM, state=ScheduledState.SENDING, lease_until=NOW + 1)
        written = interleave(
            seed,
            lambda: stores.scheduled.change(ITEM, claim),
            lambda: stores.scheduled.change(ITEM, replace(ITEM, state=ScheduledState.CANCELLED)),
        )
        assert sorted(map(bool, written)) == [False, True]


def test_a_table_that_is_busy_is_unavailable(dynamo: Stores) -> None:
    for call in (
        lambda: dynamo.scheduled.add(ITEM),
        lambda: dynamo.scheduled.get("ntf_1"),
        lambda: dynamo.scheduled.get_each(["ntf_1"]),
        lambda: dynamo.scheduled.change(ITEM, ITEM),
    ):
        with failing("ThrottlingException"), pytest.raises(Unavailable):
            call()


def test_it_expires_long_behind_its_time(dynamo: Stores) -> None:
    dynamo.scheduled.add(ITEM)
    row = ScheduledRow.get("item#ntf_1", "ntf_1")
    assert row.expires_at == ITEM.expires_at // 1000
