"""A queue of SQS over libcurl."""

from collections.abc import Iterable

import msgspec

from infra.access_keys import AccessKeyError
from infra.json_service import json_service
from infra.queues import Entry, entries
from notify.errors import Unavailable


class CurlQueue:
    """One queue by its URL."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._sqs = json_service("sqs", region)

    def put(self, bodies: Iterable[str], delay_seconds: int | None = None) -> None:
        """Raises: Unavailable if any message was not taken."""
        for batch in entries(bodies, delay_seconds):
            self._send(batch)

    def _send(self, batch: list[Entry]) -> None:
        body = msgspec.json.encode({"QueueUrl": self._url, "Entries": batch})
        try:
            answer = self._sqs.carry("SendMessageBatch", body)
        except AccessKeyError as error:
            raise Unavailable("the queue cannot be asked: try again") from error
        if answer.status != 200:
            raise Unavailable("the queue does not answer: try again")
        if msgspec.json.decode(answer.body).get("Failed"):
            raise Unavailable("the queue did not take everything: try again")
