import itertools
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from notify.account_requests import ChangeUser, Login
from notify.accounts import TOKEN_SECONDS
from notify.credentials import Family, RefreshToken
from notify.errors import Invalid, RateLimited, Unauthorized, Unavailable
from notify.limits import LOCKED_MS, MAX_FAILURES
from notify.logins import FAMILY_MS, Grant
from notify.model import Connection, ConnectionId, Principal, User, Username
from tests.fakes import FakeConnections, FakeCredentials, FakeUsers
from tests.notify.conftest import HOUR_MS, PASSWORD, World, refusal_code
from tests.notify.killing import Killed, Killer

ALICE = Username("alice")


def login(world: World, name: str = "alice", password: str = PASSWORD) -> Grant:
    return world.logins.login(Login(name, password), "192.0.2.1")


def who(world: World, grant: Grant) -> Principal:
    return world.accounts.authenticate(grant.access_token)


def is_good(world: World, grant: Grant) -> bool:
    return refusal_code(world.accounts.authenticate, grant.access_token) is None


def can_refresh(world: World, grant: Grant) -> bool:
    return refusal_code(world.logins.refresh, grant.refresh_token) is None


def connect(world: World, connection_id: str, grant: Grant) -> None:
    world.open(connection_id, who(world, grant))


# Logging in


def test_a_login_grants_an_access_token_and_a_refresh_token_of_one_family(world: World) -> None:
    grant = login(world)
    token = RefreshToken.parse(grant.refresh_token)
    assert (grant.user.username, grant.expires_in) == ("alice", TOKEN_SECONDS)
    assert who(world, grant).sid == token.sid


def test_only_hashes_of_a_refresh_token_are_stored(world: World) -> None:
    token = RefreshToken.parse(login(world).refresh_token)
    (family,) = world.credentials.families.values()
    assert family == Family(
        token.sid, ALICE, token.secret_hash, world.clock(), world.clock() + FAMILY_MS, 0
    )


def test_two_logins_are_two_families(world: World) -> None:
    assert who(world, login(world)).sid != who(world, login(world)).sid


@pytest.mark.parametrize("name", ["alice", "mallory", "not a name"])
def test_ten_wrong_passwords_lock_whoever_exists_with_one_text(world: World, name: str) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(Unauthorized):
            login(world, name, "wrong horse")
    checked = len(world.hasher.checked)
    with pytest.raises(RateLimited) as raised:
        login(world, name)  # with the right password, too
    assert raised.value.message == "too many wrong passwords: wait a while"
    assert raised.value.retry_after_ms == LOCKED_MS
    assert len(world.hasher.checked) == checked == MAX_FAILURES
    assert not world.credentials.families


def test_a_lock_ends_and_a_login_is_as_ever(world: World) -> None:
    for _ in range(MAX_FAILURES):
        refusal_code(login, world, "alice", "wrong horse")
    world.clock.advance(LOCKED_MS)
    assert is_good(world, login(world))


def test_a_login_clears_what_went_wrong_before(world: World) -> None:
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            refusal_code(login, world, "alice", "wrong horse")
        assert is_good(world, login(world))
        world.clock.advance(HOUR_MS)


def test_a_password_that_can_be_nobodys_is_no_attempt(world: World) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(Invalid):
            login(world, "alice", "x" * 73)
    assert is_good(world, login(world))


class OvertakenUsers(FakeUsers):
    """Something happens right behind the next read."""

    then: Callable[[], object] | None = None

    def get(self, username: Username) -> User | None:
        user, then = super().get(username), self.then
        self.then = None
        if then is not None:
            then()
        return user


@pytest.fixture
def overtaken() -> World:
    world = World(users=OvertakenUsers())
    world.add_user("alice", "member")
    return world


def overtake(world: World, change: ChangeUser | None) -> None:
    """Lets a change, or a removal, come behind the next read of alice."""
    root = world.principal("root", "admin")

    def then() -> None:
        world.clock.advance(100)
        if change is None:
            world.accounts.remove(root, "alice")
            world.add_user("alice")
        else:
            world.accounts.change(root, "alice", change)
            world.accounts.change(root, "alice", ChangeUser(disabled=False))
        world.clock.advance(100)

    assert isinstance(world.users, OvertakenUsers)
    world.users.then = then


CHANGES = [ChangeUser(disabled=True), ChangeUser(password="another horse"), None]


@pytest.mark.parametrize("change", CHANGES)
def test_a_login_that_a_change_overtakes_is_worth_nothing(
    overtaken: World, change: ChangeUser | None
) -> None:
    overtake(overtaken, change)
    grant = login(overtaken)
    assert not is_good(overtaken, grant)
    assert not can_refresh(overtaken, grant)


@pytest.mark.parametrize("change", CHANGES)
def test_a_refresh_that_a_change_overtakes_is_worth_nothing(
    overtaken: World, change: ChangeUser | None
) -> None:
    grant = login(overtaken)
    overtake(overtaken, change)
    refreshed = overtaken.logins.refresh(grant.refresh_token)
    assert not is_good(overtaken, refreshed)
    assert not can_refresh(overtaken, refreshed)


class SlowUsers(FakeUsers):
    """Something happens between the time that the next write bears and the write."""

    meanwhile: Callable[[], object] | None = None

    def replace(self, user: User) -> None:
        self._wait()
        super().replace(user)

    def remove(self, username: Username, now: int) -> None:
        self._wait()
        super().remove(username, now)

    def _wait(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


@pytest.fixture
def slow() -> World:
    world = World(users=SlowUsers())
    world.add_user("alice", "member")
    return world


def disable(world: World) -> None:
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(disabled=True))
    world.accounts.change(root, "alice", ChangeUser(disabled=False))


def change_password(world: World) -> None:
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(password=PASSWORD))


def log_out_everywhere(world: World) -> None:
    world.accounts.revoke_tokens(ALICE)


def give_away(world: World) -> None:
    world.accounts.remove(world.principal("root", "admin"), "alice")
    world.add_user("alice")


ENDINGS = [disable, change_password, log_out_everywhere, give_away]


def while_writing(world: World, end: Callable[[World], None], act: Callable[[], Grant]) -> Grant:
    """What `act` earns while the write that ends all logins is on its way."""
    granted: list[Grant] = []

    def meanwhile() -> None:
        world.clock.advance(100)
        granted.append(act())
        world.clock.advance(100)

    assert isinstance(world.users, SlowUsers)
    world.users.meanwhile = meanwhile
    end(world)
    (grant,) = granted
    return grant


@pytest.mark.parametrize("end", ENDINGS)
def test_a_login_while_all_are_being_ended_is_worth_nothing(
    slow: World, end: Callable[[World], None]
) -> None:
    grant = while_writing(slow, end, lambda: login(slow))
    assert not is_good(slow, grant)
    assert not can_refresh(slow, grant)
    after = login(slow)
    assert is_good(slow, after)
    assert can_refresh(slow, after)


@pytest.mark.parametrize("end", ENDINGS)
def test_a_refresh_while_all_are_being_ended_is_worth_nothing(
    slow: World, end: Callable[[World], None]
) -> None:
    before = login(slow)
    grant = while_writing(slow, end, lambda: slow.logins.refresh(before.refresh_token))
    assert not is_good(slow, grant)
    assert not can_refresh(slow, grant)


@pytest.mark.parametrize("end", ENDINGS)
def test_of_two_endings_in_one_millisecond_the_second_ends_what_came_between(
    world: World, end: Callable[[World], None]
) -> None:
    log_out_everywhere(world)
    grant = login(world)
    end(world)
    assert not is_good(world, grant)
    assert not can_refresh(world, grant)


@pytest.mark.parametrize("end", ENDINGS)
def test_a_family_from_before_they_knew_what_was_revoked_ends_by_the_time(
    world: World, end: Callable[[World], None]
) -> None:
    grants = [login(world) for _ in range(2)]
    families = world.credentials.families
    families.update({sid: replace(each, revoked_before=None) for sid, each in families.items()})
    assert can_refresh(world, grants[0])
    world.clock.advance(1)
    end(world)
    assert not can_refresh(world, grants[1])


# Refreshing


def test_a_refresh_token_is_good_for_the_next(world: World) -> None:
    first = login(world)
    world.clock.advance(HOUR_MS)
    second = world.logins.refresh(first.refresh_token)
    third = world.logins.refresh(second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert who(world, third) == replace(
        world.principal("alice", "member", tenant="acme"), sid=who(world, second).sid
    )


def test_a_refresh_reads_the_user_again(world: World) -> None:
    grant, root = login(world), world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(roles=["editor"], tenant=None))
    refreshed = world.logins.refresh(grant.refresh_token)
    assert list(refreshed.user.roles) == ["editor"]
    assert who(world, refreshed) == replace(
        world.principal("alice", "editor"), sid=who(world, grant).sid
    )


@pytest.mark.parametrize(
    "change", [ChangeUser(disabled=True), ChangeUser(password="another horse")]
)
def test_who_may_not_log_in_any_more_may_not_refresh(world: World, change: ChangeUser) -> None:
    grant = login(world)
    world.clock.advance(1)
    world.accounts.change(world.principal("root", "admin"), "alice", change)
    assert not can_refresh(world, grant)
    world.accounts.change(world.principal("root", "admin"), "alice", ChangeUser(disabled=False))
    assert not can_refresh(world, grant)


def test_a_removed_user_may_not_refresh_nor_the_next_of_that_name(world: World) -> None:
    grant = login(world)
    world.clock.advance(1)
    world.accounts.remove(world.principal("root", "admin"), "alice")
    assert not can_refresh(world, grant)
    world.add_user("alice")
    assert not can_refresh(world, grant)


def test_a_family_ends_thirty_days_after_its_login_however_often_it_is_refreshed(
    world: World,
) -> None:
    grant = login(world)
    for _ in range(29):
        world.clock.advance(24 * HOUR_MS)
        grant = world.logins.refresh(grant.refresh_token)
    world.clock.advance(24 * HOUR_MS)
    assert not can_refresh(world, grant)


@pytest.mark.parametrize("text", ["", "nonsense", "rt_", "rt_" + "A" * 64])
def test_what_is_no_refresh_token_is_unauthorized(world: World, text: str) -> None:
    with pytest.raises(Unauthorized):
        world.logins.refresh(text)


def test_an_access_token_and_a_ticket_refresh_nothing(world: World) -> None:
    grant = login(world)
    ticket = world.tickets.issue(who(world, grant)).text
    for text in (grant.access_token, ticket):
        assert refusal_code(world.logins.refresh, text) == 4001
    assert can_refresh(world, grant)


# Reuse


def test_a_used_refresh_token_ends_the_family_its_tokens_and_its_connections(
    world: World,
) -> None:
    first, other = login(world), login(world)
    second = world.logins.refresh(first.refresh_token)
    connect(world, "c1", second)
    connect(world, "c2", other)

    assert not can_refresh(world, first)

    assert [is_good(world, grant) for grant in (first, second, other)] == [False, False, True]
    assert [can_refresh(world, grant) for grant in (second, other)] == [False, True]
    assert [frame["code"] for frame in world.gateway.frames("c1")] == [4003]
    assert world.gateway.disconnected == ["c1"]


def test_the_sid_of_a_family_is_not_enough_to_end_it(world: World) -> None:
    grant = login(world)
    sid = who(world, grant).sid or ""
    forged = RefreshToken(bytes.fromhex(sid)[:16], bytes(32))
    assert refusal_code(world.logins.refresh, forged.text) == 4001
    assert can_refresh(world, grant)


def test_a_used_token_of_a_removed_user_is_unauthorized_like_any_other(world: World) -> None:
    first = login(world)
    world.logins.refresh(first.refresh_token)
    world.accounts.remove(world.principal("root", "admin"), "alice")
    assert refusal_code(world.logins.refresh, first.refresh_token) == 4001
    assert world.credentials.families == {}


class RacingCredentials(FakeCredentials):
    """Somebody else refreshes in front of each write."""

    def rotate(self, family: Family, secret_hash: str, now: int) -> bool:
        super().rotate(family, "of another", now)
        return super().rotate(family, secret_hash, now)


def test_of_two_refreshes_at_once_one_wins_and_the_family_ends(world: World) -> None:
    grant = login(world)
    racing = RacingCredentials()
    racing.families = world.credentials.families
    world.credentials = racing
    assert not can_refresh(world, grant)
    assert world.credentials.families == {}
    assert not is_good(world, grant)


class BusyCredentials(FakeCredentials):
    """A store that cannot write just now."""

    def rotate(self, family: Family, secret_hash: str, now: int) -> bool:
        raise Unavailable("the store does not answer: try again")


def test_a_refresh_that_fails_may_be_tried_again(world: World) -> None:
    grant, calm = login(world), world.credentials
    world.credentials = BusyCredentials()
    world.credentials.families = calm.families
    with pytest.raises(Unavailable):
        world.logins.refresh(grant.refresh_token)
    world.credentials = calm
    assert can_refresh(world, grant)


# Logging out


def test_a_logout_ends_one_login_at_once(world: World) -> None:
    phone, laptop = login(world), login(world)
    connect(world, "c1", phone)
    connect(world, "c2", laptop)

    world.logins.logout(who(world, phone), all_devices=False)

    assert [is_good(world, grant) for grant in (phone, laptop)] == [False, True]
    assert [can_refresh(world, grant) for grant in (phone, laptop)] == [False, True]
    assert [frame["code"] for frame in world.gateway.frames("c1")] == [4003]
    assert world.gateway.disconnected == ["c1"]


@pytest.mark.parametrize("stolen", [False, True])
def test_what_dies_while_it_ends_a_login_leaves_all_of_it_or_nothing(stolen: bool) -> None:
    """Nobody keeps an access token for its hour whose refresh token has ended, or the other way
    round for thirty days."""
    killer = Killer()
    for number in itertools.count():
        world = World(users=killer.at(FakeUsers()))
        world.add_user("alice", "member")
        world.credentials = killer.at(FakeCredentials(world.users.families))
        world.later_queue = killer.at(world.later_queue)
        first = login(world)
        newest = world.logins.refresh(first.refresh_token)
        principal, killer.left = who(world, newest), number
        try:
            if stolen:
                assert not can_refresh(world, first)
            else:
                world.logins.logout(principal, all_devices=False)
            break
        except Killed:
            pass
        finally:
            killer.left = None
        is_alive = is_good(world, newest)
        world.clock.advance(2 * HOUR_MS)  # a login that has ended is remembered for an hour
        assert can_refresh(world, newest) == is_alive
    assert not is_good(world, newest)
    assert not can_refresh(world, newest)
    assert number > 3


def test_a_logout_from_all_devices_ends_every_login(world: World) -> None:
    phone, laptop = login(world), login(world)
    connect(world, "c1", phone)
    connect(world, "c2", laptop)
    world.clock.advance(1)

    world.logins.logout(who(world, phone), all_devices=True)

    assert not any(is_good(world, grant) or can_refresh(world, grant) for grant in (phone, laptop))
    assert sorted(world.gateway.disconnected) == ["c1", "c2"]
    world.clock.advance(1)
    assert is_good(world, login(world))


class BusyConnections(FakeConnections):
    """A store that cannot say whose a connection is."""

    def get(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


def test_what_a_logout_could_not_close_is_closed_by_a_job(world: World) -> None:
    phone, laptop = login(world), login(world)
    connect(world, "c1", phone)
    connect(world, "c2", laptop)
    principal, calm = who(world, phone), world.connections
    world.connections = BusyConnections(world.memory)
    with pytest.raises(Unavailable):
        world.logins.logout(principal, all_devices=False)
    world.connections = calm
    assert not is_good(world, phone)
    for job in world.later_queue.take():
        world.later.run(job)
    assert world.gateway.disconnected == ["c1"]


def test_a_stolen_token_closes_also_the_connections_of_a_removed_user(world: World) -> None:
    first = login(world)
    connect(world, "c1", world.logins.refresh(first.refresh_token))
    world.clock.advance(1)
    world.accounts.remove(world.principal("root", "admin"), "alice")
    assert not can_refresh(world, first)
    assert world.gateway.disconnected == ["c1"]


def test_a_login_stays_ended_until_its_last_token_has_expired(world: World) -> None:
    grant = login(world)
    world.logins.logout(who(world, grant), all_devices=False)
    world.clock.advance(TOKEN_SECONDS * 1000 - 1)
    assert not is_good(world, grant)


def test_a_token_without_a_sid_can_only_log_out_of_everything(world: World) -> None:
    foreign = world.principal("alice")
    with pytest.raises(Invalid, match=r"^all_devices: "):
        world.logins.logout(foreign, all_devices=False)
    world.logins.logout(foreign, all_devices=True)
    assert world.accounts.get("alice").revoked_before == world.clock()


def test_a_providers_token_logs_out_for_as_long_as_it_lives(world: World) -> None:
    foreign = replace(world.principal("alice", token_ms=10 * HOUR_MS), sid="of-the-provider")
    token = world.token(foreign)
    world.logins.logout(foreign, all_devices=False)
    world.clock.advance(9 * HOUR_MS)
    assert refusal_code(world.accounts.authenticate, token) == 4001


def provided(world: World, **fields: Any) -> Principal:
    """A token of a provider's, which keeps its `sid` over sign-ins; `iat` is in whole seconds."""
    issued_at = world.clock() // 1000 * 1000
    principal = replace(world.principal("alice"), sid="sso", issued_at=issued_at)
    return replace(principal, **fields)


def test_who_signs_in_again_at_the_provider_is_let_in_under_the_same_sid(world: World) -> None:
    before = provided(world)
    world.open("c1", before)
    world.clock.advance(500)
    world.logins.logout(before, all_devices=False)
    world.clock.advance(1000)
    after = provided(world)
    world.open("c2", after)

    codes = [refusal_code(world.accounts.check, each) for each in (before, after)]
    assert codes == [4001, None]
    for job in world.later_queue.take():
        world.later.run(job)
    assert world.gateway.disconnected == ["c1"]


def test_a_providers_clock_that_is_ahead_keeps_no_token_alive(world: World) -> None:
    early = provided(world, issued_at=world.clock() + 3000)
    world.logins.logout(early, all_devices=False)
    assert refusal_code(world.accounts.check, early) == 4001


def test_a_second_logout_ends_what_has_come_since_the_first(world: World) -> None:
    for _ in range(2):
        signed_in = provided(world)
        assert refusal_code(world.accounts.check, signed_in) is None
        world.logins.logout(signed_in, all_devices=False)
        assert refusal_code(world.accounts.check, signed_in) == 4001
        world.clock.advance(1000)


def test_a_login_of_ours_ends_for_whatever_is_issued_under_it(world: World) -> None:
    principal = who(world, login(world))
    world.logins.logout(principal, all_devices=False)
    late = replace(principal, issued_at=world.clock() + 1000)
    assert refusal_code(world.accounts.check, late) == 4001


def test_a_providers_sid_ends_nobody_elses_login(world: World) -> None:
    bob = login(world, "bob")
    foreign = replace(provided(world), sid=who(world, bob).sid)
    world.logins.logout(foreign, all_devices=False)
    assert can_refresh(world, bob)
