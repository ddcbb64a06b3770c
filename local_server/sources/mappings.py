"""From the sources of a template to what runs them, once the names of its resources are known."""

import logging
from dataclasses import dataclass
from typing import Protocol

from local_server.errors import TemplateError
from local_server.functions import Invoker
from local_server.provisioning import Clients
from local_server.shared import Shared
from local_server.sources.batches import Policy
from local_server.sources.queues import Queue, QueuePoller
from local_server.sources.readers import Stream
from local_server.sources.schedules import Rule, Scheduler
from local_server.sources.streams import StreamPoller
from local_server.stores.endpoints import Follows
from local_server.template import (
    ACCOUNT,
    EventSource,
    Names,
    QueueSource,
    Resource,
    ScheduleSource,
    StreamSource,
    Template,
)
from local_server.template.resources import QUEUE, TABLE

logger = logging.getLogger("local_server.sources")

_VISIBLE_AFTER_S = 30  # SQS's own default


class Source(Protocol):
    async def open(self) -> None:
        """What happens from now on will be noticed. Raises StoreError."""

    async def run(self) -> None:
        """Until it is cancelled."""


def make_sources(
    template: Template,
    names: Names,
    clients: Clients,
    functions: Invoker,
    shared: Shared,
    follows: Follows,
) -> list[Source]:
    """Raises TemplateError."""
    maker = _Maker(template, names, clients, functions, shared, follows)
    return [maker.make(source) for source in template.sources]


@dataclass(frozen=True)
class _Maker:
    template: Template
    names: Names
    clients: Clients
    functions: Invoker
    shared: Shared
    follows: Follows

    def make(self, source: EventSource) -> Source:
        if isinstance(source, QueueSource):
            queue = self._queue(source)
            return QueuePoller(
                queue, self.functions, self.clients.sqs, self.shared, self.follows.queues
            )
        if isinstance(source, StreamSource):
            stream = self._stream(source)
            return StreamPoller(
                stream, self.functions, self.clients.streams, self.shared, self.follows.tables
            )
        return Scheduler(self._rule(source), self.functions, self.shared)

    def _queue(self, source: QueueSource) -> Queue:
        arn = str(self.names.resolve(source.queue_arn, source.place))
        resource = self._owner(arn, "Arn", QUEUE)
        if resource is None:
            raise TemplateError(source.place, f"no queue of this template has the ARN {arn}")
        queue = Queue(
            function=source.function,
            url=self.names.refs[resource.id],
            arn=arn,
            region=self.template.region,
            batch_size=source.batch_size,
            window_s=source.window_s,
            reports_failures=source.reports_failures,
            concurrency=source.concurrency,
        )
        if queue.is_fifo and (queue.batch_size > 10 or queue.window_s):
            raise TemplateError(
                source.place, "a FIFO queue has batches of up to 10, and no batching window"
            )
        self._check_visibility(resource, queue)
        return queue

    def _check_visibility(self, resource: Resource, queue: Queue) -> None:
        properties = self.names.resolve(resource.properties, resource.place)
        visible_after = float(properties.get("VisibilityTimeout", _VISIBLE_AFTER_S))
        timeout = self.template.functions[queue.function].timeout_s
        if visible_after < timeout:
            # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            logger.warning(
                "%s: AWS would refuse %s: messages come back after %g s, and the function may "
                "run for %g s", resource.place, queue.function, visible_after, timeout,
            )  # fmt: skip

    def _stream(self, source: StreamSource) -> Stream:
        arn = str(self.names.resolve(source.stream_arn, source.place))
        if self._owner(arn, "StreamArn", TABLE) is None:
            raise TemplateError(source.place, f"no table of this template has the stream {arn}")
        if source.parallel_batches > 1:
            logger.warning("%s: one batch of a shard at a time is in work here", source.function)
        return Stream(
            function=source.function,
            arn=arn,
            region=self.template.region,
            batch_size=source.batch_size,
            window_s=source.window_s,
            from_horizon=source.from_horizon,
            policy=Policy(
                reports_failures=source.reports_failures,
                bisects=source.bisects,
                retries=source.retries,
                max_age_ms=source.max_age_s * 1000,
            ),
        )

    def _owner(self, arn: str, attribute: str, kind: str) -> Resource | None:
        attributes = self.names.attributes
        return next(
            (
                resource
                for resource in self.template.resources.values()
                if resource.kind == kind and attributes.get((resource.id, attribute)) == arn
            ),
            None,
        )

    def _rule(self, source: ScheduleSource) -> Rule:
        name = source.name or f"{self.names.stack}-{source.logical_id}"
        path = f"schedule/default/{name}" if source.by_scheduler else f"rule/{name}"
        service = "scheduler" if source.by_scheduler else "events"
        return Rule(
            function=source.function,
            arn=f"arn:aws:{service}:{self.template.region}:{ACCOUNT}:{path}",
            region=self.template.region,
            schedule=source.schedule,
            by_scheduler=source.by_scheduler,
            # Scheduler starts a rate at once, a rule after one interval
            # (docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
            at_once=source.by_scheduler and source.expression.startswith("rate("),
            input=source.input,
            asynchronous=source.asynchronous,
        )
