"""A queue of SQS over boto3, where there is no libcurl."""

import functools
from collections.abc import Iterable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.clients import client
from infra.queues import entries
from notify.errors import Unavailable

CONFIG = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


class SqsQueue:
    """One queue by its URL."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    @functools.cached_property
    def _client(self) -> Any:
        """Made when first needed: most frames put nothing into a queue."""
        return client("sqs", self._region, CONFIG)

    def put(self, bodies: Iterable[str], delay_seconds: int | None = None) -> None:
        """Raises: Unavailable if any message was not taken."""
        for batch in entries(bodies, delay_seconds):
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=batch)
            except (ClientError, BotoCoreError) as error:
                raise Unavailable("the queue does not answer: try again") from error
            if answer.get("Failed"):
                raise Unavailable("the queue did not take everything: try again")
