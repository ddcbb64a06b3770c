import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from benchmarks.plain_http import plain_http


class _Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        seen: list[Any] = self.server.seen  # type: ignore[attr-defined]
        seen.append((self.path, self.headers["authorization"], json.loads(body)))
        self.send_response(200 if self.path == "/good" else 422)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"oh\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Recording) as made:
        made.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


async def test_one_connection_takes_one_request_after_another(server: Any) -> None:
    async with plain_http(f"http://127.0.0.1:{server.server_port}", "t") as http:
        await http.post("/good", {"a": 1})
        await http.post("/good", [])
    assert server.seen == [("/good", "Bearer t", {"a": 1}), ("/good", "Bearer t", [])]


async def test_what_is_not_well_is_said(server: Any) -> None:
    async with plain_http(f"http://127.0.0.1:{server.server_port}", "t") as http:
        with pytest.raises(RuntimeError, match="422 Unprocessable Entity: oh"):
            await http.post("/bad", {})
