"""API keys at the handshake: who shows one that opens the stage, and how often."""

from collections.abc import Iterable

from local_server.clock import Clock
from local_server.refusals import Refusal
from local_server.template import ApiKey
from local_server.throttling import Bucket


class ApiKeys:
    """The keys of a template."""

    def __init__(self, keys: Iterable[ApiKey], clock: Clock) -> None:
        self._keys = {key.value: key for key in keys if key.is_usable}
        self._buckets = {
            key.value: Bucket(key.throttle.rate, key.throttle.burst)
            for key in self._keys.values()
            if key.throttle is not None
        }
        self._clock = clock

    def admit(self, value: str | None) -> ApiKey:
        """The key of that value, which stood in X-Api-Key. Raises Refusal."""
        key = self._keys.get(value or "")
        if key is None:
            raise Refusal(403, "ForbiddenException", "Forbidden")
        bucket = self._buckets.get(key.value)
        if bucket is not None and not bucket.take(self._clock.now()):
            raise Refusal(429, "LimitExceededException", "Too Many Requests")
        return key
