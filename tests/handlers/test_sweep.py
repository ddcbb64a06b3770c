import json

import pytest
from msgspec.structs import replace

from handlers import sweep
from infra import wiring
from infra.stores.counts import DynamoCounts
from infra.stores.deadlines import DynamoDeadlines
from infra.tables import ConnectionRow
from notify.deadlines import MINUTE_MS
from notify.ports import Deadline
from tests import events
from tests.handlers.conftest import Service


def make_due(connection_id: str, age_minutes: int = 0) -> None:
    """The connection's deadline is in this minute; it may have been open for longer."""
    now = wiring.clock()
    (deadline,) = [
        each
        for minute in range(now // MINUTE_MS, now // MINUTE_MS + 20)
        for page in DynamoDeadlines().due(minute)
        for each in page
        if each.connection_id == connection_id
    ]
    started = ConnectionRow.connected_at.add(-age_minutes * MINUTE_MS)
    ConnectionRow(connection_id).update(actions=[started])
    DynamoDeadlines().drop([deadline])
    DynamoDeadlines().put([replace(deadline, at=now - 2 * MINUTE_MS)])
    DynamoDeadlines().finish(now // MINUTE_MS - 3)


def run(
    capsys: pytest.CaptureFixture[str], context: events.LambdaContext = events.CONTEXT
) -> dict[str, int]:
    """What a run says of itself in its line."""
    capsys.readouterr()
    sweep.handler({}, context)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["event"] == "schedule"
    pairs = (pair.split("=") for pair in line["outcome"].split())
    return {name: int(count) for name, count in pairs}


def test_a_connection_whose_disconnect_was_lost_is_forgotten(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("c1", heliograph.token("alice", "member"))
    heliograph.gateway.open.clear()
    make_due("c1", age_minutes=16)
    line = run(capsys)
    assert (line["met"], line["gone"], line["lag_minutes"]) == (1, 1, 0)
    assert DynamoCounts().totals().connections == 0


def test_whose_token_is_about_to_end_is_told_so_and_stays(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("c1", heliograph.token("alice", seconds=100))
    make_due("c1")
    assert run(capsys)["told"] == 1
    (frame,) = heliograph.gateway.frames("c1")
    assert frame["type"] == "token_expiring"
    assert 0 < frame["expires_in_ms"] <= 100_000
    assert run(capsys)["told"] == 0
    assert heliograph.say("c1", {"type": "ping"})[0]["type"] == "pong"


def test_whose_token_has_ended_is_told_4002_and_closed(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    make_due("c1")
    ended = ConnectionRow.token_expires_at.set(wiring.clock() - 1)
    ConnectionRow("c1").update(actions=[ended])
    assert run(capsys)["expired"] == 1
    assert [frame["code"] for frame in heliograph.gateway.frames("c1")] == [4002]
    assert "c1" not in heliograph.gateway.open


def test_a_run_without_time_says_how_far_behind_it_is(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    make_due("c1", age_minutes=16)
    line = run(capsys, events.LambdaContext(remaining_ms=1000))
    assert line["met"] == 0
    assert line["lag_minutes"] > 0
    assert run(capsys)["met"] == 1


def test_a_run_on_an_empty_service_is_quiet(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(run(capsys).values()) == {0}


def test_a_connection_is_due_for_the_first_time_within_the_probe_interval(
    heliograph: Service,
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    now = wiring.clock()
    found: list[Deadline] = []
    for minute in range(now // MINUTE_MS, now // MINUTE_MS + 17):
        found += [each for page in DynamoDeadlines().due(minute) for each in page]
    assert [each.connection_id for each in found] == ["c1"]
