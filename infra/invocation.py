"""What one invocation is about: the id that follows a request into its frames, and its metrics.

Metrics ride in the invocation's log line, in CloudWatch's embedded format, and cost no call.
docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from infra.settings import metrics_namespace

DIMENSIONS = ("stage",)  # each further one multiplies what CloudWatch charges
UNITS = {"ms": "Milliseconds", "backlog_ms": "Milliseconds"}

# Lambda gives a process one event at a time, but the emulator may run several in threads.
_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_metrics: ContextVar[dict[str, float] | None] = ContextVar("metrics", default=None)


def begin(correlation_id: str) -> None:
    """A new invocation; what an earlier one has left is forgotten."""
    _correlation_id.set(correlation_id)
    _metrics.set({})


def follow(correlation_id: str | None) -> None:
    """What is done from here on was asked for by that request."""
    _correlation_id.set(correlation_id)


def correlation_id() -> str | None:
    """The caller's own id of a request, or the gateway's: it is in the log and in the frames."""
    return _correlation_id.get()


def count(amounts: Mapping[str, float]) -> None:
    """Adds to the metrics of this invocation. Nothing outside of one."""
    metrics = _metrics.get()
    if metrics is None:
        return
    for name, amount in amounts.items():
        if amount:
            metrics[name] = metrics.get(name, 0) + amount


def embedded(ms: float) -> dict[str, Any]:
    """The fields of a log line that CloudWatch reads as metrics. `ms` is how long it took."""
    metrics = {**(_metrics.get() or {}), "ms": ms}
    namespace = metrics_namespace()
    if not namespace:
        return metrics
    directive = {
        "Namespace": namespace,
        "Dimensions": [DIMENSIONS],
        "Metrics": [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in metrics],
    }
    described = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
    return {**metrics, "stage": os.environ.get("STAGE", ""), "_aws": described}
