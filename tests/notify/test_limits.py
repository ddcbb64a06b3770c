import pytest

from notify.errors import RateLimited
from notify.limits import (
    DAY_MS,
    LOCKED_MS,
    MAX_FAILURES,
    MINUTE_MS,
    LoginGuard,
    NewTopics,
    RateLimits,
    Window,
    network,
)
from notify.model import Username
from tests.fakes import NOW, FakeClock, FakeLimits
from tests.notify.conftest import World


@pytest.fixture
def guard(world: World) -> LoginGuard:
    rates = RateLimits(world.limits, world.clock, 5)
    return LoginGuard(world.limits, rates, world.clock, of_username=30, of_address=40)


def refused(guard: LoginGuard, username: str = "alice", address: str = "192.0.2.1") -> int | None:
    """How long one has to wait, None if one need not."""
    try:
        guard.admit(username, address)
    except RateLimited as error:
        return error.retry_after_ms
    return None


# Topics


def test_a_user_is_the_first_in_so_many_topics_a_day(world: World) -> None:
    new_topics = NewTopics(world.rates, a_day=2)
    for name in ("alice", "alice", "bob"):
        new_topics.take(Username(name))
    world.clock.advance(MINUTE_MS)
    with pytest.raises(RateLimited) as raised:
        new_topics.take(Username("alice"))
    assert raised.value.retry_after_ms == DAY_MS - world.clock() % DAY_MS
    world.clock.advance(raised.value.retry_after_ms)
    new_topics.take(Username("alice"))


# Operations of a principal


def test_a_minute_has_as_many_operations_as_its_limit(world: World) -> None:
    alice = world.principal("alice")
    windows = [world.rates.check(alice, "send") for _ in range(5)]
    assert windows[0] == Window(5, 4, MINUTE_MS)
    assert windows[-1].remaining == 0
    with pytest.raises(RateLimited) as raised:
        world.rates.check(alice, "send")
    assert (raised.value.limit, raised.value.retry_after_ms) == (5, MINUTE_MS)
    assert (raised.value.code, raised.value.status) == (4429, 429)


def test_the_wait_is_until_the_end_of_the_minute(world: World) -> None:
    world.clock.advance(MINUTE_MS - 1)
    assert world.rates.check(world.principal("alice"), "send").resets_in_ms == 1


def test_the_next_minute_begins_with_nothing(world: World) -> None:
    alice = world.principal("alice")
    world.rates.check(alice, "send", cost=5)
    world.clock.advance(MINUTE_MS)
    assert world.rates.check(alice, "send").remaining == 4


@pytest.mark.parametrize("operation", ["read", "mark"])
def test_what_concerns_oneself_has_a_limit_of_its_own(world: World, operation: str) -> None:
    rates = RateLimits(world.limits, world.clock, writes_a_minute=5, reads_a_minute=7)
    assert rates.check(world.principal("alice"), operation, cost=7) == Window(7, 0, MINUTE_MS)
    assert rates.check(world.principal("alice"), "send").limit == 5
    with pytest.raises(RateLimited):
        rates.check(world.principal("alice"), operation)


def test_others_and_other_operations_are_counted_for_themselves(world: World) -> None:
    world.rates.check(world.principal("alice"), "send", cost=5)
    assert world.rates.check(world.principal("alice"), "broadcast").remaining == 4
    assert world.rates.check(world.principal("bob"), "send").remaining == 4


def test_an_operation_may_cost_more_than_one(world: World) -> None:
    alice = world.principal("alice")
    assert world.rates.check(alice, "batch", cost=3).remaining == 2
    with pytest.raises(RateLimited):
        world.rates.check(alice, "batch", cost=3)


# Logins


def test_ten_wrong_passwords_lock_for_a_quarter_of_an_hour(world: World, guard: LoginGuard) -> None:
    for _ in range(MAX_FAILURES):
        assert refused(guard) is None
        world.clock.advance(MINUTE_MS)
        guard.failed("alice")
    assert refused(guard) == LOCKED_MS
    world.clock.advance(LOCKED_MS - 1)
    assert refused(guard) == 1
    world.clock.advance(1)
    assert refused(guard) is None


def test_a_lock_is_of_one_username(guard: LoginGuard) -> None:
    for _ in range(MAX_FAILURES):
        guard.failed("alice")
    assert refused(guard, "bob") is None


def test_a_success_forgets_the_failures(guard: LoginGuard) -> None:
    for _ in range(MAX_FAILURES - 1):
        guard.failed("alice")
    guard.succeeded("alice")
    guard.failed("alice")
    assert refused(guard) is None


def test_failures_that_lie_far_apart_lock_nobody(world: World, guard: LoginGuard) -> None:
    for _ in range(2 * MAX_FAILURES):
        guard.failed("alice")
        world.clock.advance(LOCKED_MS)
    assert refused(guard) is None


def test_attempts_on_one_username_are_limited_wherever_they_come_from(guard: LoginGuard) -> None:
    waits = [refused(guard, "alice", f"192.0.2.{number}") for number in range(31)]
    assert waits == [None] * 30 + [MINUTE_MS]


def test_attempts_from_one_address_are_limited_whomever_they_are_for(guard: LoginGuard) -> None:
    waits = [refused(guard, f"user{number}") for number in range(41)]
    assert waits == [None] * 40 + [MINUTE_MS]


@pytest.mark.parametrize("name", ["", "no name", "x" * 10_000, "\ud800", "a#b"])
def test_what_can_be_nobodys_name_is_counted_too(guard: LoginGuard, name: str) -> None:
    for _ in range(MAX_FAILURES):
        guard.failed(name)
    assert refused(guard, name) == LOCKED_MS


def test_no_username_is_stored_in_clear() -> None:
    limits, clock = FakeLimits(), FakeClock()
    guard = LoginGuard(limits, RateLimits(limits, clock, 5), clock, 30, 40)
    guard.admit("my-password-in-the-wrong-field", "192.0.2.1")
    guard.failed("my-password-in-the-wrong-field")
    assert not [key for key in limits.counts if "password" in key]
    assert all(end > NOW for _, end in limits.counts.values())


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ],
)
def test_an_address_of_ipv6_is_counted_with_its_network(address: str, counted_as: str) -> None:
    assert network(address) == counted_as


@pytest.mark.parametrize("address", ["", "unknown", "x" * 5000])
def test_what_is_no_address_is_counted_under_a_name_of_some_length(address: str) -> None:
    assert len(network(address)) == 64
