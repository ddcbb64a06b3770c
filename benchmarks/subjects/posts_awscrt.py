"""AWS's C runtime from Python: its HTTP client and its signer, without any SDK."""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Lock
from typing import Any
from urllib.parse import quote, urlsplit

from awscrt import auth, http
from awscrt.io import (
    ClientBootstrap,
    ClientTlsContext,
    DefaultHostResolver,
    EventLoopGroup,
    SocketOptions,
    TlsContextOptions,
)

from benchmarks.subjects.load import FRAME, REGION, ids, posted

CONNECTIONS = 64  # as many as ours has under way


def start(url: str) -> Callable[[int], None]:
    lanes = _Lanes(url)
    return lambda times: posted(lanes.post(ids(times)), times)


class _Lanes:
    """Connections that are kept; each takes the next post when it has an answer."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url)
        self._group = EventLoopGroup(1)
        self._credentials = auth.AwsCredentialsProvider.new_static(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ["AWS_SESSION_TOKEN"],
        )
        connecting = [self._connect() for _ in range(CONNECTIONS)]
        self._connections = [each.result() for each in connecting]

    def _connect(self) -> Any:
        options = TlsContextOptions()
        options.override_default_trust_store_from_path(None, os.environ["AWS_CA_BUNDLE"])
        tls = ClientTlsContext(options).new_connection_options()
        tls.set_server_name(str(self._host.hostname))
        return http.HttpClientConnection.new(
            str(self._host.hostname),
            int(self._host.port or 443),
            ClientBootstrap(self._group, DefaultHostResolver(self._group)),
            SocketOptions(),
            tls,
        )

    def post(self, connection_ids: list[str]) -> int:
        run = _Run(iter(connection_ids), len(connection_ids), self._sign, self._host.netloc)
        for connection in self._connections:
            run.next(connection)
        return run.done.result()

    def _sign(self, request: http.HttpRequest) -> Any:
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=self._credentials,
            region=REGION,
            service="execute-api",
        )
        return auth.aws_sign_request(request, config)


class _Run:
    """The posts of one round."""

    def __init__(
        self,
        waiting: Iterator[str],
        left: int,
        sign: Callable[[http.HttpRequest], Any],
        host: str,
    ) -> None:
        self._waiting = waiting
        self._left = left
        self._sign = sign
        self._host = host
        self._lock = Lock()
        self._posted = 0
        self.done: Future[int] = Future()

    def next(self, connection: http.HttpClientConnection) -> None:
        with self._lock:
            connection_id = next(self._waiting, None)
        if connection_id is not None:
            signing = self._sign(self._request(connection_id))
            signing.add_done_callback(lambda signed: self._send(connection, signed.result()))

    def _request(self, connection_id: str) -> http.HttpRequest:
        headers = [("Host", self._host), ("Content-Length", str(len(FRAME)))]
        path = f"/bench/%40connections/{quote(connection_id, safe='')}"
        return http.HttpRequest("POST", path, http.HttpHeaders(headers), io.BytesIO(FRAME))

    def _send(self, connection: http.HttpClientConnection, request: http.HttpRequest) -> None:
        stream = connection.request(request)
        stream.completion_future.add_done_callback(
            lambda answer: self._answered(connection, answer)
        )
        stream.activate()

    def _answered(self, connection: http.HttpClientConnection, answer: "Future[int]") -> None:
        with self._lock:
            self._posted += answer.exception() is None and answer.result() == 200
            self._left -= 1
            is_last = not self._left
        if is_last:
            self.done.set_result(self._posted)
        else:
            self.next(connection)
