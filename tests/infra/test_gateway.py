"""Both implementations of the gateway: what holds for one holds for the other."""

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import unquote

import pytest

from infra.clients import session
from infra.curl import Retries
from infra.curl_gateway import CurlGateway
from infra.gateway import ApiGateway
from infra.invocation import begin
from local_server.claims import read_claims
from local_server.signatures import check_digest
from notify.model import ConnectionId
from notify.ports import Gateway, Outcome
from tests.aws import REGION
from tests.gateway_server import NO_ANSWER, GatewayServer

HERE, LOST, BUSY = (
    ConnectionId("L0SM9cOFvHcCIhw="),
    ConnectionId("Bl5sd_Lc-HcCE2w="),
    ConnectionId("b"),
)


NEVER = ConnectionId("never")
Made = Callable[[str, str], Gateway]


AT_ONCE = Retries(attempts=2, pause=lambda attempt: 0.0)


@pytest.fixture(params=[ApiGateway, partial(CurlGateway, retries=AT_ONCE)], ids=["boto3", "curl"])
def made(request: pytest.FixtureRequest) -> Made:
    implementation: Made = request.param
    return implementation


@pytest.fixture
def gateway(gateway_server: GatewayServer, made: Made) -> Gateway:
    gateway_server.open |= {HERE, BUSY}
    gateway_server.throttled |= {BUSY}
    gateway_server.never |= {NEVER}
    session.cache_clear()  # a session keeps its keys, and an earlier test's are moto's
    return made(gateway_server.url, REGION)


def test_a_post_arrives_signed(gateway: Gateway, gateway_server: GatewayServer) -> None:
    assert gateway.post(HERE, b'{"n":1}') is Outcome.POSTED
    assert gateway_server.frames(HERE) == [{"n": 1}]
    (authorization,) = gateway_server.authorizations
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/execute-api/aws4_request" in authorization


def test_gone_and_throttled_are_told_apart(
    gateway: Gateway, gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gateway.post(LOST, b"{}") is Outcome.GONE
    assert gateway.post(NEVER, b"{}") is Outcome.GONE
    assert capsys.readouterr().out == ""
    assert gateway.post(BUSY, b"{}") is Outcome.FAILED
    assert '"event": "post_failed"' in capsys.readouterr().out
    assert len(gateway_server.requests) == 4  # who is busy was asked twice


@pytest.mark.parametrize("first", [429, 500, 503, NO_ANSWER])
def test_what_passes_soon_is_tried_again_at_once(
    gateway: Gateway, gateway_server: GatewayServer, first: int
) -> None:
    gateway_server.first[HERE] = [first]
    assert gateway.post(HERE, b'{"n":1}') is Outcome.POSTED
    assert gateway_server.frames(HERE) == [{"n": 1}]


def test_what_is_forbidden_is_asked_once(gateway: Gateway, gateway_server: GatewayServer) -> None:
    gateway_server.first[HERE] = [403]
    assert gateway.post(HERE, b"{}") is Outcome.FAILED
    assert len(gateway_server.requests) == 1


@pytest.mark.parametrize("token", [None, "a+token/with=everything"])
@pytest.mark.parametrize("connection_id", ["ab+cd_-=", "L0SM9cOFvHcCIhw=", "a b/c~ü", "100%3D"])
def test_each_signature_holds_by_botocores_own(
    gateway: Gateway,
    gateway_server: GatewayServer,
    monkeypatch: pytest.MonkeyPatch,
    connection_id: str,
    token: str | None,
) -> None:
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    connection = ConnectionId(connection_id)
    gateway.post(connection, '{"name":"Zoë 🎈"}'.encode())
    gateway.is_open(connection)
    gateway.disconnect(connection)
    assert [each.method for each in gateway_server.requests] == ["POST", "GET", "DELETE"]
    for request in gateway_server.requests:
        check_digest(read_claims(request), request, "testing")
        assert unquote(request.path) == f"/test/@connections/{connection_id}"


def test_frames_arrive_as_they_are(gateway: Gateway, gateway_server: GatewayServer) -> None:
    assert gateway.post(HERE, '{"name":"Zoë 🎈"}'.encode()) is Outcome.POSTED
    assert gateway_server.frames(HERE) == [{"name": "Zoë 🎈"}]


def test_connections_to_the_gateway_are_used_again(
    gateway: Gateway, gateway_server: GatewayServer
) -> None:
    for _ in range(3):
        gateway.post(HERE, b"{}")
        assert gateway.is_open(HERE)
    assert gateway_server.sockets == 1


def test_nobodys_fate_touches_the_others(gateway: Gateway) -> None:
    outcomes = dict(gateway.post_each({LOST: b"{}", HERE: b"{}", BUSY: b"{}"}))
    assert outcomes == {LOST: Outcome.GONE, HERE: Outcome.POSTED, BUSY: Outcome.FAILED}


def test_posting_to_nobody_is_nothing(gateway: Gateway) -> None:
    assert list(gateway.post_each({})) == []


def test_who_is_there_is_asked_without_a_post(
    gateway: Gateway, gateway_server: GatewayServer
) -> None:
    assert dict(gateway.is_open_each([LOST, HERE, BUSY])) == {LOST: False, HERE: True, BUSY: True}
    assert gateway_server.posted == []


def test_asking_for_nobody_is_nothing(gateway: Gateway) -> None:
    assert list(gateway.is_open_each([])) == []


def test_disconnect_closes_and_does_not_mind_who_is_gone(
    gateway: Gateway, gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.disconnect(HERE)
    gateway.disconnect(HERE)
    assert HERE not in gateway_server.open
    assert capsys.readouterr().out == ""


def test_each_gets_a_frame_of_its_own(gateway: Gateway, gateway_server: GatewayServer) -> None:
    gateway_server.open |= {LOST}
    dict(gateway.post_each({LOST: b'{"n":1}', HERE: b'{"n":2}'}))
    assert (gateway_server.frames(LOST), gateway_server.frames(HERE)) == ([{"n": 1}], [{"n": 2}])


def test_disconnect_each_closes_whoever_is_there(
    gateway: Gateway, gateway_server: GatewayServer
) -> None:
    gateway.disconnect_each([LOST, HERE, BUSY])
    assert gateway_server.open == {BUSY}


@pytest.mark.parametrize("operation", ["post", "disconnect", "is_open"])
def test_nobody_waits_for_the_others(
    gateway: Gateway, gateway_server: GatewayServer, operation: str
) -> None:
    ids = [ConnectionId(f"peer{number}") for number in range(4)]
    gateway_server.open |= set(ids)
    gateway_server.together(len(ids))
    if operation == "post":
        assert {outcome for _, outcome in gateway.post_each(dict.fromkeys(ids, b"{}"))} == {
            Outcome.POSTED
        }
    elif operation == "disconnect":
        gateway.disconnect_each(ids)
        assert gateway_server.open == {HERE, BUSY}
    else:
        assert all(is_open for _, is_open in gateway.is_open_each(ids))
    assert gateway_server.answered_together


def test_only_who_is_gone_is_not_open(gateway: Gateway) -> None:
    assert [gateway.is_open(each) for each in (HERE, LOST, BUSY)] == [True, False, True]


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def test_a_gateway_that_is_down_is_a_failure_to_be_tried_again(
    made: Made, closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = made(f"http://127.0.0.1:{closed_port}/test", REGION)
    assert gateway.post(HERE, b"{}") is Outcome.FAILED
    assert gateway.is_open(HERE)
    gateway.disconnect(HERE)
    assert gateway.is_open(HERE)
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["post_failed", "post_failed", "disconnect_failed", "post_failed"]


def test_what_fails_of_many_posts_says_what_request_they_follow(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    begin("order-12")
    dict(gateway.post_each({HERE: b"{}", BUSY: b"{}"}))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(line["event"], line["correlation_id"]) for line in lines} == {
        ("post_failed", "order-12")
    }
