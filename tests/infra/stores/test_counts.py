import pytest

from infra.invocation import begin, embedded
from infra.stores.counts import (
    SHARDS,
    DynamoCounts,
    MeteredCounts,
    add_to,
    members_counter,
    total,
)
from infra.tables import CounterRow
from notify.errors import Unavailable
from notify.model import Pattern
from notify.ports import Totals
from tests.infra.stores.calls import failing, listed
from tests.infra.stores.conftest import Stores


def test_at_first_everything_is_zero(stores: Stores) -> None:
    zero = {"sent": 0, "delivered": 0, "gone": 0, "failed": 0, "acked": 0}
    assert stores.counts.totals() == Totals(0, 0, 0, zero)


def test_amounts_add_up(stores: Stores) -> None:
    stores.counts.add({"sent": 1, "delivered": 3})
    stores.counts.add({"sent": 1, "gone": 2, "failed": 0})
    counters = stores.counts.totals().counters
    assert counters == {"sent": 2, "delivered": 3, "gone": 2, "failed": 0, "acked": 0}


def test_many_additions_are_all_counted(stores: Stores) -> None:
    for _ in range(2 * SHARDS):
        stores.counts.add({"delivered": 1})
    assert stores.counts.totals().counters["delivered"] == 2 * SHARDS


def test_connections_users_and_topics_are_counted(stores: Stores) -> None:
    stores.open("c1", "user:alice", "orders:eu")
    stores.open("c2", "user:alice", "user:alice:drafts")
    stores.open("c3", "user:bob", user="bob")
    assert stores.tally() == (3, 2, 5)


def test_who_is_only_watched_is_not_connected(stores: Stores) -> None:
    stores.open("c1", "user:alice", "user:bob", user="alice")
    assert stores.counts.totals().users == 1


# On DynamoDB


def test_nothing_is_written_for_an_amount_of_zero(dynamo: Stores) -> None:
    with listed() as calls:
        DynamoCounts().add({"sent": 0, "delivered": 0})
    assert calls == []


def test_a_counter_is_spread_over_items(dynamo: Stores) -> None:
    for _ in range(40):
        DynamoCounts().add({"sent": 1})
    rows = list(CounterRow.query("sent"))
    assert 1 < len(rows) <= SHARDS
    assert sum(int(row.value) for row in rows) == 40


def test_a_shard_of_a_counter_tells_its_new_value(dynamo: Stores) -> None:
    counter = members_counter(Pattern("orders:eu"))
    assert [add_to(counter, 3, +1), add_to(counter, 3, +1), add_to(counter, 3, -1)] == [1, 2, 1]
    assert total(counter) == 1


@pytest.mark.parametrize("method", ["add", "totals"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str) -> None:
    arguments = [{"sent": 1}] if method == "add" else []
    with failing("ProvisionedThroughputExceededException"), pytest.raises(Unavailable):
        getattr(dynamo.counts, method)(*arguments)


def test_what_is_counted_is_a_metric_of_the_invocation_though_the_store_is_busy(
    dynamo: Stores,
) -> None:
    begin("r1")
    with failing("ThrottlingException", operation="UpdateItem"), pytest.raises(Unavailable):
        MeteredCounts(dynamo.counts).add({"sent": 1})
    assert embedded(0)["sent"] == 1
    assert MeteredCounts(dynamo.counts).totals() == dynamo.counts.totals()
