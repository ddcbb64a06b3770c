import datetime

from handlers import scheduler
from infra import wiring
from infra.stores.scheduled import DynamoScheduled
from infra.stores.timetable import DynamoTimetable
from notify.jobs import ScheduledJob, encode_job
from notify.model import Principal, Username
from notify.requests import Send
from notify.timetable import ScheduledSend
from tests import events
from tests.handlers.conftest import Service

MINUTE_MS = 60_000


def missed(by_minutes: int) -> ScheduledSend:
    """What was due while nothing ran."""
    now = wiring.clock()
    at = now - by_minutes * MINUTE_MS
    by = Principal(Username("root"), frozenset({"admin"}), None, now)
    request = Send(user_id="alice", notification_type="t", title="t", message="m")
    item = ScheduledSend("ntf_1", by, request, at, at, now + 60 * MINUTE_MS)
    DynamoScheduled().add(item)
    timetable = DynamoTimetable()
    timetable.begin(at // MINUTE_MS)
    timetable.put(at // MINUTE_MS, [item.id], item.expires_at)
    return item


def test_what_is_due_goes_to_the_queue_once(heliograph: Service) -> None:
    missed(by_minutes=30)
    event = {"time": datetime.datetime.now(datetime.UTC).isoformat()}
    for _ in range(2):
        scheduler.handler(event, events.CONTEXT)
    assert heliograph.queued("LaterQueue", wait_seconds=5) == [encode_job(ScheduledJob("ntf_1"))]
    assert heliograph.queued("LaterQueue") == []
