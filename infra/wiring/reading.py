"""Who may read which stream."""

from infra.stores.streams import DynamoStreams
from infra.stores.users import DynamoUsers
from infra.wiring import new_id, part
from notify.reading import Reader


@part
def reader() -> Reader:
    return Reader(DynamoStreams(new_id), DynamoUsers())
