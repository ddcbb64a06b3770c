"""aiobotocore's client, a hundred posts at once."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from benchmarks.subjects.load import FRAME, REGION, ids, posted

AT_ONCE = 100


def start(url: str) -> Callable[[int], None]:
    runner = asyncio.Runner()
    client = runner.run(_client(url))
    return lambda times: posted(runner.run(_post(client, times)), times)


async def _client(url: str) -> Any:
    making = get_session().create_client(
        "apigatewaymanagementapi",
        region_name=REGION,
        endpoint_url=f"{url}/bench",
        config=AioConfig(max_pool_connections=AT_ONCE),
    )
    return await making.__aenter__()


async def _post(client: Any, times: int) -> int:
    waiting = iter(ids(times))
    return sum(await asyncio.gather(*(_lane(client, waiting) for _ in range(AT_ONCE))))


async def _lane(client: Any, waiting: Iterator[str]) -> int:
    done = 0
    for connection_id in waiting:
        answer = await client.post_to_connection(ConnectionId=connection_id, Data=FRAME)
        done += answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    return done
