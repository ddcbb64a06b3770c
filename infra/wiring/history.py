"""Streams, as somebody may read them."""

from infra.stores.streams import DynamoStreams
from infra.wiring import clock, new_id, part
from infra.wiring.reading import reader
from infra.wiring.topics import policy
from notify.history import History


@part
def history() -> History:
    return History(DynamoStreams(new_id), reader(), policy(), clock)
