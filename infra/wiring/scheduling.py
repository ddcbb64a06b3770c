"""Sends at once and at a time."""

from infra.stores.scheduled import DynamoScheduled
from infra.stores.timetable import DynamoTimetable
from infra.wiring import clock, part
from infra.wiring.accounts import accounts
from infra.wiring.publishing import publishing
from infra.wiring.queues import later_queue
from notify.scheduling import DueScan, Scheduling


@part
def scheduling() -> Scheduling:
    return Scheduling(
        publishing=publishing(),
        accounts=accounts(),
        scheduled=DynamoScheduled(),
        timetable=DynamoTimetable(),
        later=later_queue(),
        clock=clock,
    )


@part
def due_scan() -> DueScan:
    return DueScan(DynamoScheduled(), DynamoTimetable(), later_queue(), clock)
