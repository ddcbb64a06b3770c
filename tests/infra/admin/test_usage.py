"""The units that the bill is made of are those that the code uses."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from handlers import disconnect, scheduler, send, sweep
from infra import wiring
from infra.admin import usage
from infra.stores.deadlines import DynamoDeadlines
from infra.wiring.connections import connections
from notify.deadlines import MINUTE_MS
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.ports import Deadline
from notify.sweep import FIRST_MINUTES
from tests import events
from tests.aws import resources
from tests.gateway_server import GatewayServer
from tests.handlers.conftest import Service
from tests.rows import intercepted

SEND = "POST /api/v1/notifications/send-realtime"
NOTIFICATION = {"user_id": "alice", "notification_type": "t", "title": "t", "message": "m"}

COUNTED_ANEW = 6


class Meter:
    """Counts read and write units of DynamoDB, of items of less than a kilobyte."""

    def __init__(self) -> None:
        self._used: dict[str, float] = defaultdict(float)

    def take(self) -> dict[str, float]:
        """Since the last time."""
        used = dict(self._used)
        self._used.clear()
        return used

    def __call__(self, operation: str, request: dict[str, Any]) -> None:
        if operation == "BatchGetItem":
            for keys in request["RequestItems"].values():
                self._used["reads"] += len(keys["Keys"]) * _unit(keys)
        elif operation == "BatchWriteItem":
            self._used["writes"] += sum(map(len, request["RequestItems"].values()))
        elif operation in ("GetItem", "Query"):
            self._used["reads"] += _unit(request)
        else:
            self._used["writes"] += 1


def _unit(request: dict[str, Any]) -> float:
    return 1 if request.get("ConsistentRead") else 0.5


@pytest.fixture
def meter(aws: None) -> Iterator[Meter]:
    meter = Meter()
    with intercepted(meter):
        yield meter


@pytest.fixture
def alice(meter: Meter, service: dict[str, str], gateway_server: GatewayServer) -> Service:
    """She has been here before: what a topic's first subscriber writes is written."""
    made = Service(gateway_server, service)
    made.add_user("alice", "member", tenant="acme")
    made.add_user("root", "admin")
    made.connect("c1", made.token("alice", "member"))
    made.say("c1", {"type": "hello"})
    disconnect.handler(events.disconnect("c1"), events.CONTEXT)
    meter.take()
    return made


def test_a_connection_uses_what_the_bill_says(alice: Service, meter: Meter) -> None:
    alice.connect("c2", alice.token("alice", "member"))
    assert meter.take() == {"reads": usage.CONNECT_READS, "writes": usage.CONNECT_WRITES}
    alice.say("c2", {"type": "hello"})
    assert meter.take() == {"reads": usage.HELLO_READS}
    alice.say("c2", {"type": "ping"})
    assert meter.take() == {"reads": usage.PING_READS}
    token = alice.token("root", "admin")
    assert (
        send.handler(events.request(SEND, NOTIFICATION, token), events.CONTEXT)["statusCode"] == 200
    )
    sent = {"reads": usage.SEND_READS, "writes": usage.SEND_WRITES}
    assert meter.take() == sent
    disconnect.handler(events.disconnect("c2"), events.CONTEXT)
    assert meter.take() == {"writes": usage.DISCONNECT_WRITES}


def test_forgetting_who_is_gone_uses_what_the_bill_says(alice: Service, meter: Meter) -> None:
    alice.connect("c2", alice.token("alice", "member"))
    meter.take()
    here = Subscriber(ConnectionId("c2"), Username("alice"), 0, 0, Pattern("general"), 0)
    connections().forget(here)
    assert meter.take() == {"writes": usage.FORGET_WRITES}


def test_a_look_at_a_connection_and_quiet_minutes_use_what_the_bill_says(
    alice: Service, meter: Meter
) -> None:
    alice.connect("c2", alice.token("alice", "member"))
    due = Deadline(ConnectionId("c2"), wiring.clock() - 2 * MINUTE_MS, frozenset())
    DynamoDeadlines().put([due])
    meter.take()
    sweep.handler({}, events.CONTEXT)
    used = meter.take()
    assert used["writes"] == FIRST_MINUTES * usage.SWEPT_WRITES + usage.LOOK_WRITES
    reads = usage.RUN_READS + FIRST_MINUTES * usage.SWEPT_READS + usage.LOOK_READS
    # In a few minutes of each hour it is these topics' turn to be counted anew.
    assert used["reads"] in (reads, reads + COUNTED_ANEW)
    scheduler.handler({}, events.CONTEXT)
    assert meter.take() == {"reads": usage.SCHEDULER_READS, "writes": usage.SCHEDULER_WRITES}


def test_what_is_watched_is_counted_as_it_is_deployed() -> None:
    alarms = [each for each in resources("infra/alarms.yml").values() if "Alarm" in each["Type"]]
    assert len(alarms) == usage.ALARMS


def test_a_month_adds_up() -> None:
    month = usage.Month(users=10, hours=12, notifications=2, broadcasts=1, ping_seconds=60)
    used = month.uses()
    assert used["connection minutes"] == {"websocket_minute": 10 * 12 * 30 * 60}
    assert used["pings"]["websocket_message"] == 2 * 10 * 12 * 30 * 60
    assert used["notifications"]["http_request"] == 10 * 2 * 30
    assert used["broadcasts"]["websocket_message"] == 10 * 30 / 2


def test_a_pong_without_a_function_costs_its_frames_alone() -> None:
    month = usage.Month(1, 24, 0, 0, ping_seconds=60, lambda_pongs=False)
    assert month.uses()["pings"].keys() == {"websocket_message"}
