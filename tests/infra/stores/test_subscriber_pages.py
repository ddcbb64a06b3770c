"""What goes wrong between it and DynamoDB; what it reads is in test_subscriptions.py."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.access_keys import AccessKey, AccessKeyError
from infra.stores.border import TEMPORARY
from infra.stores.subscriber_pages import CurlSubscriptions, QueryRefused
from notify.errors import Unavailable
from notify.model import Pattern
from notify.ports import Page

REGION = "eu-central-1"
KEY = AccessKey("id", "secret", "token")
NEVER = (0, "")
NOBODY = (200, json.dumps({"Items": [], "Count": 0, "ScannedCount": 0}))


def refusal(code: str, status: int = 400) -> tuple[int, str]:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "a secret"}
    return status, json.dumps(body)


class Dynamo(ThreadingHTTPServer):
    """It answers as it is told, and afterwards that nobody is there."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def _handler(dynamo: Dynamo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            dynamo.asked.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, answer = dynamo.answers.pop(0) if dynamo.answers else NOBODY
            if (status, answer) == NEVER:
                dynamo.ended.wait()
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest shows what matters."""

    return Handler


@pytest.fixture
def server() -> Iterator[Dynamo]:
    with Dynamo() as dynamo:
        thread = threading.Thread(target=dynamo.serve_forever, args=(0.02,))
        thread.start()
        yield dynamo
        dynamo.ended.set()
        dynamo.shutdown()
        thread.join()


def read(server: Dynamo, find: Any = lambda: KEY, total_ms: int = 30_000) -> Page:
    subscriptions = CurlSubscriptions(
        REGION, lambda: server.url, lambda attempt: 0.0, find, total_ms
    )
    return subscriptions.page(Pattern("orders:zoë"), 3, None, 10, now=0)


def test_a_page_is_asked_for_consistently_and_signed_as_botocore_signs(server: Dynamo) -> None:
    read(server)
    ((headers, body),) = server.asked
    assert json.loads(body)["ConsistentRead"] is True
    assert json.loads(body)["ExpressionAttributeValues"] == {":topic_shard": {"S": "orders:zoë#3"}}
    assert headers["authorization"].endswith(f"Signature={botocores_signature(headers, body)}")


def botocores_signature(headers: dict[str, str], body: bytes) -> str:
    names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request: Any = AWSRequest("POST", "http://any/", data=body)
    for name in names:
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["x-amz-date"]
    signer: Any = SigV4Auth(Credentials(*KEY), "dynamodb", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


PASSING = [refusal("InternalServerError", 500), (503, ""), *map(refusal, sorted(TEMPORARY))]


@pytest.mark.parametrize("answer", PASSING)
def test_what_passes_is_tried_four_times_and_then_unavailable(
    server: Dynamo, answer: tuple[int, str]
) -> None:
    server.answers = [answer] * 3
    assert read(server) == Page((), None)
    server.answers = [answer] * 4
    with pytest.raises(Unavailable):
        read(server)
    assert server.answers == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("AccessDeniedException"), "AccessDeniedException"),
        (refusal("ResourceNotFoundException"), "ResourceNotFoundException"),
        ((403, "<html>"), "403"),
    ],
)
def test_what_does_not_pass_is_a_bug_and_told_by_its_code(
    server: Dynamo, answer: tuple[int, str], code: str
) -> None:
    server.answers = [answer]
    with pytest.raises(QueryRefused) as raised:
        read(server)
    assert str(raised.value) == code
    assert len(server.asked) == 1


def test_a_read_that_has_timed_out_is_made_again(server: Dynamo) -> None:
    server.answers = [NEVER]
    assert read(server, total_ms=1000) == Page((), None)
    assert len(server.asked) == 2


def test_a_store_that_is_down_is_unavailable(server: Dynamo) -> None:
    server.server_close()
    with pytest.raises(Unavailable):
        read(server)


def test_without_an_access_key_it_is_unavailable(server: Dynamo) -> None:
    def find() -> AccessKey:
        raise AccessKeyError

    with pytest.raises(Unavailable):
        read(server, find)
    assert server.asked == []
