"""Lambda functions: a pool of warm workers each, one event at a time per worker."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from local_server.environment import WEBSOCKET_API_ID, api_host
from local_server.errors import FunctionCrashed, FunctionError, FunctionTimedOut
from local_server.ids import RandomBytes, invocation_id
from local_server.processes import WorkerProcess, Zygote
from local_server.template import ACCOUNT, Function, FunctionName

logger = logging.getLogger("local_server.functions")

WORKERS_PER_FUNCTION = 10
# Lambda gives the initialisation ten seconds of its own
# (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
INIT_TIMEOUT_S = 10.0


class Invoker(Protocol):
    """The seam between the gateway and whatever runs handlers."""

    async def invoke(self, name: FunctionName, event: Any) -> str:
        """The JSON text of the result. Raises FunctionError."""


@dataclass(frozen=True)
class Runtime:
    """What all functions share."""

    root: Path
    region: str
    environment: Callable[[Function], Mapping[str, str]]
    random_bytes: RandomBytes
    workers_per_function: int = WORKERS_PER_FUNCTION


class Functions:
    """All functions of a template. Invocations that time out for the caller run on."""

    def __init__(
        self, functions: Mapping[FunctionName, Function], runtime: Runtime, zygote: Zygote
    ) -> None:
        self._zygote = zygote
        self._pools = {
            name: _Pool(function, runtime, zygote) for name, function in functions.items()
        }

    async def invoke(self, name: FunctionName, event: Any) -> str:
        return await self._pools[name].invoke(event)

    def stop(self) -> None:
        for pool in self._pools.values():
            pool.stop()
        self._zygote.stop()


class _Pool:
    def __init__(self, function: Function, runtime: Runtime, zygote: Zygote) -> None:
        self._function = function
        self._runtime = runtime
        self._zygote = zygote
        self._slots = asyncio.Semaphore(runtime.workers_per_function)
        self._idle: list[_Sandbox] = []
        self._busy: set[_Sandbox] = set()

    async def invoke(self, event: Any) -> str:
        request_id = invocation_id(self._runtime.random_bytes)
        try:
            async with self._slots:
                return await self._on_a_worker(request_id, event)
        except FunctionError as error:
            _report(self._function, request_id, error)
            raise

    async def _on_a_worker(self, request_id: str, event: Any) -> str:
        sandbox = self._warm() or await _Sandbox.start(
            self._function, self._runtime, self._zygote, request_id
        )
        self._busy.add(sandbox)
        reusable = False
        try:
            payload = await sandbox.invoke(request_id, event)
            reusable = True
            return payload
        except FunctionError as error:
            reusable = not isinstance(error, FunctionTimedOut | FunctionCrashed)
            raise
        finally:
            self._busy.discard(sandbox)
            if reusable:
                self._idle.append(sandbox)
            else:
                sandbox.kill()

    def _warm(self) -> "_Sandbox | None":
        while self._idle:
            sandbox = self._idle.pop()
            if sandbox.alive:
                return sandbox
            sandbox.kill()
        return None

    def stop(self) -> None:
        for sandbox in (*self._idle, *self._busy):
            sandbox.kill()
        self._idle.clear()


class _Sandbox:
    """A worker, and the request its output belongs to."""

    def __init__(self, function: Function, runtime: Runtime, request_id: str) -> None:
        self._function = function
        self._runtime = runtime
        self._request_id = request_id
        self._process: WorkerProcess

    @classmethod
    async def start(
        cls, function: Function, runtime: Runtime, zygote: Zygote, request_id: str
    ) -> "_Sandbox":
        sandbox = cls(function, runtime, request_id)
        setup = {
            "handler": function.handler,
            "root": str(runtime.root),
            "environment": runtime.environment(function),
            "api_host": api_host(WEBSOCKET_API_ID, runtime.region),
        }
        try:
            async with asyncio.timeout(INIT_TIMEOUT_S):
                sandbox._process = await zygote.fork(setup, sandbox._log)
        except TimeoutError as error:
            raise _timed_out(INIT_TIMEOUT_S) from error
        return sandbox

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def invoke(self, request_id: str, event: Any) -> str:
        self._request_id = request_id
        timeout = self._function.timeout_s
        context = {
            "aws_request_id": request_id,
            "invoked_function_arn": _arn(self._function, self._runtime.region),
            "timeout_ms": int(timeout * 1000),
        }
        try:
            async with asyncio.timeout(timeout):
                return await self._process.invoke(event, context)
        except TimeoutError as error:
            raise _timed_out(timeout) from error

    def kill(self) -> None:
        self._process.kill()

    def _log(self, line: str) -> None:
        logger.info("%s %s %s", self._function.name, self._request_id[:8], line)


def _arn(function: Function, region: str) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function.deployed_name}"


def _timed_out(seconds: float) -> FunctionTimedOut:
    return FunctionTimedOut("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")


def _report(function: Function, request_id: str, error: FunctionError) -> None:
    trace = "".join(error.trace).rstrip()
    text = trace or f"{error.kind}: {error.message}"
    logger.error("%s %s %s", function.name, request_id[:8], text)
