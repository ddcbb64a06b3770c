"""What a clock invokes, and nobody waits for."""

import functools
import time
from collections.abc import Callable, Mapping

from handlers._edge.invocation import Context, Event, log_bug, log_invocation
from infra.invocation import begin, count
from notify.errors import InternalError

RemainingMs = Callable[[], int]
Operation = Callable[[RemainingMs], Mapping[str, int]]


def schedule(operation: Operation) -> Callable[[Event, Context], None]:
    """A handler that is told how much time is left, and says how often what happened."""

    @functools.wraps(operation)
    def handler(event: Event, context: Context) -> None:
        started, outcome = time.perf_counter(), "failed"
        begin(context.aws_request_id)
        try:
            tally = operation(context.get_remaining_time_in_millis)
            # The one number that somebody should be woken by.
            count({"lag_minutes": tally.get("lag_minutes", 0)})
            outcome = " ".join(f"{name}={number}" for name, number in tally.items())
        except Exception as error:  # noqa: BLE001  (the edge is where bugs end)
            log_bug(error, context.aws_request_id)
            # Lambda logs what it catches, text and all, and tries again.
            raise InternalError from None
        finally:
            log_invocation("schedule", started, outcome=outcome, request_id=context.aws_request_id)

    return handler
