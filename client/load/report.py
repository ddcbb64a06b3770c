"""What a load says of itself: a line while it runs, a table at its end."""

from ..display import table
from .plan import Plan
from .tally import Tally


def progress_line(plan: Plan, tally: Tally, seconds: float) -> str:
    parts = [f"{seconds:.0f} s", f"{tally.open:,} of {plan.connections:,} connected"]
    if plan.rate:
        parts += [f"{tally.sent:,} sent", f"{tally.received:,} received"]
        if (half := tally.delivering.percentile(50)) is not None:
            parts.append(f"p50 {half * 1000:.0f} ms")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    return ", ".join(parts)


def summary(plan: Plan, tally: Tally, seconds: float) -> dict[str, object]:
    """For `--json`; times in milliseconds, rates a second."""
    return {
        "seconds": round(seconds, 1),
        "connections": {
            "asked": plan.connections,
            "tried": tally.tried,
            "opened": tally.connected,
            "open": tally.open,
        },
        "connect_ms": tally.connecting.milliseconds(),
        "sent": tally.sent,
        "sent_per_second": _rate(tally.sent, tally.sending),
        "received": tally.received,
        "received_per_second": _rate(tally.received, tally.sending),
        "received_otherwise": tally.other,
        "delivery_ms": tally.delivering.milliseconds(),
        "errors": dict(tally.errors.most_common()),
    }


def summary_words(plan: Plan, tally: Tally, seconds: float) -> str:
    numbers = {
        "connections tried": tally.tried,
        "opened": tally.connected,
        "open at the end": tally.open,
    }
    if plan.rate:
        numbers |= {"sent": tally.sent, "received": tally.received}
    lines = [f"{seconds:.1f} s", "", table(numbers.items()), "", _times(plan, tally)]
    if plan.rate:
        sent, received = _rate(tally.sent, tally.sending), _rate(tally.received, tally.sending)
        lines += ["", f"{sent:,} sent and {received:,} received a second"]
    if tally.errors:
        lines += ["", "errors", table(tally.errors.most_common())]
    return "\n".join(lines)


def _times(plan: Plan, tally: Tally) -> str:
    rows = [("connect", tally.connecting)]
    if plan.rate:
        rows.append(("send to receipt", tally.delivering))
    names = max(len(name) for name, _ in rows)
    head = f"{'ms':<{names}}" + "".join(f"{title:>9}" for title in ("p50", "p95", "p99", "max"))
    lines = [
        f"{name:<{names}}"
        + "".join(
            f"{'-' if value is None else format(value, ',.1f'):>9}"
            for value in samples.milliseconds().values()
        )
        for name, samples in rows
    ]
    return "\n".join([head, *lines])


def _rate(number: int, seconds: float) -> float:
    return round(number / seconds, 1) if seconds else 0.0
