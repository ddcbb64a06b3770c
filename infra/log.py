"""Log lines: one JSON object each, on standard output, where Lambda collects them."""

import json
import sys
from typing import Any

from infra.invocation import correlation_id


def log(event: str, level: str = "info", **fields: Any) -> None:
    """Never hand it a token, a password or what a notification says."""
    fields = {"correlation_id": correlation_id(), **fields}
    line = {"level": level, "event": event, **{k: v for k, v in fields.items() if v is not None}}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
