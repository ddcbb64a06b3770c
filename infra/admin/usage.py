"""What a month uses of AWS: how much of what one ping, one connection, one notification is.

Reads and writes are counted, in a test, on the code itself (tests/infra/admin/test_usage.py); times
and sizes are assumptions.
"""

from dataclasses import dataclass

from infra.settings import POSTS_AT_ONCE

GB = 1e9
MEMORY_GB = 0.5  # serverless.yml
# A read takes 5 ms, a write 6, a post 10, as in benchmarks/scale.py; nobody waits for a cold start.
PING_MS, CONNECT_MS, HELLO_MS, DISCONNECT_MS, SEND_MS = 15, 90, 60, 50, 120
POST_MS = 10 / POSTS_AT_ONCE  # of a fan-out
# Our line of JSON with its metrics, and START, END and REPORT by Lambda itself.
LOG_BYTES = 700
NOTIFICATION_BYTES = 1024
KEPT_DAYS = 30
# Connections last two hours at most, and the sweep asks for them every fifteen minutes.
HOURS_A_CONNECTION = 2
LOOKS_AN_HOUR = 4
# infra/alarms.yml, and what the log lines carry.
ALARMS, METRICS = 22, 8

# Of a user who has one role and one device, and is connected; reads that need not be consistent
# are halves.
PING_READS = 1
CONNECT_READS, CONNECT_WRITES = 7.5, 14
HELLO_READS = 14
DISCONNECT_WRITES = 14
FORGET_WRITES = 14  # by who finds it gone
SEND_READS, SEND_WRITES = 13, 5
LOOK_READS, LOOK_WRITES = 2, 2
# By `make scale`, one percent of them gone.
RECIPIENT_READS, RECIPIENT_WRITES = 0.054, 0.18
# When there is nothing to do: of the sweep a run and a minute that it looks at, and the scheduler.
RUN_READS, SWEPT_READS, SWEPT_WRITES = 7, 17, 1
SCHEDULER_READS, SCHEDULER_WRITES = 21, 1
MINUTE_MS = 300  # of both together
# Lambda asks a queue by five pollers that wait for 20 s each, also while it is empty.
# docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
QUEUES, POLLS_A_MINUTE = 3, 15

Amounts = dict[str, float]


@dataclass(frozen=True)
class Month:
    """What is asked about: `notifications` a user and `broadcasts` to everybody online, a day."""

    users: int
    hours: float
    notifications: float
    broadcasts: float
    ping_seconds: int
    lambda_pongs: bool = True
    days: int = 30

    @property
    def online_hours(self) -> float:
        """Of all users."""
        return self.users * self.hours * self.days

    def uses(self) -> dict[str, Amounts]:
        """Of everything that is priced how much, by what it is used for."""
        connections = self.online_hours / HOURS_A_CONNECTION
        return {
            "pings": _times(self.online_hours * 3600 / self.ping_seconds, self._ping()),
            "connection minutes": {"websocket_minute": self.online_hours * 60},
            "connecting": _times(connections, _connection()),
            "looking after": _times(self.online_hours * LOOKS_AN_HOUR, _look()),
            "notifications": self._notifications(),
            "broadcasts": self._broadcasts(),
            "idle": self._idle(),
        }

    def _ping(self) -> Amounts:
        frames = {"websocket_message": 2.0}
        return together(frames, _call(PING_MS, PING_READS)) if self.lambda_pongs else frames

    def _notifications(self) -> Amounts:
        """Each by an HTTP request of its own, to one connection if its user is online."""
        sent = self.users * self.notifications * self.days
        used = _times(sent, _call(SEND_MS, SEND_READS, SEND_WRITES))
        used["http_request"] = sent
        used["websocket_message"] = sent * self.hours / 24
        used["dynamodb_gb_month"] = sent / self.days * KEPT_DAYS * NOTIFICATION_BYTES / GB
        return used

    def _broadcasts(self) -> Amounts:
        recipients = self.broadcasts * self.days * self.users * self.hours / 24
        return {
            "websocket_message": recipients,
            "dynamodb_read": recipients * RECIPIENT_READS,
            "dynamodb_write": recipients * RECIPIENT_WRITES,
            "lambda_gb_second": recipients * POST_MS / 1000 * MEMORY_GB,
        }

    def _idle(self) -> Amounts:
        minutes = self.days * 24 * 60
        watching = {"alarm": float(ALARMS), "metric": float(METRICS)}
        return together(_times(minutes, _quiet_minute()), watching)


def together(*parts: Amounts) -> Amounts:
    """What they use in all."""
    things = dict.fromkeys(thing for part in parts for thing in part)
    return {thing: sum(part.get(thing, 0) for part in parts) for thing in things}


def _connection() -> Amounts:
    """$connect, hello and welcome, $disconnect."""
    return together(
        {"websocket_message": 2.0},
        _call(CONNECT_MS, CONNECT_READS, CONNECT_WRITES),
        _call(HELLO_MS, HELLO_READS),
        _call(DISCONNECT_MS, 0, DISCONNECT_WRITES),
    )


def _quiet_minute() -> Amounts:
    reads = RUN_READS + SWEPT_READS + SCHEDULER_READS
    calls = _call(MINUTE_MS, reads, SWEPT_WRITES + SCHEDULER_WRITES, calls=2)
    return calls | {"sqs_request": float(QUEUES * POLLS_A_MINUTE)}


def _look() -> Amounts:
    """The sweep meets many at once: its own price is that of its minute."""
    return {"dynamodb_read": float(LOOK_READS), "dynamodb_write": float(LOOK_WRITES)}


def _call(ms: float, reads: float, writes: float = 0, calls: int = 1) -> Amounts:
    return {
        "lambda_request": float(calls),
        "lambda_gb_second": ms / 1000 * MEMORY_GB,
        "log_gb": calls * LOG_BYTES / GB,
        "dynamodb_read": float(reads),
        "dynamodb_write": float(writes),
    }


def _times(number: float, of_one: Amounts) -> Amounts:
    return {thing: amount * number for thing, amount in of_one.items()}
