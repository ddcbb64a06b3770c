"""boto3's client, which threads may share, with as many connections as threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.subjects.load import AT_ONCE, FRAME, REGION, ids, posted


def start(url: str) -> Callable[[int], None]:
    post_each = poster(url)
    return lambda times: posted(post_each(ids(times)), times)


def poster(url: str) -> Callable[[Iterable[str]], int]:
    """Posts to each of them, and returns how many had it."""
    client: Any = boto3.client(
        "apigatewaymanagementapi",
        region_name=REGION,
        endpoint_url=f"{url}/bench",
        config=Config(max_pool_connections=AT_ONCE),
    )
    pool = ThreadPoolExecutor(AT_ONCE)

    def post(connection_id: str) -> bool:
        answer = client.post_to_connection(ConnectionId=connection_id, Data=FRAME)
        return bool(answer["ResponseMetadata"]["HTTPStatusCode"] == 200)

    return lambda connection_ids: sum(pool.map(post, connection_ids))
