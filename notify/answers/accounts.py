"""What logins and accounts answer."""

from msgspec import UNSET, Struct, UnsetType

from notify.logins import Grant
from notify.model import Principal, User, timestamp
from notify.tickets import IssuedTicket


class UserAnswer(Struct, frozen=True):
    """An account, without anything secret."""

    user_id: str
    roles: list[str]
    tenant: str | None
    disabled: bool | UnsetType = UNSET
    token_expires_at: str | UnsetType = UNSET


class LoginAnswer(Struct, frozen=True):
    """A login or a refresh that went well."""

    access_token: str
    expires_in: int
    refresh_token: str
    user: UserAnswer
    token_type: str = "bearer"  # noqa: S105


class TicketAnswer(Struct, frozen=True):
    """A ticket, and the URL to connect to with it."""

    ticket: str
    expires_in: int
    url: str


class DisconnectAnswer(Struct, frozen=True):
    """How many connections of a user were closed."""

    disconnected: int


def user_answer(user: User) -> UserAnswer:
    return UserAnswer(user.username, sorted(user.roles), user.tenant, disabled=user.disabled)


def me_answer(principal: Principal) -> UserAnswer:
    return UserAnswer(
        principal.username,
        sorted(principal.roles),
        principal.tenant,
        token_expires_at=timestamp(principal.token_expires_at),
    )


def login_answer(grant: Grant) -> LoginAnswer:
    user = UserAnswer(grant.user.username, sorted(grant.user.roles), grant.user.tenant)
    return LoginAnswer(grant.access_token, grant.expires_in, grant.refresh_token, user)


def ticket_answer(issued: IssuedTicket, url: str) -> TicketAnswer:
    return TicketAnswer(issued.text, issued.expires_in, f"{url}?token={issued.text}")
