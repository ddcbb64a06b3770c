"""Over real sockets: how a call is sent, signed, sent again and given up."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from infra.access_keys import AccessKey, AccessKeyError
from infra.curl import Answer
from infra.json_service import THROTTLED, JsonService, error_code, is_temporary, json_service

REGION = "eu-central-1"
KEY = AccessKey("id", "secret", "token")
NEVER, BROKEN = (0, ""), (1, "")
DONE = (200, "{}")


def refusal(code: str, status: int = 400) -> tuple[int, str]:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "a secret"}
    return status, json.dumps(body)


class Service(ThreadingHTTPServer):
    """It answers as it is told, and afterwards that all is done."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.sockets = 0
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            service.sockets += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            service.asked.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, answer = service.answers.pop(0) if service.answers else DONE
            if (status, answer) in (NEVER, BROKEN):
                if (status, answer) == NEVER:
                    service.ended.wait()
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
def server() -> Iterator[Service]:
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.02,))
        thread.start()
        yield service
        service.ended.set()
        service.shutdown()
        thread.join()


def call(
    server: Service, find: Any = lambda: KEY, total_ms: int = 30_000, body: bytes = b"{}"
) -> Answer:
    service = JsonService(
        "dynamodb",
        REGION,
        where=lambda service, region: server.url,
        pause=lambda attempt: 0.0,
        find=find,
        total_ms=total_ms,
    )
    return service.carry("GetItem", body)


def test_a_call_is_signed_as_botocore_signs_it(server: Service) -> None:
    assert call(server, body='{"a":"zoë"}'.encode()) == Answer(200, b"{}")
    ((headers, body),) = server.asked
    assert json.loads(body) == {"a": "zoë"}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["authorization"].endswith(f"Signature={botocores_signature(headers, body)}")


def botocores_signature(headers: dict[str, str], body: bytes) -> str:
    names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-amz-target", "x-amz-security-token"} <= set(names)
    request: Any = AWSRequest("POST", "http://any/", data=body)
    for name in names:
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["x-amz-date"]
    signer: Any = SigV4Auth(Credentials(KEY.id, KEY.secret, KEY.token), "dynamodb", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


def test_each_operation_is_named_and_signed_over_one_connection(server: Service) -> None:
    service = JsonService(
        "dynamodb", REGION, where=lambda *_: server.url, pause=lambda _: 0.0, find=lambda: KEY
    )
    for operation in ("GetItem", "PutItem", "PutItem", "GetItem"):
        assert service.carry(operation, operation.encode()).status == 200
    told = [(headers["x-amz-target"], body.decode()) for headers, body in server.asked]
    assert told == [
        (f"DynamoDB_20120810.{name}", name) for name in ("GetItem", "PutItem", "PutItem", "GetItem")
    ]
    for headers, body in server.asked:
        assert headers["authorization"].endswith(f"Signature={botocores_signature(headers, body)}")
    assert server.sockets == 1


PASSING = [
    refusal("InternalServerError", 500),
    (503, ""),
    BROKEN,
    *map(refusal, ("ThrottlingException", "ProvisionedThroughputExceededException")),
]


@pytest.mark.parametrize("answer", PASSING)
def test_what_passes_is_tried_four_times(server: Service, answer: tuple[int, str]) -> None:
    server.answers = [answer] * 3
    assert call(server).status == 200
    server.answers = [answer] * 4
    assert call(server).status == (0 if answer == BROKEN else answer[0])
    assert server.answers == []


@pytest.mark.parametrize(
    "answer",
    [
        refusal("AccessDeniedException"),
        refusal("ConditionalCheckFailedException"),
        refusal("TransactionConflictException"),
        (403, "<html>"),
    ],
)
def test_what_does_not_pass_is_asked_once(server: Service, answer: tuple[int, str]) -> None:
    server.answers = [answer]
    assert call(server) == Answer(answer[0], answer[1].encode())
    assert len(server.asked) == 1


def test_what_has_timed_out_is_sent_again_as_the_sdk_does(server: Service) -> None:
    server.answers = [NEVER]
    assert call(server, total_ms=1000).status == 200
    assert len(server.asked) == 2


def test_a_service_that_is_down_does_not_answer(server: Service) -> None:
    server.server_close()
    assert call(server).status == 0


def test_without_an_access_key_nothing_is_sent(server: Service) -> None:
    def find() -> AccessKey:
        raise AccessKeyError

    with pytest.raises(AccessKeyError):
        call(server, find)
    assert server.asked == []


def test_nothing_is_known_before_the_first_call() -> None:
    def where(service: str, region: str) -> str:
        raise AssertionError

    JsonService("dynamodb", REGION, where=where)
    assert json_service("sqs", REGION) is json_service("sqs", REGION)


def test_what_is_throttled_is_what_botocore_takes_for_it() -> None:
    theirs = {
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    }
    assert theirs == THROTTLED


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(400, b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}'), "QueueDoesNotExist"),
        (Answer(400, b'{"__type":"Throttling","message":"no"}'), "Throttling"),
        (Answer(200, b'{"__type":"x#Y"}'), ""),
        (Answer(403, b"<html>"), ""),
        (Answer(400, b"{}"), ""),
        (Answer(0), ""),
    ],
)
def test_an_error_is_told_by_its_code(answer: Answer, code: str) -> None:
    assert error_code(answer) == code
    assert is_temporary(answer) == (code == "Throttling")
