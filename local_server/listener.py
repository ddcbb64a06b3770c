"""Where the emulator listens: a port from the start, and a server behind it once it may answer."""

import socket
from typing import Any

from sanic import Sanic

from local_server.errors import ServerError
from local_server.protocol import GatewayProtocol


class Listener:
    """A bound port. Raises ServerError where it cannot be had."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._socket = _bound(host, port)
        self._app: Sanic[Any, Any] | None = None
        self._server: Any = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """As it is reached from this machine."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "") else self._host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def serve(self, app: Sanic[Any, Any]) -> None:
        """Raises ServerError."""
        self._app = app
        self._server = await app.create_server(
            sock=self._socket,
            protocol=GatewayProtocol,
            # Sanic's routes are ready only after its startup.
            asyncio_server_kwargs={"start_serving": False},
        )
        await self._server.startup()
        try:
            await self._server.start_serving()
        except OSError as error:
            # Of two that start at once both may bind, and only one listens.
            raise _unavailable(self._host, self.port, error) from error

    def refuse(self) -> None:
        """Nobody new comes in; who is there stays."""
        if self._server is not None:
            self._server.server.close()

    def close(self) -> None:
        if self._server is not None:
            for connection in list(self._server.connections):
                connection.abort()
        self._socket.close()
        if self._app is not None:
            Sanic.unregister_app(self._app)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise _unavailable(host, port, error) from error
    return listener


def _unavailable(host: str, port: int, error: Exception) -> ServerError:
    reason = error.strerror if isinstance(error, OSError) else None
    return ServerError(f"cannot listen on {host}:{port}: {reason or error}")
