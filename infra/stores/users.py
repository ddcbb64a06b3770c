"""Accounts in DynamoDB."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from infra.rows import Action, Attribute, Condition, DoesNotExist, TransactWriteError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import CredentialRow, UserRow, transaction
from notify.errors import Conflict, HeliographError, Unknown
from notify.model import EndedLogin, User, Username

EXISTS = UserRow.username.exists() & UserRow.removed.does_not_exist()
# Why a transaction is not made that somebody else's write has overtaken, or is about to.
OVERTAKEN = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
IS_FREE = UserRow.username.does_not_exist() | UserRow.removed.exists()


class DynamoUsers:
    """One item a user, found by username.

    A removed user leaves the name and the time behind: a token of theirs must not open the account
    of the next one of that name.
    """

    @translated
    def get(self, username: Username) -> User | None:
        # Consistent: a user who was disabled a moment ago stays out.
        try:
            row = UserRow.get(username, consistent_read=True)
        except DoesNotExist:
            return None
        return None if row.removed else _user(row)

    @translated
    def get_each(self, usernames: Iterable[Username]) -> dict[Username, User]:
        rows = UserRow.batch_get(list(set(usernames)), consistent_read=True)
        return {user.username: user for user in (_user(row) for row in rows if not row.removed)}

    @translated
    def add(self, user: User) -> None:
        actions = [
            *_fields(user),
            # What a removed user of that name has left.
            UserRow.revoked_before.set(UserRow.revoked_before | 0),
            UserRow.revoked_sids.remove(),
            UserRow.removed.remove(),
        ]
        taken = Conflict(f"the user exists already: {user.username}")
        try:
            _update(user.username, actions, IS_FREE, taken)
        except Conflict:
            if not self._is_there(user):
                raise

    def _is_there(self, user: User) -> bool:
        """DynamoDB's client repeats a write whose answer is lost, and then finds what it wrote. By
        the hash: no two of one password are the same."""
        found = self.get(user.username)
        return found is not None and replace(found, revoked_before=user.revoked_before) == user

    @translated
    def replace(self, user: User) -> None:
        changed = _changed(user)
        try:
            _update(user.username, _replacing(user), _unchanged(user), changed)
        except Conflict:
            self._require(user.username)
            raise

    @translated
    def end_family(self, user: User, sid: str) -> None:
        from infra.stores.credentials import family_key  # here, for few functions end logins

        try:
            with transaction() as write:
                write.update(UserRow(user.username), _counted(_replacing(user)), _unchanged(user))
                write.delete(CredentialRow(family_key(sid)))
        except TransactWriteError as error:
            if OVERTAKEN.isdisjoint(each.code for each in error.cancellation_reasons if each):
                raise
            self._require(user.username)
            raise _changed(user) from error

    def _require(self, username: Username) -> None:
        if self.get(username) is None:
            raise Unknown(f"no such user: {username}")

    @translated
    def remove(self, username: Username, now: int) -> None:
        actions = [
            UserRow.removed.set(True),
            UserRow.revoked_before.set(now),
            UserRow.password_hash.remove(),
            UserRow.roles.remove(),
            UserRow.tenant.remove(),
            UserRow.created_at.remove(),
            UserRow.revoked_sids.remove(),
        ]
        _update(username, actions, EXISTS, Unknown(f"no such user: {username}"))

    @translated
    def revoke_before(self, username: Username, at: int) -> None:
        later = Conflict(f"revoked later: {username}")
        with suppress(Conflict):
            revoked_before = UserRow.revoked_before
            _update(username, [revoked_before.set(at)], revoked_before < at, later)


def _update(
    username: Username, actions: Sequence[Action], condition: Condition, otherwise: HeliographError
) -> None:
    try:
        UserRow(username).update(actions=_counted(actions), condition=condition)
    except UpdateError as error:
        if condition_failed(error):
            raise otherwise from error
        raise


def _counted(actions: Sequence[Action]) -> list[Action]:
    """Every write counts, also a removal: a version never comes twice under one name."""
    return [*actions, UserRow.version.add(1)]


def _unchanged(user: User) -> Condition:
    unchanged = UserRow.version == user.version
    if user.version == 0:  # also that of rows that were written before there were versions
        unchanged |= UserRow.version.does_not_exist()
    as_read: Condition = EXISTS & unchanged
    return as_read


def _changed(user: User) -> Conflict:
    return Conflict(f"the user has changed meanwhile: {user.username}")


def _replacing(user: User) -> list[Action]:
    sids = json.dumps(dict(user.revoked_sids)) if user.revoked_sids else None
    return [
        *_fields(user),
        UserRow.revoked_before.set(user.revoked_before),
        _set_or_remove(UserRow.revoked_sids, sids),
    ]


def _fields(user: User) -> list[Action]:
    return [
        _set_or_remove(UserRow.password_hash, user.password_hash),
        UserRow.disabled.set(user.disabled),
        UserRow.created_at.set(user.created_at),
        # DynamoDB knows no empty set.
        _set_or_remove(UserRow.roles, set(user.roles) or None),
        _set_or_remove(UserRow.tenant, user.tenant),
    ]


def _set_or_remove(attribute: Attribute[Any], value: object) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def _user(row: UserRow) -> User:
    return User(
        username=Username(row.username),
        password_hash=row.password_hash,
        roles=frozenset(row.roles or ()),
        tenant=row.tenant,
        disabled=row.disabled,
        revoked_before=int(row.revoked_before),
        created_at=int(row.created_at),
        revoked_sids=_sids(row.revoked_sids or "{}"),
        version=int(row.version),
    )


def _sids(text: str) -> dict[str, EndedLogin]:
    return {
        # An older row has a number for a login that has ended whenever its tokens were issued.
        sid: EndedLogin(ended, ended) if isinstance(ended, int) else EndedLogin(*ended)
        for sid, ended in json.loads(text).items()
    }
