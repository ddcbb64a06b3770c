"""What a function says of its batch, as Lambda understands it."""

import json
from collections.abc import Sequence
from typing import Any


def failed_ids(payload: str, known: set[str]) -> set[str]:
    """The items a function reports as failed; a bad report fails all of them.

    docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    result = json.loads(payload)
    if not result:
        return set()
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    if failures is None:
        return set() if isinstance(result, dict) else known
    if not isinstance(failures, list):
        return known
    named = [_identifier(item) for item in failures]
    return set(named) if known.issuperset(named) else known


def _identifier(item: Any) -> str:
    """Empty where there is none; so no item is named."""
    name = item.get("itemIdentifier") if isinstance(item, dict) else None
    return name if isinstance(name, str) else ""


def first_failure(payload: str, sequence_numbers: Sequence[str]) -> int | None:
    """Where a stream starts again: at the lowest number that is reported."""
    failed = failed_ids(payload, set(sequence_numbers))
    return next((at for at, number in enumerate(sequence_numbers) if number in failed), None)


def overtaken(groups: Sequence[tuple[str, str | None]], failed: set[str]) -> set[str]:
    """Of ids with their message groups: who succeeded after a failure in the same group."""
    blocked: set[str] = set()
    found: set[str] = set()
    for name, group in groups:
        if group is not None and name in failed:
            blocked.add(group)
        elif group in blocked:
            found.add(name)
    return found
