"""Handlers in the emulator's own process, for debuggers: breakpoint(), pdb, an IDE's.

There is no isolation. What a worker has of its own (environment, folder, time zone, time of day) is
exchanged around each event, so one event is handled at a time in the whole process, whatever
concurrency a function reserves; a handler that waits for another function of the service waits in
vain. Nothing is killed at a timeout. Standard input, output and error are the terminal's. Handlers
run in a thread, so they cannot handle signals.
"""

import asyncio
import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from local_server import callbacks, handler
from local_server.context import LambdaContext, surroundings
from local_server.errors import FunctionCrashed, FunctionError
from local_server.fast_json import encode
from local_server.faults import Call, FaultKind
from local_server.functions import EVENT_BYTES, too_large
from local_server.handler_thread import HandlerThread
from local_server.ids import invocation_id
from local_server.invocation import Invocation
from local_server.pool import throttled
from local_server.runtime import Runtime
from local_server.template import Function, FunctionName
from local_server.travel import Travel
from local_server.worker import LambdaLoggerHandler, exit_status
from local_server.worker_process import Answer, result_of

logger = logging.getLogger("local_server.functions")

# What debuggers and line editors look up while a handler runs.
_DEBUGGERS = ("COLUMNS", "DEBUGPY", "LINES", "PYCHARM", "PYDEVD", "PYTHONBREAKPOINT", "TERM")


class InProcess:
    """An Invoker whose handlers are modules of this process."""

    def __init__(self, functions: Mapping[FunctionName, Function], runtime: Runtime) -> None:
        self._functions = functions
        self._runtime = runtime
        self._handlers: dict[FunctionName, handler.Handler] = {}
        self._environments: dict[FunctionName, Mapping[str, str]] = {}
        self._turn = asyncio.Lock()
        self._not_handlers = frozenset(sys.modules)
        self._thread: HandlerThread[Answer] = HandlerThread()
        self._surroundings = _Surroundings()
        self._logs = LambdaLoggerHandler()
        self._undo = ExitStack()
        self._install()

    def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None, request_id: str = ""
    ) -> "asyncio.Future[str]":
        request_id = request_id or invocation_id(self._runtime.random_bytes)
        invocation = Invocation(name, request_id, encode(event), call)
        self._runtime.tasks.start(self._handle(invocation))
        return invocation.outcome

    async def reload(self) -> bool:
        """The code has changed: from the next event on, it is imported anew. Whether any was."""
        async with self._turn:
            was_loaded = bool(self._handlers)
            self._forget_modules()
        return was_loaded

    async def stop(self) -> None:
        self._thread.stop()
        self._surroundings.end()
        self._undo.close()
        self._forget_modules()

    def _install(self) -> None:
        root, loggers = str(self._runtime.root), logging.getLogger()
        sys.path.insert(0, root)
        self._undo.callback(sys.path.remove, root)
        # What the emulator's own libraries log is not for everybody's eyes.
        self._logs.addFilter(lambda _: self._thread.is_current)
        loggers.addHandler(self._logs)
        self._undo.callback(loggers.removeHandler, self._logs)
        self._undo.callback(loggers.setLevel, loggers.level)
        for function in list(self._functions.values())[:1]:
            environment = self._environment(function)
            if origin := environment.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"):
                self._undo.callback(callbacks.redirect(origin, self._runtime.api_hosts))

    async def _handle(self, invocation: Invocation) -> None:
        try:
            if len(invocation.event) > EVENT_BYTES:
                raise too_large()
            if self._functions[invocation.function].reserved_concurrency == 0:
                raise throttled()
            async with self._turn:
                self._strike(invocation.call)
                invocation.succeed(result_of(await self._run(invocation)))
        except FunctionError as error:
            invocation.fail(error)

    async def _run(self, invocation: Invocation) -> Answer:
        function = self._functions[invocation.function]
        answer = self._thread.run(lambda: self._answer(function, invocation))
        if not await self._runtime.clock.wait(answer, function.timeout_s):
            logger.warning(
                "%s %s would have timed out after %.2f seconds",
                function.name, invocation.request_id[:8], function.timeout_s,
            )  # fmt: skip
        return await answer

    def _strike(self, call: Call) -> None:
        """Raises FunctionThrottled, FunctionCrashed."""
        faults = self._runtime.faults
        if faults.strike(FaultKind.FUNCTION_THROTTLED, call):
            raise throttled()
        if faults.strike(FaultKind.COLD_START, call):
            self._forget_modules()
        # A thread cannot be killed: it does not even begin.
        if faults.strike(FaultKind.WORKER_KILLED, call):
            raise FunctionCrashed("Runtime.ExitError", "Runtime exited with error: signal: killed")

    # In the handlers' thread

    def _answer(self, function: Function, invocation: Invocation) -> Answer:
        environment = self._environment(function)
        ahead_ms = self._runtime.clock.ahead_ms
        with self._surroundings.exchanged(environment, self._runtime.root, ahead_ms):
            self._logs.request_id = invocation.request_id
            try:
                loaded, event = self._loaded(function), json.loads(invocation.event)
                fields = {**self._runtime.context(function), **surroundings()}
                context = LambdaContext(invocation.request_id, fields)
                return b"O", handler.call(loaded, event, context)
            except Exception as error:  # noqa: BLE001 - whatever the handler raises
                return b"E", msgspec.json.encode(handler.failure(error))
            except BaseException as error:  # noqa: BLE001 - a worker would have ended
                return b"X", str(exit_status(error)).encode()

    def _environment(self, function: Function) -> Mapping[str, str]:
        if function.name not in self._environments:
            self._environments[function.name] = self._runtime.environment(function)
        return self._environments[function.name]

    def _loaded(self, function: Function) -> handler.Handler:
        if function.name not in self._handlers:
            self._handlers[function.name] = handler.load(function.handler)
        return self._handlers[function.name]

    def _forget_modules(self) -> None:
        """Those of the project; libraries stay."""
        self._handlers.clear()
        importlib.invalidate_caches()
        for name in sys.modules.keys() - self._not_handlers:
            if _is_of(self._runtime.root, name, sys.modules[name]):
                del sys.modules[name]


def _is_of(root: Path, name: str, module: ModuleType) -> bool:
    # The emulator may itself be a part of the project, as it is of this one.
    if name.partition(".")[0] == __package__:
        return False
    file = getattr(module, "__file__", None)
    places = [file] if file else list(getattr(module, "__path__", []))
    paths = [Path(place) for place in places]
    return any(path.is_relative_to(root) and "site-packages" not in path.parts for path in paths)


class _Surroundings:
    """Environment, folder and time of this process: the handler's in turn with its own."""

    def __init__(self) -> None:
        self._own: tuple[dict[str, str], str] | None = None
        self._travel = Travel()

    @contextmanager
    def exchanged(
        self, environment: Mapping[str, str], root: Path, ahead_ms: int
    ) -> Iterator[None]:
        self._own = dict(os.environ), os.getcwd()
        kept = {name: value for name, value in os.environ.items() if name.startswith(_DEBUGGERS)}
        _put({**kept, **environment}, str(root))
        try:
            self._travel.go_ahead(ahead_ms)
            yield
        finally:
            self.restore()

    def restore(self) -> None:
        self._travel.go_ahead(0)
        own, self._own = self._own, None
        if own is not None:
            _put(*own)

    def end(self) -> None:
        """Also while a handler runs that nobody waits for any more."""
        self.restore()
        self._travel.end()


def _put(variables: Mapping[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    os.chdir(folder)
