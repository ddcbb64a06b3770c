"""boto3's client, one post after another."""

from collections.abc import Callable, Iterable
from typing import Any

import boto3

from benchmarks.subjects.load import FRAME, REGION, ids, posted


def start(url: str) -> Callable[[int], None]:
    post_each = poster(url)
    return lambda times: posted(post_each(ids(times)), times)


def poster(url: str) -> Callable[[Iterable[str]], int]:
    """Posts to each of them, and returns how many had it."""
    client: Any = boto3.client(
        "apigatewaymanagementapi", region_name=REGION, endpoint_url=f"{url}/bench"
    )

    def post(connection_id: str) -> bool:
        answer = client.post_to_connection(ConnectionId=connection_id, Data=FRAME)
        return bool(answer["ResponseMetadata"]["HTTPStatusCode"] == 200)

    return lambda connection_ids: sum(map(post, connection_ids))
