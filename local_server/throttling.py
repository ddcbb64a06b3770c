"""API Gateway's quotas as token buckets: who is told to come back later."""

from collections.abc import Mapping
from dataclasses import dataclass

from local_server.clock import Milliseconds


@dataclass(frozen=True)
class Limits:
    """`None` is no limit. Rates are by the second; the defaults are AWS's own quotas.

    docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    """

    # Of the account: messages, upgrades, HTTP requests and @connections calls share it.
    requests_per_s: float | None = 10_000
    burst: int = 5_000
    connects_per_s: float | None = 500
    # AWS closes "too many requests from one client" with 1008 and does not say how many that is.
    messages_per_s_per_connection: float | None = None


@dataclass(frozen=True)
class StageThrottle:
    """Requests a second, and how many of them at once. Zeros refuse everything
    (hashicorp/terraform-provider-aws#14742).
    """

    rate: float
    burst: int


class Bucket:
    """`burst` tokens at most, filled by `rate` a second."""

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate = rate_per_s
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at: Milliseconds | None = None

    def take(self, now: Milliseconds) -> bool:
        """Whether there was a token."""
        if self._filled_at is not None:
            passed = max(0, now - self._filled_at) / 1000
            self._tokens = min(self._burst, self._tokens + passed * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttle:
    """The buckets of one emulator. A route with settings of its own leaves the stage's alone."""

    def __init__(
        self,
        limits: Limits,
        stage: StageThrottle | None = None,
        routes: Mapping[str, StageThrottle] | None = None,
    ) -> None:
        self._limits = limits
        self._account = _bucket(limits.requests_per_s, limits.burst)
        self._connects = _a_seconds_worth(limits.connects_per_s)
        self._stage = _of_stage(stage)
        self._routes = {key: _of_stage(settings) for key, settings in (routes or {}).items()}

    def admits_request(self, now: Milliseconds) -> bool:
        """A call that counts towards the account alone: HTTP and @connections."""
        return _take(self._account, now)

    def admits_message(self, now: Milliseconds, route: str) -> bool:
        return _take(self._routes.get(route, self._stage), now) and _take(self._account, now)

    def admits_upgrade(self, now: Milliseconds) -> bool:
        return self.admits_message(now, "$connect") and _take(self._connects, now)

    def of_connection(self) -> Bucket | None:
        """A new connection's own bucket: a second's worth of messages at once."""
        return _a_seconds_worth(self._limits.messages_per_s_per_connection)


def _bucket(rate_per_s: float | None, burst: float) -> Bucket | None:
    return None if rate_per_s is None else Bucket(rate_per_s, burst)


def _a_seconds_worth(rate_per_s: float | None) -> Bucket | None:
    """At once, and one at least: a bucket that never holds a token would refuse everything."""
    return _bucket(rate_per_s, max(rate_per_s or 0, 1))


def _of_stage(settings: StageThrottle | None) -> Bucket | None:
    return None if settings is None else Bucket(settings.rate, settings.burst)


def _take(bucket: Bucket | None, now: Milliseconds) -> bool:
    return bucket is None or bucket.take(now)
