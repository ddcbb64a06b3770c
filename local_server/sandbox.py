"""One execution environment of a function: a worker, and the event it is at work on."""

import asyncio
import logging
import time
from collections.abc import Callable

from local_server.clock import Timer
from local_server.deadlines import Deadline, Deadlines
from local_server.errors import FunctionCrashed, FunctionError, FunctionTimedOut
from local_server.faults import Fault
from local_server.invocation import Invocation
from local_server.journal import Line
from local_server.processes import Zygote
from local_server.runtime import Runtime
from local_server.template import Function
from local_server.worker_process import Answer, WorkerProcess, result_of

logger = logging.getLogger("local_server.functions")

# Lambda gives the initialisation ten seconds of its own
# (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
INIT_TIMEOUT_S = 10.0


class Sandbox:
    """`version` is the code's: see Pool. `deadlines` are of the function's timeout."""

    def __init__(
        self, function: Function, runtime: Runtime, deadlines: Deadlines, version: int
    ) -> None:
        self.version = version
        self.idle_since = runtime.clock.now()
        self._function = function
        self._runtime = runtime
        self._deadlines = deadlines
        self._request_id = ""
        self._work: _Work | None = None
        self._process: WorkerProcess

    async def start(self, zygote: Zygote, request_id: str) -> None:
        """Raises FunctionError."""
        self._request_id = request_id
        started = time.perf_counter()
        setup = {
            "handler": self._function.handler,
            "root": str(self._runtime.root),
            "environment": dict(self._runtime.environment(self._function)),
            "context": self._runtime.context(self._function),
            "api_hosts": self._runtime.api_hosts,
            "ahead_ms": self._runtime.clock.ahead_ms,
        }
        forking = asyncio.ensure_future(zygote.fork(setup, self._log))
        try:
            if not await self._runtime.clock.wait(forking, INIT_TIMEOUT_S):
                raise _timed_out(INIT_TIMEOUT_S)
        finally:
            forking.cancel()
        self._process = forking.result()
        self._debug("INIT_START", f"Init Duration: {_ms_since(started)}")

    @property
    def is_ready(self) -> bool:
        return self._process.is_ready

    def kill(self) -> None:
        """What it is at work on, if anything, is given up without a word."""
        work, self._work = self._work, None
        if work is not None:
            work.end()
            work.invocation.outcome.cancel()
        self._process.kill()

    def handle(self, invocation: Invocation, released: "Released") -> None:
        """Calls `released` before it tells the outcome."""
        self._request_id = invocation.request_id
        self._debug("START", "Version: $LATEST")
        deadline = self._deadlines.start(self._time_out)
        work = self._work = _Work(invocation, released, deadline)
        frame = b'{"request_id":"%b","ahead_ms":%d,"event":%b}'
        content = (
            invocation.request_id.encode(), self._runtime.clock.ahead_ms, invocation.event
        )  # fmt: skip
        self._process.invoke(frame % content, self._answered)
        # A process that has ended has answered by now.
        if invocation.killing is not None and self._work is work:
            self._kill_later(work, invocation.killing)

    def _answered(self, answer: Answer) -> None:
        work, self._work = self._work, None
        if work is None:
            return
        work.end()
        if logger.isEnabledFor(logging.DEBUG):
            self._debug("END")
            self._debug("REPORT", f"Duration: {_ms_since(work.started)}")
        work.released(self)
        try:
            work.invocation.succeed(work.result(answer))
        except FunctionError as error:
            work.invocation.fail(error)

    def _time_out(self) -> None:
        self._kill_because(_timed_out(self._function.timeout_s))

    def _kill_later(self, work: "_Work", fault: Fault) -> None:
        killed = FunctionCrashed("Runtime.ExitError", "Runtime exited with error: signal: killed")
        if fault.delay_ms:
            seconds = fault.delay_ms / 1000
            work.killing = self._runtime.clock.timer(seconds, lambda: self._kill_because(killed))
        else:
            # At once: even a handler that is done in no time does not get through.
            self._kill_because(killed)

    def _kill_because(self, reason: FunctionError) -> None:
        if self._work is not None:
            self._work.reason = reason
            self._process.kill()

    def _log(self, line: str) -> None:
        logger.info("%s %s %s", self._function.name, self._request_id[:8], line)
        if (journal := self._runtime.journal).is_detailed:
            now = self._runtime.clock.now()
            journal.add(Line(now, self._request_id, self._function.name, line))

    def _debug(self, what: str, more: str = "") -> None:
        """The lines that Lambda's own log has around those of a function."""
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s %s RequestId: %s %s", self._function.name, what, self._request_id, more
            )


Released = Callable[[Sandbox], None]


class _Work:
    """What is to be done once there is an answer."""

    def __init__(self, invocation: Invocation, released: Released, deadline: Deadline) -> None:
        self.invocation = invocation
        self.released = released
        self.started = time.perf_counter()
        self.killing: Timer | None = None
        self.reason: FunctionError | None = None
        self._deadline = deadline

    def end(self) -> None:
        self._deadline.meet()
        if self.killing is not None:
            self.killing.cancel()

    def result(self, answer: Answer) -> bytes:
        """Raises FunctionError."""
        if self.reason is not None:
            raise self.reason
        return result_of(answer)


def _timed_out(seconds: float) -> FunctionError:
    return FunctionTimedOut("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")


def _ms_since(started: float) -> str:
    return f"{(time.perf_counter() - started) * 1000:.2f} ms"
