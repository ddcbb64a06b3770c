"""A new token for an open connection, before the old one ends and the connection with it."""

from collections.abc import Awaitable, Callable

from .backoff import Backoff
from .connection import Connection
from .errors import ApiError, HeliographError, NoAnswer, RequestRefused, Unreachable
from .tokens import TokenSource


class Renewal:
    """Asks for a token when the server warns, and hands it over in the connection.

    What cannot be had is tried again with a back-off, as long as the connection lasts; a refusal
    is told, and the connection goes on until the server ends it.
    """

    def __init__(
        self,
        tokens: TokenSource,
        backoff: Callable[[], Backoff],
        sleep: Callable[[float], Awaitable[None]],
        on_error: Callable[[RequestRefused], None],
    ) -> None:
        self._tokens = tokens
        self._backoff = backoff
        self._sleep = sleep
        self._on_error = on_error

    async def keep(self, connection: Connection) -> None:
        """Answer each warning, as long as nobody cancels it."""
        while True:
            await connection.token_ends.wait()
            connection.token_ends.clear()
            await self._renew(connection)

    async def _renew(self, connection: Connection) -> None:
        backoff = self._backoff()
        while True:
            try:
                await connection.authenticate(await self._tokens.renew())
                return
            except HeliographError as error:
                if not _may_succeed_later(error):
                    self._tell(error)
                    return
            await self._sleep(backoff.next_delay())

    def _tell(self, error: HeliographError) -> None:
        if isinstance(error, RequestRefused):
            self._on_error(error)


def _may_succeed_later(error: HeliographError) -> bool:
    if isinstance(error, ApiError | RequestRefused):
        return error.temporary
    return isinstance(error, Unreachable | NoAnswer)
