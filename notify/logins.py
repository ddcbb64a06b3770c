"""Logging in, staying so, and logging out."""

from msgspec import Struct

from notify.account_requests import Login
from notify.accounts import TOKEN_SECONDS, Accounts
from notify.credentials import Family, RandomBytes, RefreshToken
from notify.errors import Invalid, Unauthorized, Unknown
from notify.limits import LoginGuard
from notify.model import Principal, User
from notify.ports import Clock, Credentials
from notify.revocation import Revocation

FAMILY_MS = 30 * 24 * 60 * 60 * 1000
# Longer than any access token that a login has been granted, also by a clock a little ahead.
OUTLIVES_TOKENS_MS = (TOKEN_SECONDS + 60) * 1000


class Grant(Struct, frozen=True):
    """What a login or a refresh has earned, and whose it is."""

    access_token: str
    expires_in: int
    refresh_token: str
    user: User


class Logins:
    """A login founds a family of refresh tokens, of which each is good once.

    Who presents a used one has stolen it, or has been stolen from: nobody can say which, so the
    whole family ends, its access tokens and its open connections with it (RFC 9700, 4.14.2). That
    goes for two refreshes at the same time as well: one wins, and what it wins is worth nothing.
    """

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        guard: LoginGuard,
        revocation: Revocation,
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._guard = guard
        self._revocation = revocation
        self._clock = clock
        self._random_bytes = random_bytes

    def login(self, login: Login, address: str) -> Grant:
        """Raises: Unauthorized, with one text and in one time for every wrong pair; RateLimited,
        in the same way; Invalid."""
        self._guard.admit(login.username, address)
        # From before the user is read: what changes while a password is checked is later.
        now = self._clock()
        try:
            user = self._accounts.identify(login)
        except Unauthorized:
            self._guard.failed(login.username)
            raise
        self._guard.succeeded(login.username)
        token = RefreshToken.first(self._random_bytes)
        family = Family(
            sid=token.sid,
            username=user.username,
            secret_hash=token.secret_hash,
            created_at=now,
            expires_at=now + FAMILY_MS,
            revoked_before=user.revoked_before,
        )
        self._credentials.add_family(family)
        return self._grant(user, token, now)

    def refresh(self, text: str) -> Grant:
        """The next refresh token, and an access token with what the user may by now.

        Raises: Unauthorized.
        """
        token, now = RefreshToken.parse(text), self._clock()
        family = self._credentials.family(token.sid, now)
        if family is None:
            raise Unauthorized
        if family.secret_hash != token.secret_hash:
            self._end_stolen(family)
            raise Unauthorized
        # Everything that may fail comes before the one write: who gets an error may try again.
        grant = self._grant(self._user_of(family), token.next(self._random_bytes), now)
        after = RefreshToken.parse(grant.refresh_token).secret_hash
        if not self._credentials.rotate(family, after, now):
            self._end_stolen(family)
            raise Unauthorized
        return grant

    def logout(self, principal: Principal, *, all_devices: bool) -> None:
        """Ends this login, or every login of the user: refresh and access tokens are worth nothing
        from now on, and open connections close with 4003.

        Raises: Invalid for one device where the token does not say which login it goes back to.
        """
        if all_devices:
            self._revocation.end(
                principal.username, lambda: self._accounts.revoke_tokens(principal.username)
            )
            return
        if principal.sid is None:
            raise Invalid("all_devices: must be true, for this token names no login of its own")
        family = self._credentials.family(principal.sid, self._clock())
        if family is not None and family.username == principal.username:
            self._end_family(family, principal.token_expires_at)
        else:
            self._end_providers(principal, principal.sid)

    def _end_providers(self, principal: Principal, sid: str) -> None:
        """Also a login of ours that has ended before: nothing is issued under it any more."""
        until = self._outlived(principal.token_expires_at)
        # A provider's `sid` stays the same over sign-ins, and the next of them is not logged out.
        issued_until = max(self._clock(), principal.issued_at)
        revoke_sid, username = self._accounts.revoke_sid, principal.username
        self._revocation.end(username, lambda: revoke_sid(username, sid, until, issued_until), sid)

    def _grant(self, user: User, token: RefreshToken, now: int) -> Grant:
        access = self._accounts.sign(user, token.sid, now)
        return Grant(access, TOKEN_SECONDS, token.text, user)

    def _user_of(self, family: Family) -> User:
        """Who may go on. Raises: Unauthorized."""
        try:
            user = self._accounts.get(family.username)
        except Unknown as error:
            raise Unauthorized from error
        ended = user.revoked_sids.get(family.sid)
        has_ended = ended is not None and ended.covers(family.created_at, self._clock())
        if user.disabled or has_ended or _is_revoked(family, user):
            raise Unauthorized
        return user

    def _end_stolen(self, family: Family) -> None:
        try:
            self._end_family(family, 0)
        except Unknown:  # of a user who was removed everything has ended, and only its row is left
            self._credentials.remove_family(family.sid)

    def _end_family(self, family: Family, expires_at: int) -> None:
        """`expires_at`: of its last access token, as far as it is known."""
        username, sid, until = family.username, family.sid, self._outlived(expires_at)
        end = self._accounts.end_family
        self._revocation.end(username, lambda: end(username, sid, until), sid)

    def _outlived(self, expires_at: int) -> int:
        return max(expires_at, self._clock() + OUTLIVES_TOKENS_MS)


def _is_revoked(family: Family, user: User) -> bool:
    """Whether every login of the user has ended since, or the user has. Not by the time: a write
    that ends them bears an earlier one than a login that it overtakes."""
    if family.revoked_before is None:
        return family.created_at < max(user.revoked_before, user.created_at)
    return family.revoked_before != user.revoked_before
