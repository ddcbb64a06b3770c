"""Schedules: rules of EventBridge and EventBridge Scheduler, by the emulator's clock."""

import asyncio
import json
import logging
from dataclasses import dataclass

from local_server.clock import Milliseconds
from local_server.cron import Schedule
from local_server.events import Event
from local_server.events.schedule import rule_event, scheduler_event, scheduler_input
from local_server.functions import Invoker
from local_server.ids import invocation_id
from local_server.shared import Shared
from local_server.sources.asynchronous import Delivery
from local_server.template import Asynchronous, FunctionName

logger = logging.getLogger("local_server.sources")

# A day of rate(1 minute). What a clock that jumps further leaves out is said in the log.
LATE_MOST = 1440
# A machine that slept wakes with the time of day changed and its timers unmoved.
_LOOK_AGAIN_S = 30.0


@dataclass(frozen=True)
class Rule:
    """A schedule, resolved. `input` is JSON text; `at_once` is due when it is created."""

    function: FunctionName
    arn: str
    region: str
    schedule: Schedule
    by_scheduler: bool
    at_once: bool
    input: str | None
    asynchronous: Asynchronous

    def event(self, due: Milliseconds, event_id: str) -> Event:
        if self.input is None:
            make = scheduler_event if self.by_scheduler else rule_event
            return make(self.arn, self.region, due, event_id)
        if self.by_scheduler:
            return scheduler_input(self.input, self.arn, due, event_id)
        event: Event = json.loads(self.input)
        return event


class Scheduler:
    """Fires one rule whenever it is due, what a jump of the clock skipped one after the other."""

    def __init__(self, rule: Rule, functions: Invoker, shared: Shared) -> None:
        self.rule = rule
        self._functions = functions
        self._shared = shared
        self._clock = shared.clock
        self._created = shared.clock.now()

    async def open(self) -> None:
        self._created = self._clock.now()

    async def run(self) -> None:
        late = 0
        due = self._created if self.rule.at_once else self._next(self._created)
        async with asyncio.TaskGroup() as deliveries:
            while due is not None:
                await self._until(due)
                delivery = self._delivery(due)
                deliveries.create_task(delivery.run(self._functions, self._shared))
                due = self._next(due)
                late = late + 1 if due is not None and due <= self._clock.now() else 0
                if late:
                    await delivery.tried.wait()
                if late >= LATE_MOST:
                    logger.warning("%s: later occurrences are left out", self.rule.function)
                    late, due = 0, self._next(self._clock.now())

    def _next(self, moment: Milliseconds) -> Milliseconds | None:
        return self.rule.schedule.next_after(moment)

    async def _until(self, due: Milliseconds) -> None:
        while (left := due - self._clock.now()) > 0:
            await self._clock.sleep(min(left / 1000, _LOOK_AGAIN_S))

    def _delivery(self, due: Milliseconds) -> Delivery:
        event = self.rule.event(due, invocation_id(self._shared.random_bytes))
        return Delivery(self.rule.function, self.rule.asynchronous, event)
