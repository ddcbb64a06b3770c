"""The @connections API of API Gateway: posts to open connections and closes them."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.clients import new_client
from infra.invocation import correlation_id, follow
from infra.log import log
from notify.model import ConnectionId
from notify.ports import Outcome

# A post to a peer that vanished without a FIN hangs (aws-sdk-js-v3#6896): wait no longer than this.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=16,
)
POSTS_AT_ONCE = 16
# API Gateway answers 410 with an empty body, and 400 to an id that it could never have given out
# (localstack#4694): nobody will ever be reached under either.
GONE = frozenset({"GoneException", "410", "BadRequestException"})

T = TypeVar("T")


class ApiGateway:
    """The gateway behind one callback endpoint, `https://{api}.execute-api.{region}…/{stage}`."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region

    @functools.cached_property
    def _client(self) -> Any:
        """Made when first needed: who connects is posted nothing."""
        return new_client("apigatewaymanagementapi", self._region, CONFIG, self._endpoint)

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        """FAILED covers throttling, a peer that hangs and a gateway that is down: try again."""
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except ClientError as error:
            return _outcome(error)
        except BotoCoreError as error:
            log("post_failed", level="warning", error=type(error).__name__)
            return Outcome.FAILED
        return Outcome.POSTED

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        return _each(lambda connection_id: self.post(connection_id, frames[connection_id]), frames)

    def disconnect(self, connection_id: ConnectionId) -> None:
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except (ClientError, BotoCoreError) as error:
            if not isinstance(error, ClientError) or _outcome(error) is not Outcome.GONE:
                log("disconnect_failed", level="warning", error=type(error).__name__)

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        for _ in _each(self.disconnect, connection_ids):
            pass

    def is_open(self, connection_id: ConnectionId) -> bool:
        try:
            self._client.get_connection(ConnectionId=connection_id)
        except ClientError as error:
            return _outcome(error) is not Outcome.GONE
        except BotoCoreError as error:
            log("post_failed", level="warning", error=type(error).__name__)
        return True

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        return _each(self.is_open, connection_ids)


def _each(
    call: Callable[[ConnectionId], T], connection_ids: Iterable[ConnectionId]
) -> Iterator[tuple[ConnectionId, T]]:
    """Some at once: a call is ten milliseconds of waiting and one of work."""
    ids = list(connection_ids)
    if len(ids) < 2:
        yield from ((connection_id, call(connection_id)) for connection_id in ids)
        return
    # A thread begins without what its invocation is about.
    threads, followed = min(POSTS_AT_ONCE, len(ids)), (correlation_id(),)
    with ThreadPoolExecutor(threads, initializer=follow, initargs=followed) as pool:
        yield from zip(ids, pool.map(call, ids), strict=True)


def _outcome(error: ClientError) -> Outcome:
    code = str(error.response["Error"].get("Code"))
    if code in GONE:
        return Outcome.GONE
    log("post_failed", level="warning", error=code)
    return Outcome.FAILED
