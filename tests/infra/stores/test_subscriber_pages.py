"""How it asks; what it reads is in test_subscriptions.py."""

import json
from typing import Any

import pytest

from infra.curl import Answer
from infra.rows import RowError
from infra.stores.subscriber_pages import ATTRIBUTES
from notify.errors import Unavailable
from notify.model import ConnectionId, Pattern
from notify.ports import Page
from tests import rows
from tests.infra.stores.calls import failing
from tests.infra.stores.conftest import Stores
from tests.rows import ok

TOPIC = Pattern("orders:zoë")


def item(number: int) -> dict[str, Any]:
    texts = {name: {"S": f"c{number}"} for name in ("connection_id", "username")}
    return texts | {name: {"N": "9"} for name in ATTRIBUTES if name not in texts}


def test_a_page_is_read_consistently_and_no_more_of_it_than_is_used(by_pages: Stores) -> None:
    asked = []

    def answers(operation: str, request: dict[str, Any]) -> Answer:
        asked.append((operation, request))
        return ok({"Items": [], "Count": 0, "ScannedCount": 0})

    with rows.intercepted(answers):
        page = by_pages.subscriptions.page(TOPIC, 3, ConnectionId("c1"), 10, now=0)
    assert page == Page((), None)
    ((operation, request),) = asked
    assert (operation, request["ConsistentRead"], request["Limit"]) == ("Query", True, 10)
    assert request["ProjectionExpression"].split(",") == list(ATTRIBUTES)
    assert request["ExpressionAttributeValues"] == {
        ":topic_shard": {"S": "orders:zoë#3"},
        ":after": {"S": "c1"},
    }


def test_it_reads_on_where_a_megabyte_is_full(by_pages: Stores) -> None:
    limits = []

    def answers(operation: str, request: dict[str, Any]) -> Answer:
        start = json.loads(
            request.get("ExclusiveStartKey", {}).get("connection_id", {}).get("S", "0")
        )
        limits.append(request["Limit"])
        key = {"connection_id": {"S": str(start + 2)}}
        return ok({"Items": [item(start), item(start + 1)], "LastEvaluatedKey": key})

    with rows.intercepted(answers):
        page = by_pages.subscriptions.page(TOPIC, 0, None, 4, now=0)
    assert limits == [4, 2]
    assert [each.connection_id for each in page.subscribers] == ["c0", "c1", "c2", "c3"]
    assert page.after == "c3"


def test_a_store_that_is_busy_is_unavailable(by_pages: Stores) -> None:
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        by_pages.subscriptions.page(TOPIC, 0, None, 4, now=0)


def test_what_it_may_not_read_is_a_bug(by_pages: Stores) -> None:
    with failing("AccessDeniedException"), pytest.raises(RowError, match="AccessDenied"):
        by_pages.subscriptions.page(TOPIC, 0, None, 4, now=0)
