"""Where tokens come from: a string, or a callable that is asked again."""

import inspect
import re
from collections.abc import Awaitable, Callable

import httpx

from .errors import Unreachable

Token = str | Callable[[], str | Awaitable[str]]
VISIBLE = re.compile(r"[!-~]*")


def checked_token(token: str) -> str:
    """Raises: ValueError, which does not show it."""
    if not VISIBLE.fullmatch(token):
        # A library that is given such a header shows it, and the token with it, in its error.
        raise ValueError(
            "a token is ASCII without spaces; this one holds more, such as a line's end"
        )
    return token


class TokenSource:
    """One token for the socket and the HTTP requests alike.

    Who gives tokens may be out of reach for a while: a callable's OSError, or httpx's
    TransportError, is an Unreachable. What else it raises is not caught.
    Raises: ValueError for what cannot be a token.
    """

    def __init__(self, token: Token) -> None:
        self._token = token
        self._current = checked_token(token) if isinstance(token, str) else None

    def __repr__(self) -> str:
        return "TokenSource(…)"  # Never the token.

    @property
    def renewable(self) -> bool:
        return callable(self._token)

    async def current(self) -> str:
        """The token as it was last asked for."""
        return self._current if self._current is not None else await self.renew()

    async def renew(self) -> str:
        """A token asked for now; a string is what it is."""
        self._current = checked_token(await _ask(self._token))
        return self._current


async def _ask(token: Token) -> str:
    if isinstance(token, str):
        return token
    try:
        answer = token()
        return await answer if inspect.isawaitable(answer) else answer
    except (OSError, httpx.TransportError) as error:
        # Not its text: that may show what was sent, and with it a secret.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unreachable("where tokens come from", reason) from error
