"""A table's follower: it shows every change to the observer that the thing names."""

import json
from typing import Any

from functions.sockets import gateway  # type: ignore[import-not-found]

Event = dict[str, Any]


def follow(event: Event, context: Any) -> Any:
    for record in event["Records"]:
        change = record["dynamodb"]
        thing = change.get("NewImage") or change["OldImage"]
        observer = thing["observer"]["S"]
        gateway().post_to_connection(ConnectionId=observer, Data=json.dumps(record))
