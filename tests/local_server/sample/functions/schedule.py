"""A scheduled function: it shows its event to whoever observes "tick"."""

import json
from typing import Any

from functions.sockets import gateway, observers  # type: ignore[import-not-found]

Event = dict[str, Any]


def tick(event: Event, context: Any) -> Any:
    found = observers().get_item(Key={"connection_id": "tick"}).get("Item")
    if found:
        gateway().post_to_connection(ConnectionId=found["observer"], Data=json.dumps(event))
