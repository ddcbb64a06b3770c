"""A small `@connections` API on loopback: it records posts and says Gone, as moto's never does."""

import json
import re
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

PATH = re.compile(r"/test/(?:@|%40)connections/([^/]+)")


class GatewayServer:
    """`open` says who is reachable; `throttled` who is answered 429."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.throttled: set[str] = set()
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.authorizations: list[str] = []
        self._barrier: threading.Barrier | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/test"

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
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        """The status and the modelled error's name, empty where there is none."""
        match = PATH.fullmatch(path)
        if match is None:
            return 403, "ForbiddenException"
        connection_id = unquote(match[1])
        if connection_id in self.throttled:
            return 429, "LimitExceededException"
        if connection_id not in self.open:
            return 410, "GoneException"
        if method == "GET":
            return 200, ""
        if method == "DELETE":
            self.open.discard(connection_id)
            return 204, ""
        self.posted.append((connection_id, json.loads(body)))
        return 200, ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                gateway.wait()
                gateway.authorizations.append(self.headers.get("authorization", ""))
                status, error = gateway.answer(self.command, self.path, body)
                self.send_response(status)
                if error:
                    self.send_header("x-amzn-ErrorType", error)
                answer = b"{}" if self.command == "GET" and status == 200 else b""
                if status != 204:
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: pytest shows what matters."""

        return Handler
