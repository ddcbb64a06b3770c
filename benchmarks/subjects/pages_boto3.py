"""boto3's client: a Query, and its items as they come."""

from collections.abc import Callable
from typing import Any

import boto3

from benchmarks.subjects.load import PAGE, REGION, topic


def start(url: str) -> Callable[[int], None]:
    client: Any = boto3.client("dynamodb", region_name=REGION)

    def read(times: int) -> None:
        for _ in range(times):
            answer = client.query(
                TableName="bench-subscriptions",
                KeyConditionExpression="topic_shard = :key",
                ExpressionAttributeValues={":key": {"S": f"{topic(PAGE)}#0"}},
                ConsistentRead=True,
                Limit=PAGE,
            )
            assert len(answer["Items"]) == PAGE

    return read
