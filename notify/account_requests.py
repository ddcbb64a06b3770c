"""What callers of the HTTP API ask for about logins and accounts."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class Login(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /auth/login."""

    username: Annotated[str, Meta(max_length=256)]
    password: Annotated[str, Meta(max_length=1024)]


class Refresh(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /auth/refresh."""

    refresh_token: Annotated[str, Meta(max_length=256)]


class Logout(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /auth/logout: this device, or all of them."""

    all_devices: bool = False


class DisconnectUser(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /admin/users/{username}/disconnect."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)] = "Disconnected by an operator"
    revoke_tokens: bool = True


class CreateUser(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /admin/users. Without a password nobody can log in here: an identity provider's tokens
    are how the user comes."""

    username: str
    password: str | None = None
    roles: Annotated[list[str], Meta(max_length=50)] = []
    tenant: str | None = None


class ChangeUser(Struct, forbid_unknown_fields=True, frozen=True):
    """PATCH /admin/users/{username}: only what is given changes."""

    password: str | UnsetType = UNSET
    roles: Annotated[list[str], Meta(max_length=50)] | UnsetType = UNSET
    tenant: str | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET

    @property
    def revokes(self) -> bool:
        """Whether what was opened with the old login must not stay open."""
        return self.password is not UNSET or self.disabled is True
