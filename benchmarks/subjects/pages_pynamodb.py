"""PynamoDB: a model, and its query."""

from collections.abc import Callable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from benchmarks.subjects.load import PAGE, REGION, topic


class Row(Model):
    """A subscription."""

    class Meta:
        table_name = "bench-subscriptions"
        region = REGION

    topic_shard = UnicodeAttribute(hash_key=True)
    connection_id = UnicodeAttribute(range_key=True)
    username = UnicodeAttribute()
    connected_at = NumberAttribute()
    token_expires_at = NumberAttribute()
    expires_at = NumberAttribute()


def start(url: str) -> Callable[[int], None]:
    def read(times: int) -> None:
        for _ in range(times):
            assert len(page(PAGE)) == PAGE

    return read


def page(size: int) -> list[Row]:
    return list(Row.query(f"{topic(size)}#0", consistent_read=True, limit=size))
