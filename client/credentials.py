"""Which token the command line uses: flags over the environment over what `login` has saved."""

from dataclasses import dataclass, field

from .answers import Login
from .api import Api
from .terminal import Terminal
from .token_file import SavedToken, TokenFile
from .tokens import Token, checked_token


class UsageError(Exception):
    """The command line asks for what it does not say enough about."""


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A token callable that logs in each time: a long `listen` outlives every token."""

    url: str
    user: str
    password: str = field(repr=False)

    async def __call__(self) -> str:
        return (await self.login()).access_token

    async def login(self) -> Login:
        async with Api(self.url) as api:
            return await api.login(self.user, self.password)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was given on the command line."""

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def find_token(self, terminal: Terminal) -> Token:
        """Raises: UsageError if there is none, or one that cannot be."""
        if self.token and self.user:
            raise UsageError("give --token or --user, not both")
        if self.user:
            return self._token_of(self.user, terminal)
        given = self.token or terminal.env.get("HELIOGRAPH_TOKEN")
        saved = TokenFile.of_user(terminal.env).find(self.url)
        if not given and not saved:
            raise UsageError("who are you? Give --user or --token, or `login --user NAME` first")
        return _checked(given or _unexpired(saved, terminal))

    def password_login(self, terminal: Terminal) -> PasswordLogin:
        """Raises: UsageError if there is no password and nobody to ask."""
        if not self.user:
            raise UsageError("who are you? Give --user NAME")
        password = self._known_password(terminal) or _ask(self.user, self.url, terminal)
        return PasswordLogin(self.url, self.user, password)

    def _token_of(self, user: str, terminal: Terminal) -> Token:
        saved = TokenFile.of_user(terminal.env).find(self.url, user)
        if self._known_password(terminal) or not saved or saved.expires_at <= terminal.now():
            return self.password_login(terminal)
        return _checked(saved.token)

    def _known_password(self, terminal: Terminal) -> str | None:
        return self.password or terminal.env.get("HELIOGRAPH_PASSWORD")


def save(login: Login, url: str, terminal: Terminal) -> SavedToken:
    expires_at = int(terminal.now()) + login.expires_in
    saved = SavedToken(login.user.user_id, login.access_token, expires_at)
    TokenFile.of_user(terminal.env).save(url, saved)
    return saved


def _unexpired(saved: SavedToken | None, terminal: Terminal) -> str:
    if saved is None or saved.expires_at <= terminal.now():
        user = saved.user if saved else "NAME"
        raise UsageError(f"the saved token of {user} has expired: `login --user {user}` again")
    return saved.token


def _checked(token: str) -> str:
    try:
        return checked_token(token)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _ask(user: str, url: str, terminal: Terminal) -> str:
    try:
        return terminal.ask_password(f"Password of {user} at {url}: ")
    except EOFError:
        hint = "give --password or set HELIOGRAPH_PASSWORD"
        raise UsageError(f"no password, and no terminal to ask on: {hint}") from None
