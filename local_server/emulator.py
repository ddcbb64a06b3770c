"""The composition: store, functions, APIs and sources of one template, started and stopped."""

import asyncio
import logging
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sanic import Sanic

from local_server.app import Front, make_app
from local_server.clock import Clock
from local_server.environment import Environment, api_names
from local_server.errors import ServerError, TemplateError
from local_server.functions import Functions, Runtime
from local_server.gateway import GOING_AWAY, RESTART
from local_server.gateway import INTEGRATION_TIMEOUT_S as WEBSOCKET_TIMEOUT_S
from local_server.http_api import INTEGRATION_TIMEOUT_S as HTTP_TIMEOUT_S
from local_server.http_api import HttpApi
from local_server.ids import RandomBytes
from local_server.integration import Integration
from local_server.management import Management
from local_server.processes import Zygote
from local_server.protocol import GatewayProtocol
from local_server.provisioning import Clients, make_clients, provision
from local_server.sources import Queue, Source
from local_server.store import Store, start_store
from local_server.tasks import Tasks
from local_server.template import Names, QueueSource, Template, load_template
from local_server.template.resources import QUEUE
from local_server.websocket_api import WebsocketApi

logger = logging.getLogger("local_server")

_SWEEP_S = 0.5


@dataclass(frozen=True)
class Settings:
    """`port` 0 takes a free one. `store` is ministack, moto or a URL."""

    template: Path
    stage: str = "local"
    host: str = "127.0.0.1"
    port: int = 0
    store: str = "ministack"
    region: str | None = None
    clock: Clock = field(default_factory=Clock)
    random_bytes: RandomBytes = os.urandom
    websocket_timeout_s: float = WEBSOCKET_TIMEOUT_S
    http_timeout_s: float = HTTP_TIMEOUT_S
    disconnect_grace_s: float = 1.5


class Emulator:
    """One running gateway. `start` raises LocalServerError and leaves nothing behind."""

    template: Template
    store: Store
    environment: Environment

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tasks = Tasks()
        self._polls: list[asyncio.Task[None]] = []
        self._store: Store | None = None
        self._functions: Functions | None = None
        self._zygote: Zygote | None = None
        self._app: Sanic[Any, Any] | None = None
        self._server: Any = None
        self._listener: socket.socket | None = None
        self._websocket_api: WebsocketApi | None = None

    # What it is reached by

    @property
    def port(self) -> int:
        assert self._listener is not None  # noqa: S101 - only known once started
        return int(self._listener.getsockname()[1])

    @property
    def http_url(self) -> str:
        host = "127.0.0.1" if self._settings.host in ("0.0.0.0", "") else self._settings.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def websocket_url(self) -> str:
        return self.websocket_urls[0]

    @property
    def websocket_urls(self) -> tuple[str, ...]:
        """The stage's own, then those of custom.localServer.websocketPaths."""
        origin = self.http_url.replace("http://", "ws://", 1)
        return tuple(origin + path for path in self._websocket_paths())

    def _websocket_paths(self) -> tuple[str, ...]:
        return (f"/{self.template.stage}", *self.template.local.websocket_paths)

    def start_environment(self) -> dict[str, str]:
        """For a command that prepares the service: the provider's, and where we are."""
        urls = self.websocket_urls
        return {
            **self.environment.of_provider(),
            "LOCAL_SERVER_HTTP_URL": self.http_url,
            "LOCAL_SERVER_WEBSOCKET_URL": urls[1] if len(urls) > 1 else urls[0],
        }

    # Start

    async def start(self) -> None:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        settings = self._settings
        self.template = load_template(
            settings.template, stage=settings.stage, region=settings.region
        )
        self._listener = _listen(settings.host, settings.port)
        self._zygote = Zygote()
        self.store = self._store = start_store(settings.store)
        await self.store.ready()
        clients = await asyncio.to_thread(
            make_clients, self.store.endpoint, self.template.region, self.store.credentials
        )
        names = await asyncio.to_thread(provision, self.template, clients, api_names(self.template))
        self._start_functions(names)
        await self._serve()
        self._start_sources(names, clients)

    def _start_functions(self, names: Names) -> None:
        settings, template = self._settings, self.template
        self.environment = Environment(
            template, names, self.http_url, self.store.endpoint, self.store.credentials,
            settings.random_bytes,
        )  # fmt: skip
        for function in template.functions.values():
            self.environment.of_function(function)
        runtime = Runtime(
            template.root, template.region, self.environment.of_function, settings.random_bytes
        )
        assert self._zygote is not None  # noqa: S101 - started a moment ago
        self._functions = Functions(template.functions, runtime, self._zygote)

    async def _serve(self) -> None:
        front = self._front()
        self._websocket_api = front.websocket_api
        self._app = make_app(front)
        self._server = await self._app.create_server(
            sock=self._listener,
            protocol=GatewayProtocol,
            # Sanic's routes are ready only after its startup.
            asyncio_server_kwargs={"start_serving": False},
        )
        await self._server.startup()
        try:
            await self._server.start_serving()
        except OSError as error:
            # Of two that start at once both may bind, and only one listens.
            raise _cannot_listen(self._settings.host, self.port, error) from error
        self._polls.append(self._tasks.start(self._sweep()))

    def _front(self) -> Front:
        settings, template = self._settings, self.template
        assert self._functions is not None  # noqa: S101 - started a moment ago
        clock, random = settings.clock, settings.random_bytes
        websockets = Integration(self._functions, self._tasks, clock, settings.websocket_timeout_s)
        http = Integration(self._functions, self._tasks, clock, settings.http_timeout_s)
        api = WebsocketApi(template, websockets, self._tasks, clock, random)
        return Front(
            websocket_api=api,
            http_api=HttpApi(template, http, clock, random),
            management=Management(template.stage, api, clock, random),
            tasks=self._tasks,
            websocket_paths=frozenset(self._websocket_paths()),
            port=self.port,
        )

    def _start_sources(self, names: Names, clients: Clients) -> None:
        assert self._functions is not None  # noqa: S101 - started a moment ago
        for source in self.template.sources:
            queue = _queue(source, self.template, names)
            poll = Source(queue, self._functions, clients.sqs, self._tasks).run()
            self._polls.append(self._tasks.start(poll))

    async def _sweep(self) -> None:
        while True:
            await self._settings.clock.sleep(_SWEEP_S)
            if self._websocket_api is not None:
                self._websocket_api.close_overdue(GOING_AWAY)

    # Stop

    async def stop(self) -> None:
        """Closes sockets, lets $disconnect run for a moment, then ends every process."""
        for poll in self._polls:
            poll.cancel()
        if self._server is not None:
            self._server.server.close()
        if self._websocket_api is not None:
            await self._websocket_api.close_all(RESTART)
        await self._tasks.finish(self._settings.disconnect_grace_s)
        self._end_processes()
        self._end_server()

    def _end_processes(self) -> None:
        if self._functions is not None:
            self._functions.stop()
        elif self._zygote is not None:
            self._zygote.stop()
        if self._store is not None:
            self._store.stop()

    def _end_server(self) -> None:
        if self._server is not None:
            for connection in list(self._server.connections):
                connection.abort()
        if self._listener is not None:
            self._listener.close()
        if self._app is not None:
            Sanic.unregister_app(self._app)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: Exception) -> ServerError:
    reason = error.strerror if isinstance(error, OSError) else None
    return ServerError(f"cannot listen on {host}:{port}: {reason or error}")


def _queue(source: QueueSource, template: Template, names: Names) -> Queue:
    arn = str(names.resolve(source.queue_arn, source.place))
    for resource in template.resources.values():
        if resource.kind == QUEUE and names.attributes[resource.id, "Arn"] == arn:
            return Queue(
                function=source.function,
                url=names.refs[resource.id],
                arn=arn,
                region=template.region,
                batch_size=source.batch_size,
                window_s=source.window_s,
                reports_failures=source.reports_failures,
                concurrency=source.concurrency,
            )
    raise TemplateError(source.place, f"no queue of this template has the ARN {arn}")
