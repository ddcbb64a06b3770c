"""A small `@connections` API on loopback: it records posts and says Gone, as moto's never does."""

import json
import re
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from local_server.requests import Request

PATH = re.compile(r"/test/(?:@|%40)connections/([^/]+)")
NO_ANSWER = 0
ERRORS = {
    400: "BadRequestException",
    403: "ForbiddenException",
    410: "GoneException",
    429: "LimitExceededException",
    500: "InternalServerErrorException",
}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # beyond it a SYN is lost, and comes again a second later


class GatewayServer:
    """`open` says who is reachable; `throttled` who is answered 429, `hanging` who never is,
    `never` whose id was given out to nobody, `unreadable` whose requests are found bad without a
    word. `first` says what comes before the usual answer, status by status."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.throttled: set[str] = set()
        self.hanging: set[str] = set()
        self.never: set[str] = set()
        self.unreadable: set[str] = set()
        self.first: dict[str, list[int]] = {}
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[Request] = []
        self.sockets = 0
        self._ended = threading.Event()
        self._barrier: threading.Barrier | None = None
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/test"

    @property
    def authorizations(self) -> list[str]:
        return [value for each in self.requests for value in each.header_values("authorization")]

    def frames(self, connection_id: str) -> list[dict[str, Any]]:
        """What was posted to a connection, in order."""
        return [frame for to, frame in self.posted if to == connection_id]

    def together(self, requests: int) -> None:
        """From now on each request is answered once so many are there."""
        self._barrier = threading.Barrier(requests)

    @property
    def answered_together(self) -> bool:
        return self._barrier is not None and not self._barrier.broken

    def wait(self) -> None:
        if self._barrier is not None:
            with suppress(threading.BrokenBarrierError):
                self._barrier.wait(timeout=10)

    def __enter__(self) -> "GatewayServer":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> int:
        match = PATH.fullmatch(path)
        if match is None:
            return 403
        connection_id = unquote(match[1])
        if connection_id in self.hanging:
            self._ended.wait()
            return NO_ANSWER
        if before := self.first.get(connection_id):
            return before.pop(0)
        if refusal := self._refusal(connection_id):
            return refusal
        if method == "DELETE":
            self.open.discard(connection_id)
            return 204
        if method == "POST":
            self.posted.append((connection_id, json.loads(body)))
        return 200

    def _refusal(self, connection_id: str) -> int | None:
        if connection_id in self.never | self.unreadable:
            return 400
        if connection_id in self.throttled:
            return 429
        return None if connection_id in self.open else 410

    def body(self, method: str, status: int, path: str) -> bytes:
        if status == 400 and path.rpartition("/")[2] in self.never:
            return b'{"message":"Invalid connectionId: never"}'
        return b"{}" if method == "GET" and status == 200 else b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                gateway.sockets += 1
                super().setup()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                gateway.wait()
                gateway.requests.append(_request(self, body))
                status = gateway.answer(self.command, self.path, body)
                if status == NO_ANSWER:
                    self.close_connection = True
                    return
                self.send_response(status)
                if error := ERRORS.get(status):
                    self.send_header("x-amzn-ErrorType", error)
                answer = gateway.body(self.command, status, self.path)
                if status != 204:
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: pytest shows what matters."""

        return Handler


def _request(received: BaseHTTPRequestHandler, body: bytes) -> Request:
    return Request(
        method=received.command,
        path=received.path,
        query="",
        headers=tuple(received.headers.items()),
        body=body,
        source_ip="127.0.0.1",
        port=received.client_address[1],
    )
