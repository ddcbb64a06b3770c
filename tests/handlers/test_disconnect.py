import json

import pytest

from handlers import disconnect
from infra.stores.counts import DynamoCounts
from tests import events
from tests.handlers.conftest import Service


def test_the_connection_and_its_subscriptions_are_forgotten(heliograph: Service) -> None:
    heliograph.connect("c1", heliograph.token("alice", "member"))
    heliograph.say("c1", {"type": "subscribe", "topics": ["orders:eu"]})
    disconnect.handler(events.disconnect("c1"), events.CONTEXT)
    totals = DynamoCounts().totals()
    assert (totals.connections, totals.users, totals.topics) == (0, 0, 0)


def test_it_may_come_twice_or_for_somebody_who_was_refused(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    for connection_id in ("c1", "c1", "refused"):
        assert disconnect.handler(events.disconnect(connection_id), events.CONTEXT) == {
            "statusCode": 200
        }
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines[-3:]] == ["ok", "unknown", "unknown"]


def test_an_old_disconnect_leaves_the_new_connection_of_the_same_user_alone(
    heliograph: Service,
) -> None:
    heliograph.connect("old", heliograph.token("alice"))
    heliograph.connect("new", heliograph.token("alice"))
    disconnect.handler(events.disconnect("old"), events.CONTEXT)
    assert heliograph.say("new", {"type": "ping"})[0]["type"] == "pong"
