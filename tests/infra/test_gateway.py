import socket
from collections.abc import Iterator

import pytest

from infra.gateway import ApiGateway
from notify.model import ConnectionId
from notify.ports import Outcome
from tests.aws import REGION
from tests.gateway_server import GatewayServer

HERE, LOST, BUSY = (
    ConnectionId("L0SM9cOFvHcCIhw="),
    ConnectionId("Bl5sd_Lc-HcCE2w="),
    ConnectionId("b"),
)


@pytest.fixture
def gateway(gateway_server: GatewayServer) -> ApiGateway:
    gateway_server.open |= {HERE, BUSY}
    gateway_server.throttled |= {BUSY}
    return ApiGateway(gateway_server.url, REGION)


def test_a_post_arrives_signed(gateway: ApiGateway, gateway_server: GatewayServer) -> None:
    assert gateway.post(HERE, b'{"n":1}') is Outcome.POSTED
    assert gateway_server.frames(HERE) == [{"n": 1}]
    (authorization,) = gateway_server.authorizations
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/execute-api/aws4_request" in authorization


def test_gone_and_throttled_are_told_apart(
    gateway: ApiGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gateway.post(LOST, b"{}") is Outcome.GONE
    assert gateway.post(BUSY, b"{}") is Outcome.FAILED
    assert "LimitExceededException" in capsys.readouterr().out


def test_nobodys_fate_touches_the_others(gateway: ApiGateway) -> None:
    outcomes = dict(gateway.post_each({LOST: b"{}", HERE: b"{}", BUSY: b"{}"}))
    assert outcomes == {LOST: Outcome.GONE, HERE: Outcome.POSTED, BUSY: Outcome.FAILED}


def test_posting_to_nobody_is_nothing(gateway: ApiGateway) -> None:
    assert list(gateway.post_each({})) == []


def test_who_is_there_is_asked_without_a_post(
    gateway: ApiGateway, gateway_server: GatewayServer
) -> None:
    assert dict(gateway.is_open_each([LOST, HERE, BUSY])) == {LOST: False, HERE: True, BUSY: True}
    assert gateway_server.posted == []


def test_asking_for_nobody_is_nothing(gateway: ApiGateway) -> None:
    assert list(gateway.is_open_each([])) == []


def test_disconnect_closes_and_does_not_mind_who_is_gone(
    gateway: ApiGateway, gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.disconnect(HERE)
    gateway.disconnect(HERE)
    assert HERE not in gateway_server.open
    assert capsys.readouterr().out == ""


def test_each_gets_a_frame_of_its_own(gateway: ApiGateway, gateway_server: GatewayServer) -> None:
    gateway_server.open |= {LOST}
    dict(gateway.post_each({LOST: b'{"n":1}', HERE: b'{"n":2}'}))
    assert (gateway_server.frames(LOST), gateway_server.frames(HERE)) == ([{"n": 1}], [{"n": 2}])


def test_disconnect_each_closes_whoever_is_there(
    gateway: ApiGateway, gateway_server: GatewayServer
) -> None:
    gateway.disconnect_each([LOST, HERE, BUSY])
    assert gateway_server.open == {BUSY}


@pytest.mark.parametrize("operation", ["post", "disconnect", "is_open"])
def test_nobody_waits_for_the_others(
    gateway: ApiGateway, gateway_server: GatewayServer, operation: str
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


def test_only_who_is_gone_is_not_open(gateway: ApiGateway) -> None:
    assert [gateway.is_open(each) for each in (HERE, LOST, BUSY)] == [True, False, True]


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def test_a_gateway_that_is_down_is_a_failure_to_be_tried_again(
    closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = ApiGateway(f"http://127.0.0.1:{closed_port}/test", REGION)
    assert gateway.post(HERE, b"{}") is Outcome.FAILED
    assert gateway.is_open(HERE)
    gateway.disconnect(HERE)
    assert gateway.is_open(HERE)
    assert "EndpointConnectionError" in capsys.readouterr().out
