"""Who is connected, and for how long."""

import os

import pytest

from local_server import ids
from local_server.clock import Milliseconds
from local_server.events.websocket import Peer
from local_server.gateway import IDLE_MS, LIFETIME_MS, Gone, Registry, describe
from local_server.ids import ConnectionId

START = Milliseconds(1588277433236)


def peer(user_agent: str | None = "agent") -> Peer:
    connection = ids.connection_id(os.urandom)
    return Peer(connection, START, "host", "127.0.0.1", user_agent, "api", "local")


def opened(registry: Registry, user_agent: str | None = "agent") -> ConnectionId:
    someone = peer(user_agent)
    registry.connecting(someone)
    registry.opened(someone.connection_id)
    return someone.connection_id


def after(milliseconds: int) -> Milliseconds:
    return Milliseconds(START + milliseconds)


def test_an_open_connection_is_found() -> None:
    registry = Registry()
    assert registry.open(opened(registry)).peer.domain_name == "host"


def test_a_connection_is_gone_while_connect_runs__4_9() -> None:
    registry = Registry()
    someone = peer()
    registry.connecting(someone)
    with pytest.raises(Gone):
        registry.open(someone.connection_id)


def test_a_closed_or_unknown_connection_is_gone() -> None:
    registry = Registry()
    connection = opened(registry)
    registry.closed(connection)
    for gone in (connection, ids.connection_id(os.urandom)):
        with pytest.raises(Gone):
            registry.open(gone)


def test_ten_idle_minutes_are_too_long__1_4_5() -> None:
    registry = Registry()
    connection = opened(registry)
    assert list(registry.overdue(after(IDLE_MS - 1))) == []
    assert list(registry.overdue(after(IDLE_MS))) == [(connection, True)]


def test_activity_puts_the_idle_timeout_off_but_not_the_two_hours__1_4_4__1_4_5() -> None:
    registry = Registry()
    connection = opened(registry)
    registry.active(connection, after(LIFETIME_MS - 1))
    assert list(registry.overdue(after(LIFETIME_MS - 1))) == []
    assert list(registry.overdue(after(LIFETIME_MS))) == [(connection, False)]


def test_a_connection_that_is_still_connecting_is_never_overdue() -> None:
    registry = Registry()
    registry.connecting(peer())
    assert list(registry.overdue(after(LIFETIME_MS))) == []


def test_activity_of_a_closed_connection_does_not_revive_it() -> None:
    registry = Registry()
    connection = opened(registry)
    registry.closed(connection)
    registry.active(connection, after(1))
    assert len(registry) == 0


def test_a_connection_is_described_as_the_management_api_does__4_3() -> None:
    registry = Registry()
    connection = opened(registry)
    registry.active(connection, after(1000))
    assert describe(registry.open(connection)) == {
        "connectedAt": "2020-04-30T20:10:33.236Z",
        "identity": {"sourceIp": "127.0.0.1", "userAgent": "agent"},
        "lastActiveAt": "2020-04-30T20:10:34.236Z",
    }


def test_a_missing_user_agent_is_left_out__4_3() -> None:
    registry = Registry()
    described = describe(registry.open(opened(registry, None)))
    assert described["identity"] == {"sourceIp": "127.0.0.1"}
