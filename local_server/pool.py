"""The sandboxes of one function: how many there are, which of them run its newest code."""

import os
from collections import deque

from local_server.clock import Timer
from local_server.deadlines import Deadlines
from local_server.errors import FunctionError, FunctionThrottled
from local_server.faults import FaultKind
from local_server.invocation import Invocation
from local_server.processes import Zygote
from local_server.runtime import IDLE_S, Runtime
from local_server.sandbox import Sandbox
from local_server.template import Function

# More would only be in one another's way. Until they are up, events wait, and whoever is free first
# takes the next one: Lambda, too, starts sandboxes that turn out not to be needed.
_STARTS_AT_ONCE = max(4, os.cpu_count() or 1)


class Pool:
    """Every change of the code makes a new version of it. Sandboxes of an older one serve until
    one of the newer has loaded, and all the time that the newest does not load.
    """

    def __init__(self, function: Function, runtime: Runtime, zygote: Zygote) -> None:
        self._function = function
        self._runtime = runtime
        self._zygote = zygote
        self._strike = runtime.faults.strike
        self._deadlines = Deadlines(runtime.clock, function.timeout_s)
        self._in_flight = 0
        self._waiting: deque[Invocation] = deque()
        self._starting = 0
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._version = 0
        self._loaded_version = 0
        self._is_broken = False
        self._eviction: Timer | None = None

    # Events

    def invoke(self, invocation: Invocation) -> None:
        """At once if a sandbox is warm."""
        if self._is_throttled(invocation):
            invocation.fail(throttled())
            return
        self._in_flight += 1
        invocation.killing = self._strike(FaultKind.WORKER_KILLED, invocation.call)
        if self._strike(FaultKind.COLD_START, invocation.call) is not None:
            self._runtime.tasks.start(self._start_for(invocation))
        elif (warm := self._warm()) is not None:
            self._hand(warm, invocation)
        else:
            self._waiting.append(invocation)
            self._start_more()

    def _is_throttled(self, invocation: Invocation) -> bool:
        reserved = self._function.reserved_concurrency
        is_full = reserved is not None and self._in_flight >= reserved
        return is_full or self._strike(FaultKind.FUNCTION_THROTTLED, invocation.call) is not None

    def _hand(self, sandbox: Sandbox, invocation: Invocation) -> None:
        self._busy.add(sandbox)
        sandbox.handle(invocation, self._on_released)

    def _on_released(self, sandbox: Sandbox) -> None:
        self._in_flight -= 1
        self._busy.discard(sandbox)
        self._take(sandbox)

    def _fail(self, invocation: Invocation, error: FunctionError) -> None:
        self._in_flight -= 1
        invocation.fail(error)

    # Sandboxes

    def _warm(self) -> Sandbox | None:
        while self._idle:
            sandbox = self._idle.pop()
            if sandbox.is_ready:
                return sandbox
            sandbox.kill()
        return None

    def _take(self, sandbox: Sandbox) -> None:
        """It is free: for the next event, for later, or for good."""
        if not sandbox.is_ready or sandbox.version < self._loaded_version:
            sandbox.kill()
            self._start_more()
        elif self._waiting:
            self._hand(sandbox, self._waiting.popleft())
        else:
            sandbox.idle_since = self._runtime.clock.now()
            self._idle.append(sandbox)
            self._evict_later()

    def _start_more(self) -> None:
        while self._starting < min(len(self._waiting), _STARTS_AT_ONCE) and self._may_start():
            self._starting += 1
            self._runtime.tasks.start(self._start_one(self._waiting[0].request_id))

    def _may_start(self) -> bool:
        """Code that is broken is not tried again while a sandbox of the old one is left."""
        if self._is_broken and self._busy:
            return False
        return len(self._busy) + self._starting < self._runtime.workers_per_function

    async def _start_one(self, request_id: str) -> None:
        """For whoever waits by then."""
        try:
            sandbox = await self._loaded(request_id)
        except FunctionError as error:
            if self._waiting:
                self._fail(self._waiting.popleft(), error)
        else:
            self._take(sandbox)
        finally:
            self._starting -= 1
        self._start_more()

    async def _start_for(self, invocation: Invocation) -> None:
        self._starting += 1
        try:
            self._hand(await self._loaded(invocation.request_id), invocation)
        except FunctionError as error:
            self._fail(invocation, error)
        finally:
            self._starting -= 1

    async def _loaded(self, request_id: str) -> Sandbox:
        """Raises FunctionError."""
        sandbox = Sandbox(self._function, self._runtime, self._deadlines, self._version)
        await sandbox.start(self._zygote, request_id)
        self._retire_before(sandbox.version)
        return sandbox

    # Versions

    async def reload(self) -> bool | FunctionError:
        """The code has changed. Whether the new has been loaded, or why it cannot be."""
        self._version += 1
        self._is_broken = False
        version = self._version
        if not (self._idle or self._busy or self._starting):
            return False
        try:
            candidate = await self._loaded("reload")
        except FunctionError as error:
            if version != self._version:
                return False
            self._is_broken = True
            return error
        self._take(candidate)
        return True

    def _retire_before(self, version: int) -> None:
        """Busy ones finish what they are at."""
        self._loaded_version = max(version, self._loaded_version)
        for sandbox in self._idle:
            if sandbox.version < self._loaded_version:
                sandbox.kill()
        self._idle = [one for one in self._idle if one.version >= self._loaded_version]

    # The end

    def _evict_later(self) -> None:
        if self._eviction is None:
            self._eviction = self._runtime.clock.timer(IDLE_S, self._evict)

    def _evict(self) -> None:
        """The last one used is the first to be used again: the others grow old."""
        self._eviction = None
        last_used = self._runtime.clock.now() - IDLE_S * 1000
        for sandbox in self._idle:
            if sandbox.idle_since <= last_used:
                sandbox.kill()
        self._idle = [one for one in self._idle if one.idle_since > last_used]
        if self._idle:
            self._evict_later()

    def stop(self) -> None:
        if self._eviction is not None:
            self._eviction.cancel()
        self._deadlines.stop()
        for invocation in self._waiting:
            invocation.outcome.cancel()
        self._waiting.clear()
        for sandbox in (*self._idle, *self._busy):
            sandbox.kill()
        self._idle.clear()


def throttled() -> FunctionThrottled:
    return FunctionThrottled("TooManyRequestsException", "Rate Exceeded.")
