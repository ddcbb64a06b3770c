"""Accounts in DynamoDB."""

from typing import Any

from pynamodb.exceptions import DeleteError, DoesNotExist, PutError

from infra.stores.border import condition_failed, translated
from infra.tables import UserRow
from notify.errors import Conflict, Unknown
from notify.model import User, Username


class DynamoUsers:
    """One item a user, found by username."""

    @translated
    def get(self, username: Username) -> User | None:
        # Consistent: a user who was disabled a moment ago stays out.
        try:
            row = UserRow.get(username, consistent_read=True)
        except DoesNotExist:
            return None
        return User(
            username=Username(row.username),
            password_hash=row.password_hash,
            roles=frozenset(row.roles or ()),
            tenant=row.tenant,
            disabled=row.disabled,
            revoked_before=int(row.revoked_before),
        )

    @translated
    def add(self, user: User) -> None:
        try:
            _row(user).save(condition=UserRow.username.does_not_exist())
        except PutError as error:
            if condition_failed(error):
                raise Conflict(f"the user exists already: {user.username}") from error
            raise

    @translated
    def replace(self, user: User) -> None:
        try:
            _row(user).save(condition=UserRow.username.exists())
        except PutError as error:
            if condition_failed(error):
                raise Unknown(f"no such user: {user.username}") from error
            raise

    @translated
    def remove(self, username: Username) -> None:
        try:
            UserRow(username).delete(condition=UserRow.username.exists())
        except DeleteError as error:
            if condition_failed(error):
                raise Unknown(f"no such user: {username}") from error
            raise


def _row(user: User) -> UserRow:
    fields: dict[str, Any] = {
        "password_hash": user.password_hash,
        # DynamoDB knows no empty set.
        "roles": set(user.roles) or None,
        "tenant": user.tenant,
        "disabled": user.disabled,
        "revoked_before": user.revoked_before,
    }
    return UserRow(user.username, **fields)
