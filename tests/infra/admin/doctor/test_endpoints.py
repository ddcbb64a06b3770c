"""The looks from outside, at servers on loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from infra.admin.doctor.endpoints import look_at_http, look_at_websocket
from infra.admin.doctor.patient import Patient
from tests.infra.admin.doctor.patients import NOW, patient, short, told

STACK = {"describe_stacks": {"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]}}


def reached(url: str | None = None, websocket_url: str | None = None) -> Patient:
    somebody = patient(cloudformation=STACK, **{"lambda": told()})
    return Patient(somebody.stage, lambda: NOW, url, websocket_url)


@contextmanager
def http_server(status: int) -> Iterator[tuple[str, list[str]]]:
    """Its URL, and the paths that it is asked for."""
    paths: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def websocket_server(
    speak: Callable[[ServerConnection], None], status: HTTPStatus | None = None
) -> Iterator[str]:
    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(status, "no") if status else None

    with serve(speak, "127.0.0.1", 0, process_request=refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def saying(frame: object) -> Callable[[ServerConnection], None]:
    text = frame if isinstance(frame, str) else json.dumps(frame)
    return lambda connection: connection.send(text)


def test_the_http_api_is_asked_whether_it_is_well() -> None:
    with http_server(200) as (url, paths):
        (text,) = short(look_at_http(reached(url=f"{url}/")))
    assert text == f"ok: {url}/api/v1/healthz answers"
    assert paths == ["/api/v1/healthz"]


@pytest.mark.parametrize("status", [503, 404])
def test_an_http_api_that_is_not_well_is_told(status: int) -> None:
    with http_server(status) as (url, _):
        (finding,) = look_at_http(reached(url=url))
    assert (finding.level, finding.text) == ("fail", f"{url}/api/v1/healthz answers {status}")


def test_an_http_api_that_is_out_of_reach_is_told() -> None:
    with http_server(200) as (url, _):
        pass
    (finding,) = look_at_http(reached(url=url))
    assert finding.level == "fail"
    assert "cannot be reached" in finding.text


@pytest.mark.parametrize("look", [look_at_http, look_at_websocket])
def test_an_address_that_nobody_knows_is_asked_for(
    look: Callable[[Patient], Iterator[object]],
) -> None:
    (text,) = short(look(reached()))
    assert text.startswith("warn: could not check: ")


def test_a_websocket_api_may_refuse_by_a_frame() -> None:
    with websocket_server(saying({"type": "error", "code": 4001})) as url:
        (text,) = short(look_at_websocket(reached(websocket_url=url)))
    assert text == f"ok: {url} refuses a bad token with 4001"


def test_a_websocket_api_may_refuse_the_handshake() -> None:
    with websocket_server(saying({}), HTTPStatus.UNAUTHORIZED) as url:
        (text,) = short(look_at_websocket(reached(websocket_url=url)))
    assert text == f"ok: {url} refuses a bad token with HTTP 401"


@pytest.mark.parametrize(
    ("speak", "status", "answer"),
    [
        (saying({"type": "welcome"}), None, "a bad token with a frame without a code"),
        (saying("[]"), None, "a bad token with a frame that is no JSON object"),
        (saying("{"), None, "a bad token with a frame that is no JSON object"),
        (saying({}), HTTPStatus.INTERNAL_SERVER_ERROR, "a bad token with HTTP 500"),
        (lambda connection: connection.close(), None, "does not open"),
    ],
)
def test_a_websocket_api_that_refuses_otherwise_is_told(
    speak: Callable[[ServerConnection], None], status: HTTPStatus | None, answer: str
) -> None:
    with websocket_server(speak, status) as url:
        (finding,) = look_at_websocket(reached(websocket_url=url))
    assert finding.level == "fail"
    assert answer in finding.text


def test_the_address_of_the_websocket_api_is_what_its_functions_are_told() -> None:
    with websocket_server(saying({"code": 4001})) as url:
        somebody = patient(**{"lambda": told(WEBSOCKET_URL=url)})
        (finding,) = look_at_websocket(somebody)
    assert finding.level == "ok"
