"""What was scheduled, once its time has come."""

from collections import Counter
from collections.abc import Callable

from msgspec.structs import replace

from notify.accounts import Accounts
from notify.errors import Forbidden, HeliographError, Unknown
from notify.idempotency import Trial
from notify.jobs import ScheduledJob
from notify.ports import Clock, LaterQueue
from notify.publishing import Publishing
from notify.requests import Send
from notify.scheduling import is_of_then, seconds_until
from notify.timetable import Scheduled, ScheduledSend, ScheduledState

# Longer than the function of the queue runs (serverless.yml): behind it, who claimed it is dead.
LEASE_MS = 35_000


class ScheduledSending:
    """Sends under the id fixed when it was scheduled: a job that comes twice notifies once.

    `follow` is told which request had asked for what is sent.
    """

    def __init__(
        self,
        publishing: Publishing,
        accounts: Accounts,
        scheduled: Scheduled,
        later: LaterQueue,
        clock: Clock,
        follow: Callable[[str], None],
    ) -> None:
        self._publishing = publishing
        self._accounts = accounts
        self._scheduled = scheduled
        self._later = later
        self._clock = clock
        self._follow = follow

    def send(self, job: ScheduledJob) -> Counter[str]:
        """Does nothing if it was sent or cancelled, and comes back if it is early or another's.

        Raises: Unavailable, and SQS hands the job out again.
        """
        item, now = self._scheduled.get(job.id), self._clock()
        if item is None or not item.state.is_open:
            return Counter(done=1)
        if item.correlation_id is not None:
            self._follow(item.correlation_id)
        if item.at > now:
            return self._come_back(job, item.at, now)
        if item.lease_until > now:
            return self._come_back(job, item.lease_until, now)
        claimed = replace(
            item,
            state=ScheduledState.SENDING,
            claimed_at=item.claimed_at or now,
            lease_until=now + LEASE_MS,
        )
        if not self._scheduled.change(item, claimed):
            return self._come_back(job, now + LEASE_MS, now)
        state = self._send(claimed, Trial(item.id, item.claimed_at, item.correlation_id))
        self._scheduled.change(claimed, replace(claimed, state=state))
        return Counter({state.value: 1})

    def _come_back(self, job: ScheduledJob, at: int, now: int) -> Counter[str]:
        self._later.put([job], seconds_until(at, now))
        return Counter(early=1)

    def _send(self, item: ScheduledSend, trial: Trial) -> ScheduledState:
        try:
            self._require_accounts(item)
            self._publishing.publish(item.by, item.request, trial)
        except HeliographError as error:
            if error.code.temporary:
                raise
            return ScheduledState.REFUSED
        return ScheduledState.SENT

    def _require_accounts(self, item: ScheduledSend) -> None:
        """Its rights were checked when it was scheduled; but who is no longer let in sends nothing,
        and nothing is sent to, or in the name of, somebody who has taken a username since."""
        user = self._accounts.get(item.by.username)
        if user.disabled or not is_of_then(user, item):
            raise Forbidden("the account is no longer good")
        names = item.request.usernames if isinstance(item.request, Send) else []
        if not all(is_of_then(self._accounts.get(name), item) for name in names):
            raise Unknown("a receiver is gone")
