"""Where tokens come from: a string, or a callable that is asked again."""

import inspect
from collections.abc import Awaitable, Callable

Token = str | Callable[[], str | Awaitable[str]]


class TokenSource:
    """One token for the socket and the HTTP requests alike."""

    def __init__(self, token: Token) -> None:
        self._token = token
        self._current = token if isinstance(token, str) else None

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
        self._current = await _ask(self._token)
        return self._current


async def _ask(token: Token) -> str:
    if isinstance(token, str):
        return token
    answer = token()
    return await answer if inspect.isawaitable(answer) else answer
