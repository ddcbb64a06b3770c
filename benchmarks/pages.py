"""Pages of subscribers: what reading one costs, beside boto3's own Query."""

import os
from typing import Any

import boto3

from benchmarks.measure import Figure, cpu_us, in_turn
from infra import tables
from infra.stores.subscriptions import DynamoSubscriptions
from infra.tables import SubscriptionRow
from local_server.testing import Running
from notify.model import Pattern
from notify.ports import PAGE_SIZE

TOPIC = Pattern("bench")


def measure(running: Running, rounds: int) -> Figure:
    os.environ.update(running.environment)
    region = running.environment["AWS_REGION"]
    tables.bind(running.environment["TABLE_PREFIX"], region)
    with SubscriptionRow.batch_write() as batch:
        for number in range(PAGE_SIZE):
            batch.save(_row(number))
    client: Any = boto3.client("dynamodb", region_name=region)
    store = DynamoSubscriptions()

    def ours() -> None:
        page = store.page(TOPIC, 0, None, PAGE_SIZE, now=0)
        assert len(page.subscribers) == PAGE_SIZE

    def boto() -> None:
        answer = client.query(
            TableName=SubscriptionRow.Meta.table_name,
            KeyConditionExpression="topic_shard = :key",
            ExpressionAttributeValues={":key": {"S": f"{TOPIC}#0"}},
            ConsistentRead=True,
            Limit=PAGE_SIZE,
        )
        assert len(answer["Items"]) == PAGE_SIZE

    ours()
    boto()
    subject, baseline = in_turn(lambda: cpu_us(ours, 3), lambda: cpu_us(boto, 3), rounds)
    return Figure(
        f"read a page of {PAGE_SIZE} subscribers",
        "DynamoSubscriptions.page (PynamoDB)",
        "boto3 client, raw items",
        "CPU µs",
        subject,
        baseline,
        rounds,
    )


def _row(number: int) -> SubscriptionRow:
    return SubscriptionRow(
        f"{TOPIC}#0",
        f"L0SM9cOFvHc{number:04}=",
        username=f"user{number}",
        connected_at=1_767_225_600_000,
        token_expires_at=1_767_229_200_000,
        expires_at=4_102_444_800,
    )
