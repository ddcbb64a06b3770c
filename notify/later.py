"""What was put off: posts that failed, to be tried once more."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from notify.errors import Unavailable
from notify.fanout import Fanout
from notify.jobs import LaterJob, RetryJob
from notify.ports import Counts

# Returns how often what happened, for the log.
Doing = Callable[[Any], Counter[str]]
Doings = Mapping[type[LaterJob], Doing]


class Later:
    """Works off the queue for later. SQS may hand out a job twice: doing one twice does no harm."""

    def __init__(self, doings: Doings) -> None:
        self._doings = doings

    def run(self, job: LaterJob) -> Counter[str]:
        return self._doings[type(job)](job)


class Retrying:
    """Posts once more to those whom a frame did not reach."""

    def __init__(self, fanout: Fanout, counts: Counts) -> None:
        self._fanout = fanout
        self._counts = counts

    def retry(self, job: RetryJob) -> Counter[str]:
        frame = job.frame.encode()
        delivery = self._fanout.deliver_again(frame, job.subscribers)
        self._fanout.retry(delivery, frame, job.attempt)
        # What is delivered is delivered: a job that fails now would deliver it again.
        with suppress(Unavailable):
            self._counts.add(delivery.tally())
        return Counter(delivery.tally())
