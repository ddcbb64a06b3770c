"""The access key that requests to AWS are signed with, found as botocore finds it."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct


class AccessKeyError(Exception):
    """Nobody here has one, or whoever gives them out does not answer."""


class AccessKey(Struct, frozen=True):
    """`token` comes with those that end after some hours, as a role's do."""

    id: str
    secret: str
    token: str | None = None


# The key of this moment: another one may come with each call.
FindKey = Callable[[], AccessKey]


def find_key(environment: Mapping[str, str] = os.environ) -> AccessKey:
    """That of the environment, where Lambda puts the role's; else whatever botocore's chain leads
    to: profiles, SSO, containers, the machine's role. Raises: AccessKeyError."""
    key_id, secret = (environment.get(f"AWS_{n}") for n in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
    if key_id and secret:
        token = environment.get("AWS_SESSION_TOKEN") or environment.get("AWS_SECURITY_TOKEN")
        return AccessKey(key_id, secret, token or None)
    return _resolved()


def _resolved() -> AccessKey:
    # Not needed where the environment has one, and half of a cold start.
    from botocore.exceptions import BotoCoreError

    try:
        found = _chain()
        if found is None:
            raise AccessKeyError("no access key for AWS")
        # Renews what is about to end.
        frozen = found.get_frozen_credentials()
    except BotoCoreError as error:
        raise AccessKeyError(type(error).__name__) from error
    return AccessKey(frozen.access_key, frozen.secret_key, frozen.token)


@functools.cache
def _chain() -> Any:
    from botocore.session import Session

    return Session().get_credentials()
