"""The composition: store, functions, APIs and sources of one template, started and stopped."""

import asyncio
import logging
from pathlib import Path
from typing import Any, NoReturn

from local_server import pages
from local_server.addresses import addresses_of
from local_server.api_keys import ApiKeys
from local_server.app import Front, make_app
from local_server.authorizers.http import HttpAuthorizers
from local_server.authorizers.lambda_http import AUTHORIZER_TIMEOUT_S
from local_server.callers import Callers, administrator
from local_server.code_watch import WATCH_ERRORS, CodeWatch
from local_server.connect_access import ConnectAccess
from local_server.control import Control
from local_server.environment import Environment, api_names
from local_server.errors import FunctionUnknown
from local_server.faults import Call, Fault
from local_server.feed import Feed
from local_server.functions import Functions, Runtime
from local_server.gateway import RESTART
from local_server.http_api import HttpApi
from local_server.ids import ConnectionId
from local_server.in_process import InProcess
from local_server.integration import Integration
from local_server.journal import Moved, Struck, closed_journal
from local_server.listener import Listener
from local_server.management import Admission, Management, admit_everybody
from local_server.overview import has_root, overview
from local_server.permissions import callers_of, check_store, doubts, opaque
from local_server.processes import Zygote
from local_server.provisioning import Clients, make_clients, provision
from local_server.recording import Recording
from local_server.reload import forget_bytecode
from local_server.settings import Settings
from local_server.shared import Shared
from local_server.sources import make_sources
from local_server.store import Store, is_aws, start_store
from local_server.stored import Stored
from local_server.tasks import Tasks
from local_server.template import FunctionName, Names, Template, load_template
from local_server.template.resources import QUEUE, TABLE
from local_server.template.stages import with_variables
from local_server.throttling import Throttle
from local_server.websocket_api import WebsocketApi

logger = logging.getLogger("local_server")

_SWEEP_S = 0.5
# How long a jump of the clock waits for what is running, by the machine's time.
SETTLE_S = 1.0


class Emulator:
    """One running gateway. `start` raises LocalServerError and leaves nothing behind."""

    template: Template
    store: Store
    environment: Environment
    shared: Shared
    _invoker: Recording
    callers: Callers
    feed: Feed

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Upgrades wait for it: whoever starts us may have a service to prepare first.
        self.prepared = asyncio.Event()
        self.prepared.set()
        self._tasks = Tasks()
        self._advancing = asyncio.Lock()
        self._polls: list[asyncio.Task[None]] = []
        self._store: Store | None = None
        self._watch: asyncio.Task[NoReturn] | None = None
        self._functions: Functions | InProcess | None = None
        self._code: CodeWatch | None = None
        self._zygote: Zygote | None = None
        self._listener: Listener | None = None
        self._websocket_api: WebsocketApi | None = None

    # What it is reached by

    @property
    def http_url(self) -> str:
        assert self._listener is not None  # noqa: S101 - only known once started
        return self._listener.url

    @property
    def websocket_url(self) -> str:
        return self.websocket_urls[0]

    @property
    def websocket_urls(self) -> tuple[str, ...]:
        """The stage's own, those of custom.localServer.websocketPaths, and its mappings'."""
        origin = self.http_url.replace("http://", "ws://", 1)
        return tuple(origin + path for path in addresses_of(self.template).all_paths)

    @property
    def page_url(self) -> str:
        """The inspector's. Where a service has a root of its own, it is not at `/`."""
        return self.http_url + ("/_inspector/" if has_root(self.template) else "/")

    @property
    def open_connections(self) -> list[ConnectionId]:
        assert self._websocket_api is not None  # noqa: S101 - only asked once started
        return [connection.id for connection in self._websocket_api.registry.all_open()]

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
        self.shared = self._share()
        self.feed = Feed(self.shared.journal)
        settings.faults.listeners.append(self._note_strike)
        self._listener = Listener(settings.host, settings.port)
        self._zygote = None if settings.in_process else Zygote(freezes=settings.freeze)
        self.store = self._store = start_store(
            settings.store, near=self.template.root, data=settings.data
        )
        await self.store.ready()
        if ahead_ms := settings.clock.ahead_ms:
            await self.store.go_ahead(ahead_ms)
        if settings.verify_signatures:
            check_store(self.store)
        clients = await asyncio.to_thread(
            make_clients, self.store.endpoints, self.template.region, self.store.credentials
        )
        names = await asyncio.to_thread(provision, self.template, clients, api_names(self.template))
        self.template = with_variables(self.template, names)
        self.callers = self._callers(names)
        self._start_functions(names)
        await self._serve(self._stored(names, clients))
        await self._start_sources(names, clients)
        self._watch = asyncio.ensure_future(self.store.watch(settings.clock))
        self._watch.add_done_callback(_report)

    def _share(self) -> Shared:
        settings, local = self._settings, self.template.local
        stage = self.template.websocket_stage
        return Shared(
            clock=settings.clock,
            random_bytes=settings.random_bytes,
            tasks=self._tasks,
            faults=settings.faults,
            throttle=Throttle(local.limits, stage.throttle, stage.route_throttles),
            assumptions=local.assumptions,
            journal=closed_journal() if settings.journal is None else settings.journal,
        )

    def _callers(self, names: Names) -> Callers:
        settings, template = self._settings, self.template
        if not settings.verify_signatures:
            return Callers([administrator()], template.region, settings.clock)
        for warning in (*doubts(self.store), *opaque(template)):
            logger.warning("%s", warning)
        everybody = callers_of(template, names, settings.random_bytes)
        return Callers(everybody, template.region, settings.clock)

    def _start_functions(self, names: Names) -> None:
        settings, template = self._settings, self.template
        self.environment = Environment(
            template, names, self.http_url, self.store.endpoints, self.store.credentials,
            settings.random_bytes, self.callers.credentials(),
        )  # fmt: skip
        for function in template.functions.values():
            self.environment.of_function(function)
        runtime = Runtime(
            template.root, template.region, self.environment.of_function, settings.random_bytes,
            clock=settings.clock,
            faults=settings.faults,
            tasks=self._tasks,
            domains=tuple(mapping.domain for mapping in template.websocket_stage.mappings),
            journal=self.shared.journal,
        )  # fmt: skip
        if self._zygote is None:
            self._functions = InProcess(template.functions, runtime)
        else:
            self._functions = Functions(template.functions, runtime, self._zygote)
        self._invoker = Recording(
            self._functions, settings.clock, self.shared.journal, settings.random_bytes
        )
        if settings.reload:
            try:
                self._code = CodeWatch(template.root, self._code_changed, settings.data)
            except WATCH_ERRORS as error:
                logger.warning("changes of the code are not seen: %s", error)

    def _code_changed(self, files: frozenset[Path]) -> None:
        read_once = files & {self.template.file, *self.template.included}
        for file in sorted(read_once):
            logger.warning("%s has changed: restart to see it", file.name)
        if code := files - read_once:
            self._tasks.start(self._reload(code))

    async def _reload(self, files: frozenset[Path]) -> None:
        assert self._functions is not None  # noqa: S101 - watched for it
        forget_bytecode(files)
        if await self._functions.reload():
            logger.info("%s: the new code is in use", ", ".join(sorted(one.name for one in files)))

    async def _serve(self, stored: Stored) -> None:
        assert self._listener is not None  # noqa: S101 - opened a moment ago
        template, settings, shared = self.template, self._settings, self.shared
        websockets = Integration(self._invoker, shared, settings.websocket_timeout_s)
        keys = ApiKeys(template.api_keys, shared.clock)
        access = ConnectAccess(self.callers, keys, template.stage)
        api = WebsocketApi(template, websockets, shared, access.admit)
        self._websocket_api = api
        described = overview(template, pages.names_beside(), self.feed.run)
        control = Control(
            api, shared, self.advance, self.invoke, overview=described,
            management=Management(template.stage, api, shared), stored=stored,
        )  # fmt: skip
        front = Front(
            websocket_api=api,
            http_api=self._http_api(),
            management=Management(template.stage, api, shared, self._admission()),
            control=control,
            feed=self.feed,
            shared=shared,
            port=self._listener.port,
            prepared=self.prepared,
        )
        await self._listener.serve(make_app(front))
        self._polls.append(self._tasks.start(self._sweep()))

    def _stored(self, names: Names, clients: Clients) -> Stored:
        of_kind = {
            kind: frozenset(
                names.refs[one.id] for one in self.template.resources.values() if one.kind == kind
            )
            for kind in (TABLE, QUEUE)
        }
        return Stored(clients, of_kind[TABLE], of_kind[QUEUE], all_ours=not is_aws(self.store.url))

    def _http_api(self) -> HttpApi:
        template, settings, shared = self.template, self._settings, self.shared
        http = Integration(self._invoker, shared, settings.http_timeout_s)
        asked = Integration(self._invoker, shared, AUTHORIZER_TIMEOUT_S)
        authorizers = HttpAuthorizers(asked, shared.clock, template.region)
        return HttpApi(template, http, authorizers, shared)

    def _admission(self) -> Admission:
        if not self._settings.verify_signatures:
            return admit_everybody
        return self.callers.admit_to_connections

    async def _start_sources(self, names: Names, clients: Clients) -> None:
        assert self._functions is not None  # noqa: S101 - started a moment ago
        for source in make_sources(
            self.template, names, clients, self._invoker, self.shared, self.store.follows
        ):
            await source.open()
            self._polls.append(self._tasks.start(source.run()))

    async def invoke(self, function: str, event: Any) -> str:
        """The JSON text of the result, as for a caller of Lambda's own API, who goes by no gateway.

        Raises FunctionError.
        """
        known = self.template.functions
        if function not in known:
            text = f"Function not found: {function}; there are {', '.join(known) or 'none'}"
            raise FunctionUnknown("ResourceNotFoundException", text)
        # A caller who leaves does not end it.
        return await asyncio.shield(self._invoker.invoke(FunctionName(function), event))

    async def advance(self, seconds: float, settle_s: float = SETTLE_S) -> None:
        """It is so much later. What is running may finish first: for that, no time has passed."""
        clock, journal = self.shared.clock, self.shared.journal
        async with self._advancing:
            await self._invoker.settled(settle_s)
            # The store first: what a timer sets off finds it at the new time.
            await self.store.go_ahead(clock.ahead_after(seconds))
            clock.advance(seconds)
        if journal.is_detailed:
            journal.add(Moved(clock.now(), seconds, clock.ahead_ms))

    def _note_strike(self, number: int, fault: Fault, call: Call) -> None:
        if (journal := self.shared.journal).is_detailed:
            now = self.shared.clock.now()
            journal.add(
                Struck(now, number, fault.kind.value, call.connection, call.route, call.function)
            )

    async def _sweep(self) -> None:
        while True:
            await self._settings.clock.sleep(_SWEEP_S)
            if self._websocket_api is not None:
                self._websocket_api.close_overdue()
            self.feed.refill()

    # Stop

    async def lost(self) -> None:
        """Raises StoreError once the store has ended for good; until then it waits."""
        assert self._watch is not None  # noqa: S101 - only asked once started
        await asyncio.shield(self._watch)

    async def stop(self) -> None:
        """Closes sockets, lets $disconnect run for a moment, then ends every process."""
        if self._watch is not None:
            self._watch.cancel()
        if self._code is not None:
            self._code.stop()
        for poll in self._polls:
            poll.cancel()
        if self._listener is not None:
            self._listener.refuse()
        # Twice: a handshake that was still running opens its socket during the first.
        for _ in range(2):
            await self._end_connections()
        await self._end_processes()
        if self._listener is not None:
            self._listener.close()

    async def _end_connections(self) -> None:
        if self._websocket_api is not None:
            await self._websocket_api.close_all(RESTART)
        await self._tasks.finish(self._settings.disconnect_grace_s)

    async def _end_processes(self) -> None:
        if self._functions is not None:
            await self._functions.stop()
        elif self._zygote is not None:
            await self._zygote.stop()
        if self._store is not None:
            await self._store.stop()


def _report(watch: "asyncio.Task[NoReturn]") -> None:
    if not watch.cancelled():
        logger.error("%s", watch.exception())
