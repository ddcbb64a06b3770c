"""One request, whether it is addressed to users or to a topic: stored first, then pushed."""

from notify.broadcasts import BroadcastResult, Broadcasts, StoredBroadcast
from notify.budget import Budget, new_budget
from notify.idempotency import Trial
from notify.model import Principal
from notify.ports import Clock
from notify.requests import Addressed, Broadcast, Send
from notify.sends import SendResult, Sends, StoredSend

Stored = StoredSend | StoredBroadcast


class Publishing:
    """Sends or broadcasts."""

    def __init__(self, sends: Sends, broadcasts: Broadcasts, clock: Clock) -> None:
        self._sends = sends
        self._broadcasts = broadcasts
        self._clock = clock

    def check(self, by: Principal, request: Addressed) -> str | None:
        """Raises what `publish` would before it wrote anything. Returns the correlation id that the
        frames were sized with: with another one they may be too large."""
        if isinstance(request, Broadcast):
            return self._broadcasts.check(by, request).correlation_id
        return self._sends.check(by, request)[0].correlation_id

    def publish(
        self, by: Principal, request: Addressed, trial: Trial
    ) -> SendResult | BroadcastResult:
        """Raises: Invalid, Forbidden, Unknown, PayloadTooLarge."""
        budget = self.budget([request], trial)
        return self.push(self.store(by, request, trial), budget)

    def budget(self, requests: list[Addressed], trial: Trial) -> Budget:
        """Of a call that begins now."""
        users = sum(len(each.usernames) for each in requests if isinstance(each, Send))
        return new_budget(self._clock(), users, trial.tried_at)

    def store(self, by: Principal, request: Addressed, trial: Trial) -> Stored:
        """The first half of `publish`: nobody hears of it yet. Raises: as above."""
        if isinstance(request, Broadcast):
            return self._broadcasts.store(by, request, trial)
        return self._sends.store(by, request, trial)

    def push(self, stored: Stored, budget: Budget) -> SendResult | BroadcastResult:
        """The second half."""
        if isinstance(stored, StoredBroadcast):
            return self._broadcasts.push(stored, budget)
        return self._sends.push(stored, budget)
