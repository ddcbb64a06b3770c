from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from notify.deadlines import MINUTE_MS, OVERDUE_MS, WARN_MS, next_deadline
from notify.errors import Unavailable
from notify.fanout import HANDSHAKE_GRACE_MS
from notify.model import Connection, ConnectionId, EndedLogin, Pattern, Username
from notify.ports import Deadline
from notify.visits import Visits
from tests.fakes import FakeConnections
from tests.notify.conftest import HOUR_MS, PROBE_MS, World

C1 = ConnectionId("c1")


def visit(world: World, told: int | None = None) -> tuple[Deadline, Counter[str]]:
    """Looks at c1, whose probe is due; the time is told by the world's clock."""
    connection, done = world.memory.connections[C1], Counter[str]()
    now = world.clock()
    deadline = replace(next_deadline(connection, now, world.probe_ms, told), at=now)
    visits = Visits(world.connections, world.users, world.gateway, world.fanout, world.probe_ms)
    (after,) = visits.visit([(deadline, connection)], now, done)
    return after, +done


def open_c1(world: World, age_ms: int = PROBE_MS, token_ms: int = HOUR_MS) -> Connection:
    return world.open("c1", world.principal("alice", token_ms=token_ms), age_ms=age_ms)


def test_who_is_there_is_looked_at_again_later(world: World) -> None:
    open_c1(world)
    after, done = visit(world)
    assert (after.at, done) == (world.clock() + PROBE_MS, {})
    assert world.gateway.posted == []


def test_who_is_gone_is_forgotten_and_counted_out(world: World) -> None:
    open_c1(world)
    world.gateway.open.clear()
    after, done = visit(world)
    assert (after.at, done) == (world.clock() + MINUTE_MS, {"gone": 1})
    assert not world.memory.connections
    assert world.counts.totals().connections == 0


def test_where_the_gateway_does_not_say_one_counts_as_there(world: World) -> None:
    open_c1(world)
    world.gateway.open.clear()
    world.gateway.throttled.add(C1)
    assert visit(world)[1] == {}
    assert C1 in world.memory.connections


def test_a_young_connection_is_not_gone(world: World) -> None:
    world.probe_ms = HANDSHAKE_GRACE_MS
    open_c1(world, age_ms=HANDSHAKE_GRACE_MS)
    world.gateway.open.clear()
    assert visit(world)[1] == {}
    assert C1 in world.memory.connections


def test_nobody_is_asked_for_before_a_probe_is_due(world: World) -> None:
    open_c1(world, age_ms=PROBE_MS - 1)
    world.gateway.open.clear()
    assert visit(world)[1] == {}


def test_without_probes_nobody_is_asked_for(world: World) -> None:
    world.probe_ms = 0
    open_c1(world)
    world.gateway.open.clear()
    assert visit(world)[1] == {}


def test_whose_token_is_about_to_end_is_told_so(world: World) -> None:
    connection = open_c1(world, token_ms=WARN_MS)
    after, done = visit(world)
    assert world.gateway.frames("c1") == [{"type": "token_expiring", "expires_in_ms": WARN_MS}]
    assert (after.told, after.at) == (
        connection.principal.token_expires_at,
        connection.principal.token_expires_at,
    )
    assert done == {"told": 1}


def test_one_is_told_once(world: World) -> None:
    connection = open_c1(world, token_ms=WARN_MS)
    visit(world, told=connection.principal.token_expires_at)
    assert world.gateway.posted == []


def test_who_could_not_be_told_is_not_waited_for_again(world: World) -> None:
    token_end = open_c1(world, token_ms=WARN_MS).principal.token_expires_at
    world.gateway.throttled.add(C1)
    after, done = visit(world)
    assert (after.told, after.at, done) == (token_end, token_end, {})


def test_who_cannot_be_told_because_of_being_gone_is_forgotten(world: World) -> None:
    open_c1(world, age_ms=PROBE_MS + 1, token_ms=WARN_MS)
    world.gateway.open.clear()
    assert visit(world)[1] == {"gone": 1}
    assert not world.memory.connections


def test_whose_token_has_ended_is_told_4002_and_closed(world: World) -> None:
    open_c1(world, token_ms=0)
    after, done = visit(world)
    (frame,) = world.gateway.frames("c1")
    assert (frame["code"], frame["name"], frame["fatal"]) == (4002, "token_expired", True)
    assert (world.gateway.disconnected, done) == ([C1], {"expired": 1})
    assert not world.memory.connections
    assert after.at == world.clock() + MINUTE_MS


def change(world: World, **changes: Any) -> None:
    """As an operator does whose call then dies, before it closes anything."""
    world.users.replace(replace(world.users.by_name[Username("alice")], **changes))


def open_login(world: World, sid: str | None = "s1") -> None:
    principal = world.principal("alice", token_ms=HOUR_MS)
    world.open("c1", replace(principal, sid=sid, issued_at=world.clock()), age_ms=PROBE_MS)


def disable(world: World) -> None:
    change(world, disabled=True)


def revoke_tokens(world: World) -> None:
    change(world, revoked_before=world.clock() + 1)


def log_out(world: World) -> None:
    now = world.clock()
    change(world, revoked_sids={"s1": EndedLogin(until=now + HOUR_MS, issued_until=now)})


def remove(world: World) -> None:
    world.users.remove(Username("alice"), world.clock() + 1)


def give_away(world: World) -> None:
    remove(world)
    world.add_user("alice")


@pytest.mark.parametrize("end", [disable, revoke_tokens, log_out, remove, give_away])
def test_whose_login_has_ended_is_told_4003_and_closed(
    world: World, end: Callable[[World], None]
) -> None:
    open_login(world)
    end(world)
    after, done = visit(world)
    (frame,) = world.gateway.frames("c1")
    assert (frame["code"], frame["name"], frame["fatal"]) == (4003, "revoked", True)
    assert (world.gateway.disconnected, done) == ([C1], {"revoked": 1})
    assert not world.memory.connections
    assert after.at == world.clock() + MINUTE_MS


@pytest.mark.parametrize("sid", ["s2", None])
def test_another_login_of_the_user_goes_on(world: World, sid: str | None) -> None:
    open_login(world, sid)
    log_out(world)
    assert visit(world)[1] == {}
    assert C1 in world.memory.connections


def test_a_login_after_the_revocation_goes_on(world: World) -> None:
    change(world, revoked_before=world.clock())
    open_login(world)
    assert visit(world)[1] == {}


def test_a_token_that_was_renewed_in_the_row_is_good(world: World) -> None:
    connection = open_c1(world, token_ms=WARN_MS)
    renewed = replace(connection.principal, token_expires_at=world.clock() + HOUR_MS)
    world.memory.connections[C1] = replace(connection, principal=renewed)
    after, done = visit(world, told=connection.principal.token_expires_at)
    assert (after.at, done) == (world.clock() + PROBE_MS, {})


def test_a_row_that_outlives_the_longest_connection_is_closed(world: World) -> None:
    open_c1(world, age_ms=OVERDUE_MS)
    after, done = visit(world)
    assert (done, world.gateway.posted) == ({"ended": 1}, [])
    assert not world.memory.connections
    assert after.at == world.clock() + MINUTE_MS


def test_whom_somebody_has_half_closed_is_told_to_come_back_and_closed(world: World) -> None:
    open_c1(world)
    world.memory.begin_to_close(C1)
    after, done = visit(world)
    (frame,) = world.gateway.frames("c1")
    assert (frame["type"], frame["code"], frame["reconnect"]) == ("disconnect", 4200, True)
    assert (world.gateway.disconnected, done) == ([C1], {"unfinished": 1})
    assert not world.memory.connections
    assert not world.memory.members[Pattern("general")]
    assert after.at == world.clock() + MINUTE_MS


def test_of_a_half_closed_connection_the_login_may_have_ended(world: World) -> None:
    open_login(world)
    disable(world)
    world.memory.begin_to_close(C1)
    assert visit(world)[1] == {"revoked": 1}
    assert [frame["code"] for frame in world.gateway.frames("c1")] == [4003]


class BusyConnections(FakeConnections):
    """A store that cannot forget just now."""

    def close(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


@pytest.mark.parametrize("age_ms", [PROBE_MS, OVERDUE_MS])
def test_who_cannot_be_forgotten_now_is_looked_at_in_a_minute(world: World, age_ms: int) -> None:
    open_c1(world, age_ms=age_ms)
    world.gateway.open.clear()
    world.connections = BusyConnections(world.memory)
    after, done = visit(world)
    assert (after.at, done) == (world.clock() + MINUTE_MS, {})
