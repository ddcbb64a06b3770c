from typing import Any

import pytest
from msgspec.structs import replace

from infra.tables import UserRow
from notify.credentials import Family
from notify.errors import Conflict, Unavailable, Unknown
from notify.model import EndedLogin, User, Username
from tests.fakes import NOW
from tests.infra.stores.calls import failing, interleave, repeated
from tests.infra.stores.conftest import Stores, fresh

ALICE = User(
    Username("alice"), "$2b$04$hash", frozenset({"member", "editor"}), "acme", True, created_at=NOW
)
PLAIN = User(Username("bob"), "$2b$04$hash")
ELSEWHERE = User(Username("dora"), None)


@pytest.mark.parametrize("user", [ALICE, PLAIN, ELSEWHERE])
def test_a_user_comes_back_as_stored(stores: Stores, user: User) -> None:
    stores.users.add(user)
    assert stores.users.get(user.username) == user


def test_a_user_who_was_not_added_is_none(stores: Stores) -> None:
    assert stores.users.get(Username("mallory")) is None


def test_those_that_there_are_are_read_at_once(stores: Stores) -> None:
    for user in (ALICE, PLAIN, User(Username("carol"), "hash")):
        stores.users.add(user)
    stores.users.remove(Username("carol"), NOW)
    names = map(Username, ("bob", "alice", "alice", "carol", "mallory"))
    assert stores.users.get_each(names) == {ALICE.username: ALICE, PLAIN.username: PLAIN}


def test_nobody_is_read_where_nobody_is_asked_for(stores: Stores) -> None:
    assert stores.users.get_each([]) == {}


def test_a_name_is_taken_once(stores: Stores) -> None:
    stores.users.add(ALICE)
    with pytest.raises(Conflict):
        stores.users.add(User(ALICE.username, "other"))
    assert stores.users.get(ALICE.username) == ALICE


def test_a_replaced_user_has_nothing_left_of_the_old(stores: Stores) -> None:
    stores.users.add(ALICE)
    changed = User(ALICE.username, "other", revoked_before=NOW, version=read(stores).version)
    stores.users.replace(changed)
    assert stores.users.get(ALICE.username) == changed


FAMILY = Family("sid", ALICE.username, "secret", NOW, NOW + 1000)


def test_a_family_ends_with_what_its_user_is_told(stores: Stores) -> None:
    stores.users.add(ALICE)
    stores.credentials.add_family(FAMILY)
    changed = replace(read(stores), revoked_sids={"sid": EndedLogin(NOW + 1, NOW)})
    stores.users.end_family(changed, "sid")
    assert read(stores) == changed
    assert stores.credentials.family("sid", NOW) is None
    stores.users.end_family(read(stores), "sid")  # also if it has ended before


@pytest.mark.parametrize("exists", [True, False])
def test_no_family_ends_whose_user_is_not_told(stores: Stores, exists: bool) -> None:
    stores.credentials.add_family(FAMILY)
    if exists:
        stores.users.add(ALICE)
        stores.users.replace(read(stores))
    with pytest.raises(Conflict if exists else Unknown):
        stores.users.end_family(replace(ALICE, version=7), "sid")
    assert stores.credentials.family("sid", NOW) == FAMILY


def test_an_ending_that_meets_another_transaction_is_tried_again(dynamo: Stores) -> None:
    dynamo.users.add(ALICE)
    met = ("TransactionCanceledException", "TransactionConflict", "None")
    with failing(*met, operation="TransactWriteItems"), pytest.raises(Conflict):
        dynamo.users.end_family(read(dynamo), "sid")


def test_who_does_not_exist_is_not_replaced(stores: Stores) -> None:
    with pytest.raises(Unknown):
        stores.users.replace(ALICE)
    assert stores.users.get(ALICE.username) is None


def test_a_removed_user_is_none_and_cannot_be_removed_again(stores: Stores) -> None:
    stores.users.add(ALICE)
    stores.users.remove(ALICE.username, NOW)
    assert stores.users.get(ALICE.username) is None
    with pytest.raises(Unknown):
        stores.users.remove(ALICE.username, NOW)
    with pytest.raises(Unknown):
        stores.users.replace(ALICE)


def test_the_next_of_a_name_has_nothing_of_the_one_before_but_the_time(stores: Stores) -> None:
    stores.users.add(ALICE)
    stores.users.remove(ALICE.username, NOW)
    stores.users.add(User(ALICE.username, "other"))
    assert stores.users.get(ALICE.username) == User(ALICE.username, "other", revoked_before=NOW)
    with pytest.raises(Conflict):
        stores.users.add(ALICE)


def test_the_time_of_a_revocation_is_raised_and_never_lowered(stores: Stores) -> None:
    stores.users.add(ALICE)
    for at in (NOW, NOW - 1):
        stores.users.revoke_before(ALICE.username, at)
    assert stores.users.get(ALICE.username) == replace(ALICE, revoked_before=NOW)


def test_the_time_that_a_removed_user_has_left_is_raised_too(stores: Stores) -> None:
    stores.users.add(ALICE)
    stores.users.remove(ALICE.username, NOW)
    for at in (NOW + 1, NOW - 1):
        stores.users.revoke_before(ALICE.username, at)
    assert stores.users.get(ALICE.username) is None
    stores.users.add(ALICE)
    assert stores.users.get(ALICE.username) == replace(ALICE, revoked_before=NOW + 1)


def test_of_who_never_was_nothing_is_revoked(stores: Stores) -> None:
    stores.users.revoke_before(ALICE.username, NOW)
    assert stores.users.get(ALICE.username) is None
    stores.users.add(ALICE)
    assert stores.users.get(ALICE.username) == ALICE


def test_a_user_from_before_there_was_a_time_of_creation_has_none(dynamo: Stores) -> None:
    dynamo.users.add(PLAIN)
    UserRow(PLAIN.username).update(actions=[UserRow.created_at.remove()])
    assert dynamo.users.get(PLAIN.username) == PLAIN


def test_a_removed_user_leaves_no_password_behind(dynamo: Stores) -> None:
    dynamo.users.add(ALICE)
    dynamo.users.remove(ALICE.username, NOW)
    left = UserRow.get(ALICE.username).attribute_values
    assert {name for name, value in left.items() if value} == {
        "username",
        "disabled",
        "removed",
        "revoked_before",
        "version",
    }


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get", ("alice",)),
        ("add", (ALICE,)),
        ("replace", (ALICE,)),
        ("remove", ("alice", NOW)),
        ("revoke_before", ("alice", NOW)),
    ],
)
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str, arguments: Any) -> None:
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        getattr(dynamo.users, method)(*arguments)


# Changes that meet


def read(stores: Stores, name: Username = ALICE.username) -> User:
    user = stores.users.get(name)
    assert user is not None
    return user


def test_logins_that_have_ended_come_back_as_stored(stores: Stores) -> None:
    stores.users.add(ALICE)
    ended = {"a": EndedLogin(NOW, NOW), "b": EndedLogin(NOW + 1, NOW - 1)}
    stores.users.replace(replace(read(stores), revoked_sids=ended))
    assert read(stores).revoked_sids == ended


def test_a_login_that_had_ended_before_there_were_times_of_issue_stays_so(dynamo: Stores) -> None:
    dynamo.users.add(ALICE)
    UserRow(ALICE.username).update(actions=[UserRow.revoked_sids.set(f'{{"a": {NOW}}}')])
    assert read(dynamo).revoked_sids == {"a": EndedLogin(NOW, NOW)}


@pytest.mark.parametrize("user", [ALICE, ELSEWHERE])
def test_a_user_who_is_added_again_because_an_answer_was_lost_is_added(
    dynamo: Stores, user: User
) -> None:
    dynamo.users.add(replace(user, password_hash="of an earlier one"))
    dynamo.users.remove(user.username, NOW)
    with repeated("UpdateItem", "users"):
        dynamo.users.add(user)
    assert read(dynamo, user.username) == replace(user, revoked_before=NOW)


def test_of_two_who_have_read_the_same_one_changes_the_user(stores: Stores) -> None:
    stores.users.add(ALICE)
    first = second = read(stores)
    stores.users.replace(replace(first, tenant="one"))
    with pytest.raises(Conflict):
        stores.users.replace(replace(second, tenant="two"))
    assert read(stores).tenant == "one"


def test_what_was_read_before_a_revocation_is_not_written_over_it(stores: Stores) -> None:
    stores.users.add(ALICE)
    before = read(stores)
    stores.users.revoke_before(ALICE.username, NOW)
    with pytest.raises(Conflict):
        stores.users.replace(before)
    assert read(stores).revoked_before == NOW


def test_what_was_read_of_a_removed_user_does_not_change_the_next(stores: Stores) -> None:
    stores.users.add(ALICE)
    before = read(stores)
    stores.users.remove(ALICE.username, NOW)
    stores.users.add(User(ALICE.username, "other"))
    with pytest.raises(Conflict):
        stores.users.replace(before)
    assert read(stores).password_hash == "other"


def test_a_user_of_a_time_without_versions_can_be_changed(dynamo: Stores) -> None:
    dynamo.users.add(ALICE)
    UserRow(ALICE.username).update(actions=[UserRow.version.remove()])
    dynamo.users.replace(replace(read(dynamo), tenant="one"))
    assert read(dynamo).tenant == "one"


@pytest.mark.parametrize("seed", range(4))
def test_of_two_at_once_one_changes_the_user(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.users.add(ALICE)
        user = read(stores)
        results = interleave(
            seed,
            lambda: stores.users.replace(replace(user, tenant="one")),
            lambda: stores.users.replace(replace(user, disabled=False)),
        )
        assert sorted(str(type(result).__name__) for result in results) == ["Conflict", "NoneType"]
