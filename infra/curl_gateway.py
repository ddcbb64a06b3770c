"""The @connections API of API Gateway over libcurl: one thread, many posts at once."""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pycurl

from infra.access_keys import AccessKeyError, FindKey, find_key
from infra.curl import TOTAL_MS, Answer, Request, Retries, SignedRequests, up_to
from infra.log import log
from infra.settings import POSTS_AT_ONCE
from notify.model import ConnectionId
from notify.ports import Outcome

# As botocore's standard mode does it.
RETRIES = Retries(attempts=2, pause=up_to(1.0))
HEADERS = ("Content-Type: application/octet-stream",)
# API Gateway answers 410 with an empty body, and 400 to an id that it could never have given out
# (localstack#4694): nobody will ever be reached under either.
NEVER_GIVEN_OUT = b"Invalid connectionId"

# RFC 3986, 2.3
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_IN_A_PATH = [chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256)]


class CurlGateway:
    """The gateway behind one callback endpoint, `https://{api}.execute-api.{region}…/{stage}`."""

    def __init__(
        self,
        endpoint: str,
        region: str,
        at_once: int = POSTS_AT_ONCE,
        retries: Retries = RETRIES,
        total_ms: int = TOTAL_MS,
        find: FindKey = find_key,
    ) -> None:
        self._url = endpoint.rstrip("/") + "/@connections/"
        self._requests = SignedRequests(
            "execute-api", region, retries, HEADERS, at_once, total_ms, find
        )

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        """FAILED covers throttling, a peer that hangs and a gateway that is down: try again."""
        ((_, outcome),) = self.post_each({connection_id: frame})
        return outcome

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        requests = (
            (each, Request("POST", self._to(each), frame)) for each, frame in frames.items()
        )
        return self._outcomes(frames, requests, "post_failed")

    def disconnect(self, connection_id: ConnectionId) -> None:
        self.disconnect_each([connection_id])

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        ids = list(connection_ids)
        requests = ((each, Request("DELETE", self._to(each))) for each in ids)
        for _ in self._outcomes(ids, requests, "disconnect_failed"):
            pass

    def is_open(self, connection_id: ConnectionId) -> bool:
        ((_, is_open),) = self.is_open_each([connection_id])
        return is_open

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        ids = list(connection_ids)
        requests = ((each, Request("GET", self._to(each))) for each in ids)
        for connection_id, outcome in self._outcomes(ids, requests, "post_failed"):
            yield connection_id, outcome is not Outcome.GONE

    def _to(self, connection_id: ConnectionId) -> str:
        return self._url + in_path(connection_id)

    def _outcomes(
        self,
        ids: Iterable[ConnectionId],
        requests: Iterable[tuple[ConnectionId, Request]],
        failure: str,
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        failures = Counter[str]()
        try:
            for connection_id, answer in self._requests.each(requests):
                outcome = _outcome(answer)
                if outcome is Outcome.FAILED:
                    failures[_reason(answer)] += 1
                yield connection_id, outcome
        except AccessKeyError as error:
            failures[str(error)] += 1
            yield from ((each, Outcome.FAILED) for each in ids)
        for reason, times in failures.items():
            log(failure, level="warning", error=reason, times=times)


def in_path(text: str) -> str:
    """As urllib.parse.quote, which would be three milliseconds of a cold start."""
    if text.isascii():  # as ids are: a microsecond of each post
        return text.translate(_IN_A_PATH)
    return "".join(_IN_A_PATH[byte] for byte in text.encode())


def _outcome(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome.POSTED
    if answer.status == 410 or (answer.status == 400 and NEVER_GIVEN_OUT in answer.body):
        return Outcome.GONE
    return Outcome.FAILED


def _reason(answer: Answer) -> str:
    return str(answer.status) if answer.status else _names().get(answer.error, str(answer.error))


@functools.cache
def _names() -> dict[int, str]:
    """Of libcurl's errors. They are looked for among a thousand names once something fails."""
    return {
        number: name.removeprefix("E_").lower()
        for name, number in vars(pycurl).items()
        if name.startswith("E_") and not name.startswith("E_MULTI_")
    }
