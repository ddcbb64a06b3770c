"""Everything a handler should not do."""

import logging
import os
import sys
import time
from typing import Any

Event = dict[str, Any]

logger = logging.getLogger()
logger.setLevel("INFO")


def handler(event: Event, context: Any) -> Any:
    how = event["body"].rsplit(":", 1)[-1].strip('"} ')
    return {
        "raise": raises,
        "sleep": lambda: time.sleep(30),
        "exit": lambda: os._exit(3),
        "sys.exit": lambda: sys.exit("leaving"),
        "odd": lambda: {"ConnectionId": "x", "Data": "y"},
        "text": lambda: "no object",
        "unserialisable": lambda: {"statusCode": 200, "body": object()},
        "print": prints,
    }[how]()


def raises() -> None:
    raise ValueError("secret details")


def prints() -> None:
    print("printed")  # noqa: T201 - as handlers do
    print("complained", file=sys.stderr)  # noqa: T201
    logger.info("logged")
    os.write(1, b"written raw\n")
