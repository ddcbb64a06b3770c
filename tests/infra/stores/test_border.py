import pytest
from msgspec.structs import replace

from infra.curl import Answer
from infra.rows import GetError, RowError
from infra.stores.border import TEMPORARY, condition_failed, translated
from notify.credentials import Family, Ticket
from notify.errors import Unavailable, Unknown
from notify.marks import State
from notify.model import ConnectionId, Pattern, Username
from tests.infra.stores.calls import Call, failing, intercepted, listed
from tests.infra.stores.conftest import Stores, a_connection
from tests.infra.stores.test_broadcasts import ANNOUNCEMENT, JOB, PART
from tests.infra.stores.test_streams import a_frame
from tests.infra.stores.test_users import ALICE
from tests.permissions import functions, grants
from tests.rows import DOWN, TIMED_OUT, ok


@pytest.mark.parametrize("code", sorted(TEMPORARY))
def test_what_passes_is_unavailable(dynamo: Stores, code: str) -> None:
    with failing(code), pytest.raises(Unavailable, match="try again") as raised:
        dynamo.connections.get(ConnectionId("c1"))
    assert isinstance(raised.value.__cause__, RowError)


@pytest.mark.parametrize("nothing", [DOWN, TIMED_OUT], ids=["down", "hanging"])
def test_a_network_that_is_down_is_unavailable(dynamo: Stores, nothing: Answer) -> None:
    with intercepted(lambda call: nothing), pytest.raises(Unavailable):
        dynamo.users.get(Username("alice"))


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"]
)
def test_anything_else_is_a_bug_and_propagates(dynamo: Stores, code: str) -> None:
    with failing(code), pytest.raises(GetError):
        dynamo.connections.get(ConnectionId("c1"))


def test_our_own_errors_pass_untouched() -> None:
    @translated
    def refuse(name: str) -> None:
        raise Unknown(name)

    with pytest.raises(Unknown, match="alice"):
        refuse("alice")


def test_an_operation_keeps_its_name_and_its_answer() -> None:
    @translated
    def double(number: int) -> int:
        return 2 * number

    assert (double.__name__, double(21)) == ("double", 42)


def test_an_error_without_an_answer_is_no_failed_condition() -> None:
    assert not condition_failed(RowError("no cause"))


def test_a_batch_that_is_never_taken_whole_is_unavailable(dynamo: Stores) -> None:
    def nothing_is_taken(call: Call) -> Answer | None:
        if call.operation != "BatchWriteItem":
            return None
        left = {
            "DeleteRequest": {"Key": {"topic_shard": {"S": "a#0"}, "connection_id": {"S": "c"}}}
        }
        return ok({"UnprocessedItems": {"test-subscriptions": [left]}})

    with intercepted(nothing_is_taken), pytest.raises(Unavailable):
        dynamo.open("c1")


def everything(stores: Stores) -> None:
    stores.users.add(ALICE)
    stores.users.replace(stores.users.get(ALICE.username) or ALICE)
    stores.users.remove(ALICE.username, 0)
    connection = a_connection("c1", "a:b", "user:alice")
    stores.connections.open(connection)
    stores.connections.subscribe(connection, Pattern("news"), 100)
    stores.connections.unsubscribe(connection, Pattern("news"))
    for subscriber in stores.subscribers("news"):
        stores.connections.extend(subscriber, 1)
    stores.connections.renew(connection, replace(connection.principal, token_expires_at=1))
    for subscriber in stores.subscribers("a:*"):
        stores.connections.forget(subscriber)
    stores.streams.append(a_frame(), 0, 0)
    stores.subscriptions.exactly([Pattern("a:b")])
    stores.counts.add({"sent": 1})
    stores.limits.add("a", 1, 2, 1)
    stores.limits.add("a", 1, 3, 2)
    stores.limits.read("a", 2)
    stores.limits.clear("a")
    principal = connection.principal
    family = Family("sid", principal.username, "first", 1, 3)
    stores.credentials.add_family(family)
    stores.credentials.rotate(family, "second", 2)
    stores.credentials.family("sid", 2)
    stores.credentials.remove_family("sid")
    stores.credentials.add_ticket(Ticket("hash", principal, 3))
    stores.credentials.take_ticket("hash", 2)
    stores.counts.totals()
    stores.marks.mark(ALICE.username, "ntf_1", State.READ, 0, 0, 0)
    stores.marks.mark_all(ALICE.username, State.READ, {Pattern("a:b"): 1}, 0)
    stores.marks.since(ALICE.username, "ntf_1")
    stores.subscriptions.sizes(stores.subscriptions.audiences(Pattern("a:*")))
    stores.jobs.begin(JOB, ANNOUNCEMENT)
    stores.jobs.add_part(JOB, PART)
    stores.jobs.checkpoint(JOB.id, PART)
    stores.jobs.active()
    stores.jobs.cancel(JOB.id)
    stores.jobs.parts(JOB.id)
    announced = stores.sightings.announce(Pattern("a:b"), ALICE.username, 0, 60_000)
    stores.sightings.announce(Pattern("a:b"), ALICE.username, 0, 60_000)
    stores.sightings.get(Pattern("a:b"), ALICE.username, 0)
    stores.sightings.of_topic(Pattern("a:b"), 10, 0)
    stores.sightings.confirm(Pattern("a:b"), ALICE.username, announced)
    stores.sightings.withdraw(Pattern("a:b"), ALICE.username, announced)
    stores.sightings.remove(Pattern("a:b"), ALICE.username, announced)


def test_the_functions_may_do_what_the_stores_do(dynamo: Stores) -> None:
    granted = frozenset.union(*map(grants, functions()))
    allowed = {grant.action.removeprefix("dynamodb:") for grant in granted}
    with listed() as calls:
        everything(dynamo)
    assert frozenset.union(*(call.permissions for call in calls)) <= allowed


def test_the_stores_never_scan(dynamo: Stores) -> None:
    with listed() as calls:
        everything(dynamo)
    assert not {call.operation for call in calls} & {"Scan", "ExecuteStatement", "DescribeTable"}
