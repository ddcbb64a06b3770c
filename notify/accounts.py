"""Accounts: who may log in, and whom a token makes of its bearer."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from notify.account_requests import ChangeUser, CreateUser, Login
from notify.errors import Conflict, Forbidden, Invalid, Unauthorized, Unknown
from notify.model import EndedLogin, Principal, User, Username
from notify.passwords import PasswordHasher
from notify.ports import Clock, Users
from notify.tokens import MAX_ROLES, KeySource, SigningKeys, sign, verify
from notify.topics import SEGMENT, parse_segment

TOKEN_SECONDS = 3600
# Logins that may end within the life of a token, one by one; they ride in the user's row.
MAX_REVOKED_SIDS = 50
MAX_TRIES = 8


class Accounts:
    """Users are found by username, a token's `sub`; a token whose user is gone is worth nothing."""

    def __init__(
        self,
        users: Users,
        own_keys: SigningKeys,
        keys: KeySource,
        hasher: PasswordHasher,
        clock: Clock,
    ) -> None:
        self._users = users
        self._own_keys = own_keys
        self._keys = keys
        self._hasher = hasher
        self._clock = clock

    def identify(self, login: Login) -> User:
        """Raises: Unauthorized, with one text and in one time for every wrong pair; Invalid."""
        user = self._find(login.username)
        matches = self._hasher.check(login.password, user.password_hash if user else None)
        if user is None or not matches or user.disabled:
            raise Unauthorized
        return user

    def sign(self, user: User, sid: str, now: int) -> str:
        """An access token of the user's for TOKEN_SECONDS, of the login `sid`. `now`: a time before
        the user was read, so that whatever revokes their tokens after that revokes this one."""
        expires_at = now + TOKEN_SECONDS * 1000
        principal = Principal(user.username, user.roles, user.tenant, expires_at, sid=sid)
        return sign(self._own_keys.signing_key(), principal, now)

    def authenticate(self, token: str | None) -> Principal:
        """Whom the token proves its bearer to be. Raises: Unauthorized, TokenExpired."""
        if not token:
            raise Unauthorized
        principal = verify(token, self._keys, self._clock())
        self.check(principal)
        return principal

    def check(self, principal: Principal) -> None:
        """That what a token proved a while ago still holds. Raises: Unauthorized."""
        if not still_holds(principal, self._users.get(principal.username), self._clock()):
            raise Unauthorized

    def get(self, username: str) -> User:
        """Raises: Unknown."""
        user = self._find(username)
        if user is None:
            raise _unknown(username)
        return user

    def get_each(self, usernames: Sequence[Username]) -> list[User]:
        """In that order. Raises: Unknown, of the first who does not exist."""
        found = self._users.get_each(filter(SEGMENT.fullmatch, usernames))
        for username in usernames:
            if username not in found:
                raise _unknown(username)
        return [found[username] for username in usernames]

    def create(self, by: Principal, request: CreateUser) -> User:
        """Raises: Forbidden, Invalid, Conflict."""
        require_admin(by)
        user = new_user(request, self._hasher, self._clock())
        self._users.add(user)
        return user

    def change(self, by: Principal, username: str, request: ChangeUser) -> User:
        """A new password, or being disabled, makes every token issued before it worthless.

        Raises: Forbidden, Unknown, Invalid; Conflict if others never stop changing the user.
        """
        require_admin(by)
        user = self.get(username)
        changes = asdict(request)
        changes = {name: value for name, value in changes.items() if value is not UNSET}
        if "roles" in changes:
            changes["roles"] = _roles(changes["roles"])
        if "tenant" in changes:
            changes["tenant"] = _tenant(changes["tenant"])
        if "password" in changes:
            changes["password_hash"] = self._hasher.hash(changes.pop("password"))
        if not request.revokes:
            return self._change(user, lambda current: replace(current, **changes))
        return self._change(user, lambda current: self._revoked(current, **changes))

    def revoke_tokens(self, username: Username) -> None:
        """Every token issued before now is worth nothing. Raises: Unknown, Conflict."""
        self._change(self.get(username), self._revoked)

    def end_family(self, username: Username, sid: str, until: int) -> None:
        """Every token of one login is, refresh tokens included; no access token of it lives beyond
        `until`. Raises: as above."""
        self._change(
            self.get(username),
            lambda user: self._without_sid(user, sid, EndedLogin(until, until)),
            lambda user: self._users.end_family(user, sid),
        )

    def revoke_sid(self, username: Username, sid: str, until: int, issued_until: int) -> None:
        """Of a login that is a provider's, every token is that was issued at `issued_until` or
        before; none of them lives beyond `until`. Raises: as above."""
        ended = EndedLogin(until, issued_until)
        self._change(self.get(username), lambda user: self._without_sid(user, sid, ended))

    def remove(self, by: Principal, username: str) -> None:
        """Raises: Forbidden, Unknown."""
        require_admin(by)
        user = self.get(username)
        try:
            self._users.remove(user.username, self._revocation_of(user))
        finally:  # a repeated write finds nobody, because the first one has been here
            self._revoke_again(user.username)

    def _change(
        self,
        user: User,
        change: Callable[[User], User],
        write: Callable[[User], None] | None = None,
    ) -> User:
        """Writes what `change` makes of the user, unless somebody else has written meanwhile: then
        of what they have made of it."""
        write = write or self._users.replace
        for _ in range(MAX_TRIES):
            changed = change(user)
            with suppress(Conflict):
                write(changed)
                if changed.revoked_before != user.revoked_before:
                    self._revoke_again(user.username)
                return changed
            user = self.get(user.username)
        raise Conflict("the user is being changed by others: try again")

    def _revoked(self, user: User, **changes: Any) -> User:
        # The time of this very write: who logs in while it is tried again has the old password.
        revoked_before = self._revocation_of(user)
        return replace(user, revoked_before=revoked_before, revoked_sids={}, **changes)

    def _revocation_of(self, user: User) -> int:
        """The time of one; no two of a user's have the same, so that a login knows which it saw."""
        return max(self._clock(), user.revoked_before + 1)

    def _revoke_again(self, username: Username) -> None:
        """Now that the write is done. Who read the user while it was on its way has a token of a
        later time than it bears."""
        self._users.revoke_before(username, self._clock())

    def _without_sid(self, user: User, sid: str, ended: EndedLogin) -> User:
        """The set prunes itself; where it is full for once, every login of the user ends."""
        now = self._clock()
        sids = {each: end for each, end in user.revoked_sids.items() if end.until > now}
        if len(sids) >= MAX_REVOKED_SIDS and sid not in sids:
            return self._revoked(user)
        before = sids.get(sid, ended)
        later = EndedLogin(*map(max, ended, before))
        return replace(user, revoked_sids={**sids, sid: later})

    def _find(self, username: str) -> User | None:
        # What cannot be a username is nobody's, and is not looked up.
        return self._users.get(Username(username)) if SEGMENT.fullmatch(username) else None


def new_user(request: CreateUser, hasher: PasswordHasher, now: int) -> User:
    """The account that a request describes; it is stored nowhere yet. Raises: Invalid."""
    return User(
        username=Username(parse_segment(request.username, "username")),
        roles=_roles(request.roles),
        tenant=_tenant(request.tenant),
        password_hash=None if request.password is None else hasher.hash(request.password),
        created_at=now,
    )


def still_holds(principal: Principal, user: User | None, now: int) -> bool:
    """Whether a token that was good once is, by what has become of its user; its end apart."""
    if user is None or user.disabled or principal.issued_at < user.revoked_before:
        return False
    ended = user.revoked_sids.get(principal.sid or "")
    return ended is None or not ended.covers(principal.issued_at, now)


def require_admin(principal: Principal) -> None:
    if not principal.has_role("admin"):
        raise Forbidden("the role admin is required")


def _unknown(username: str) -> Unknown:
    return Unknown(f"no such user: {username[:64]!r}")


def _roles(names: list[str]) -> frozenset[str]:
    if len(names) > MAX_ROLES:
        raise Invalid(f"roles: at most {MAX_ROLES}")
    return frozenset(parse_segment(name, "roles") for name in names)


def _tenant(name: str | None) -> str | None:
    return None if name is None else parse_segment(name, "tenant")
