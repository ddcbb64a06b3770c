import pytest
from msgspec.structs import replace

from notify.account_requests import ChangeUser, CreateUser, Login
from notify.accounts import MAX_REVOKED_SIDS, TOKEN_SECONDS, require_admin
from notify.errors import Conflict, Forbidden, Invalid, TokenExpired, Unauthorized, Unknown
from notify.model import EndedLogin, User, Username
from tests.fakes import FakeUsers
from tests.notify.conftest import HOUR_MS, PASSWORD, World, refusal_code

ALICE = Username("alice")


def login(world: World, name: str, password: str = PASSWORD) -> str:
    user = world.accounts.identify(Login(name, password))
    return world.accounts.sign(user, "login", world.clock())


def refusal(world: World, name: str, password: str) -> Unauthorized:
    with pytest.raises(Unauthorized) as raised:
        login(world, name, password)
    return raised.value


def test_a_login_grants_a_token_of_the_user_for_an_hour(world: World) -> None:
    alice = world.principal("alice", "member", tenant="acme", token_ms=TOKEN_SECONDS * 1000)
    principal = world.accounts.authenticate(login(world, "alice"))
    assert principal == replace(alice, sid="login")
    assert principal.issued_at == world.clock()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong horse"),
        ("alice", ""),
        ("mallory", PASSWORD),
        ("not a name", PASSWORD),
        ("", PASSWORD),
        ("ALICE", PASSWORD),
        ("\ud800", PASSWORD),
    ],
)
def test_every_wrong_pair_is_refused_with_one_text_after_one_check(
    world: World, name: str, password: str
) -> None:
    error = refusal(world, name, password)
    assert (type(error), error.message) == (Unauthorized, "Authentication failed")
    assert len(world.hasher.checked) == 1


@pytest.mark.parametrize("password", ["x" * 73, "12345678\0", "12345678\ud800"])
@pytest.mark.parametrize("name", ["alice", "mallory"])
def test_a_password_that_can_be_nobodys_is_invalid_whoever_exists(
    world: World, name: str, password: str
) -> None:
    with pytest.raises(Invalid, match=r"^password: "):
        login(world, name, password)


def test_a_disabled_user_is_refused_like_a_wrong_password(world: World) -> None:
    world.accounts.change(world.principal("root", "admin"), "alice", ChangeUser(disabled=True))
    assert refusal(world, "alice", PASSWORD).message == "Authentication failed"
    assert len(world.hasher.checked) == 1


@pytest.mark.parametrize("password", [PASSWORD, "", "None"])
def test_nobody_logs_in_as_a_user_without_a_password(world: World, password: str) -> None:
    world.accounts.create(world.principal("root", "admin"), CreateUser("dora"))
    assert refusal(world, "dora", password).message == "Authentication failed"
    assert len(world.hasher.checked) == 1


def test_a_user_without_a_password_may_be_given_one(world: World) -> None:
    root = world.principal("root", "admin")
    world.accounts.create(root, CreateUser("dora"))
    world.accounts.change(root, "dora", ChangeUser(password="new password"))
    assert login(world, "dora", "new password")


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_what_is_no_token_proves_nothing(world: World, token: str | None) -> None:
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


def test_an_expired_token_is_told_apart(world: World) -> None:
    token = login(world, "alice")
    world.clock.advance(HOUR_MS)
    with pytest.raises(TokenExpired):
        world.accounts.authenticate(token)


def test_a_token_of_a_user_who_is_gone_is_worth_nothing(world: World) -> None:
    token = login(world, "alice")
    world.users.remove(ALICE, world.clock())
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


def test_a_token_of_a_user_who_was_disabled_is_worth_nothing(world: World) -> None:
    token = login(world, "alice")
    world.accounts.change(world.principal("root", "admin"), "alice", ChangeUser(disabled=True))
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


def test_a_new_password_makes_older_tokens_worthless(world: World) -> None:
    token = login(world, "alice")
    world.clock.advance(1)
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(password="new password"))
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


def test_a_token_made_right_after_a_new_password_is_good(world: World) -> None:
    world.clock.advance(500)
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(password="new password"))
    world.clock.advance(1)
    token = login(world, "alice", "new password")
    assert world.accounts.authenticate(token).username == "alice"


def test_any_other_change_leaves_tokens_alone(world: World) -> None:
    token = login(world, "alice")
    world.clock.advance(1)
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(roles=["editor"]))
    assert world.accounts.authenticate(token).username == "alice"


def test_a_token_of_a_removed_user_does_not_fit_the_next_of_that_name(world: World) -> None:
    token, root = login(world, "alice"), world.principal("root", "admin")
    world.clock.advance(1)
    world.accounts.remove(root, "alice")
    world.accounts.create(root, CreateUser("alice", PASSWORD))
    world.clock.advance(1)
    assert world.accounts.authenticate(login(world, "alice")).username == "alice"
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


def test_a_user_is_found_by_name(world: World) -> None:
    assert world.accounts.get("alice").tenant == "acme"


@pytest.mark.parametrize("name", ["mallory", "", "a:b", "user:alice", "x" * 10_000])
def test_a_user_who_does_not_exist_is_unknown(world: World, name: str) -> None:
    with pytest.raises(Unknown, match=r"^no such user") as raised:
        world.accounts.get(name)
    assert len(raised.value.message) < 100


def test_an_admin_creates_a_user_who_can_log_in(world: World) -> None:
    request = CreateUser("carol", PASSWORD, ["editor", "editor"], "acme")
    made = world.accounts.create(world.principal("root", "admin"), request)
    assert (made.username, sorted(made.roles), made.tenant) == ("carol", ["editor"], "acme")
    assert login(world, "carol")


def test_an_account_knows_since_when_it_exists_and_a_change_keeps_it(world: World) -> None:
    root, created_at = world.principal("root", "admin"), world.clock()
    world.accounts.create(root, CreateUser("carol", PASSWORD))
    world.clock.advance(HOUR_MS)
    world.accounts.change(root, "carol", ChangeUser(password="new password"))
    assert world.accounts.get("carol").created_at == created_at


def test_the_next_of_a_name_exists_since_its_own_creation(world: World) -> None:
    root = world.principal("root", "admin")
    world.clock.advance(HOUR_MS)
    world.accounts.remove(root, "alice")
    world.accounts.create(root, CreateUser("alice", PASSWORD))
    assert world.accounts.get("alice").created_at == world.clock()


def test_a_name_is_taken_once(world: World) -> None:
    with pytest.raises(Conflict):
        world.accounts.create(world.principal("root", "admin"), CreateUser("alice", PASSWORD))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (CreateUser("", PASSWORD), "username"),
        (CreateUser("a:b", PASSWORD), "username"),
        (CreateUser("*", PASSWORD), "username"),
        (CreateUser("x" * 65, PASSWORD), "username"),
        (CreateUser("carol", "short"), "password"),
        (CreateUser("carol", "x" * 73), "password"),
        (CreateUser("carol", PASSWORD, ["a:b"]), "roles"),
        (CreateUser("carol", PASSWORD, [""]), "roles"),
        (CreateUser("carol", PASSWORD, [f"r{n}" for n in range(51)]), "roles"),
        (CreateUser("carol", PASSWORD, [], ""), "tenant"),
        (CreateUser("carol", PASSWORD, [], "*"), "tenant"),
    ],
)
def test_a_user_who_could_not_be_a_topic_is_refused_and_not_stored(
    world: World, request_: CreateUser, field: str
) -> None:
    with pytest.raises(Invalid, match=f"^{field}: "):
        world.accounts.create(world.principal("root", "admin"), request_)
    assert len(world.users.by_name) == 3


def test_only_what_is_given_changes(world: World) -> None:
    root = world.principal("root", "admin")
    before = world.accounts.get("alice")
    after = world.accounts.change(root, "alice", ChangeUser(roles=["editor"]))
    assert (sorted(after.roles), after.tenant) == (["editor"], "acme")
    assert after.password_hash == before.password_hash
    assert world.accounts.get("alice") == after


def test_a_tenant_can_be_taken_away(world: World) -> None:
    root = world.principal("root", "admin")
    assert world.accounts.change(root, "alice", ChangeUser(tenant=None)).tenant is None


def test_a_disabled_user_can_be_let_in_again_by_a_login_but_not_by_an_old_token(
    world: World,
) -> None:
    root, token = world.principal("root", "admin"), login(world, "alice")
    world.clock.advance(1)
    world.accounts.change(root, "alice", ChangeUser(disabled=True))
    world.accounts.change(root, "alice", ChangeUser(disabled=False))
    assert login(world, "alice")
    with pytest.raises(Unauthorized):
        world.accounts.authenticate(token)


class BusyUsers(FakeUsers):
    """Somebody else changes the user in front of each of the next writes."""

    def __init__(self, others: int) -> None:
        super().__init__()
        self.others = others

    def replace(self, user: User) -> None:
        if self.others:
            self.others -= 1
            other = self.by_name[user.username]
            super().replace(replace(other, tenant=f"t{self.others}"))
        super().replace(user)


def test_two_changes_at_once_are_both_made() -> None:
    world = World(users=BusyUsers(others=2))
    world.add_user("alice", "member")
    root = world.principal("root", "admin")
    world.accounts.change(root, "alice", ChangeUser(roles=["editor"]))
    after = world.accounts.get("alice")
    assert (sorted(after.roles), after.tenant) == (["editor"], "t0")


def test_a_user_whom_others_never_stop_changing_is_a_conflict() -> None:
    world = World(users=BusyUsers(others=1000))
    world.add_user("alice", "member")
    with pytest.raises(Conflict):
        world.accounts.change(world.principal("root", "admin"), "alice", ChangeUser(roles=[]))
    assert world.accounts.get("alice").roles == {"member"}


# Tokens that are revoked


def token_of(world: World, sid: str | None) -> str:
    return world.token(replace(world.principal("alice", "member"), sid=sid))


def is_good(world: World, token: str) -> bool:
    return refusal_code(world.accounts.authenticate, token) is None


def test_the_tokens_of_one_login_are_revoked_and_no_others(world: World) -> None:
    tokens = [token_of(world, sid) for sid in ("a", "b", None)]
    world.accounts.end_family(ALICE, "a", world.clock() + HOUR_MS)
    assert [is_good(world, token) for token in tokens] == [False, True, True]


def test_every_token_from_before_is_revoked_and_none_from_after(world: World) -> None:
    before = token_of(world, "a")
    world.clock.advance(1)
    world.accounts.revoke_tokens(ALICE)
    assert [is_good(world, before), is_good(world, token_of(world, "a"))] == [False, True]


def test_logins_that_have_ended_are_forgotten_with_their_last_token(world: World) -> None:
    for number in range(MAX_REVOKED_SIDS):
        world.accounts.end_family(ALICE, f"s{number}", world.clock() + HOUR_MS)
    world.clock.advance(HOUR_MS)
    world.accounts.end_family(ALICE, "last", world.clock() + HOUR_MS)
    until = world.clock() + HOUR_MS
    assert world.accounts.get("alice").revoked_sids == {"last": EndedLogin(until, until)}
    assert is_good(world, token_of(world, "s0"))  # as a provider's may be, under the same name


def test_a_login_ends_no_earlier_for_being_ended_again(world: World) -> None:
    world.accounts.end_family(ALICE, "a", world.clock() + HOUR_MS)
    world.accounts.end_family(ALICE, "a", world.clock())
    assert not is_good(world, token_of(world, "a"))


def test_more_ended_logins_than_the_row_holds_end_all_of_the_user(world: World) -> None:
    stays, goes = token_of(world, "stays"), token_of(world, "s0")
    world.clock.advance(1)
    for number in range(MAX_REVOKED_SIDS + 1):
        world.accounts.end_family(ALICE, f"s{number}", world.clock() + HOUR_MS)
    assert [is_good(world, stays), is_good(world, goes)] == [False, False]
    assert world.accounts.get("alice").revoked_sids == {}


@pytest.mark.parametrize(
    "request_",
    [
        ChangeUser(password="short"),
        ChangeUser(roles=["a b"]),
        ChangeUser(roles=[f"r{n}" for n in range(51)]),
        ChangeUser(tenant="a:b"),
    ],
)
def test_a_change_that_is_invalid_changes_nothing(world: World, request_: ChangeUser) -> None:
    before = world.accounts.get("alice")
    with pytest.raises(Invalid):
        world.accounts.change(world.principal("root", "admin"), "alice", request_)
    assert world.accounts.get("alice") == before


def test_a_user_who_does_not_exist_cannot_be_changed_or_removed(world: World) -> None:
    root = world.principal("root", "admin")
    with pytest.raises(Unknown):
        world.accounts.change(root, "mallory", ChangeUser(disabled=True))
    with pytest.raises(Unknown):
        world.accounts.remove(root, "mallory")


def test_a_removed_user_is_unknown(world: World) -> None:
    world.accounts.remove(world.principal("root", "admin"), "alice")
    with pytest.raises(Unknown):
        world.accounts.get("alice")


@pytest.mark.parametrize("roles", [(), ("member",), ("service",), ("administrator",)])
def test_only_admins_touch_accounts(world: World, roles: tuple[str, ...]) -> None:
    by, before = world.principal("bob", *roles), dict(world.users.by_name)
    with pytest.raises(Forbidden):
        world.accounts.create(by, CreateUser("carol", PASSWORD))
    with pytest.raises(Forbidden):
        world.accounts.change(by, "alice", ChangeUser(disabled=True))
    with pytest.raises(Forbidden):
        world.accounts.remove(by, "alice")
    assert world.users.by_name == before


def test_who_is_no_admin_does_not_learn_which_users_exist(world: World) -> None:
    with pytest.raises(Forbidden):
        world.accounts.remove(world.principal("bob"), "mallory")


def test_an_admin_is_an_admin(world: World) -> None:
    require_admin(world.principal("root", "member", "admin"))
