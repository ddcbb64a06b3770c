"""What every kind of invocation has: a context, a duration, and a place where bugs end."""

import gc
import time
from collections.abc import Mapping
from typing import Any, Protocol

from infra.invocation import embedded
from infra.log import log

Event = Mapping[str, Any]
Response = dict[str, Any]


class Context(Protocol):
    """What Lambda tells a function about its invocation."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


def log_bug(error: Exception, request_id: str) -> None:
    """Where it happened, but not its text: that may quote what a notification says."""
    import traceback  # a millisecond, and there are few

    frames = traceback.extract_tb(error.__traceback__)
    log(
        "bug",
        level="error",
        error=type(error).__name__,
        trace=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        request_id=request_id,
    )


def log_invocation(event: str, started: float, **fields: Any) -> None:
    """The one line of an invocation, its metrics in it; `started` is of `time.perf_counter`."""
    log(event, **fields, **embedded(ms_since(started)))
    if not gc.isenabled():
        _end_cold_start()


def _end_cold_start() -> None:
    """What there is by now is never looked at again; what comes is collected as ever."""
    gc.freeze()
    gc.enable()


def ms_since(started: float) -> float:
    """Milliseconds since a reading of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000, 1)
