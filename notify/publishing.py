"""One request, whether it is addressed to users or to a topic."""

from notify.broadcasts import BroadcastResult, Broadcasts
from notify.composing import Composer
from notify.idempotency import Trial
from notify.model import Principal
from notify.requests import Addressed, Broadcast
from notify.sends import SendResult, Sends
from notify.topics import parse_pattern


class Publishing:
    """Sends or broadcasts."""

    def __init__(self, sends: Sends, broadcasts: Broadcasts, composer: Composer) -> None:
        self._sends = sends
        self._broadcasts = broadcasts
        self._composer = composer

    def check(self, by: Principal, request: Addressed) -> None:
        """Raises what `publish` would before it wrote anything."""
        if isinstance(request, Broadcast):
            pattern = parse_pattern(request.pattern, "pattern")
            self._composer.compose(by, request, pattern)
        else:
            self._sends.check(by, request)

    def publish(
        self, by: Principal, request: Addressed, trial: Trial
    ) -> SendResult | BroadcastResult:
        """Raises: Invalid, Forbidden, Unknown, PayloadTooLarge."""
        if isinstance(request, Broadcast):
            return self._broadcasts.broadcast(by, request, trial.notification_id, trial.tried_at)
        return self._sends.send(by, request, trial.notification_id, trial.tried_at)
