"""Lambda functions by name: what goes into them, and what is seen of their failures."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from local_server.errors import EventTooLarge, FunctionError
from local_server.fast_json import encode
from local_server.faults import Call
from local_server.ids import invocation_id
from local_server.invocation import Invocation
from local_server.pool import Pool
from local_server.processes import Zygote
from local_server.runtime import Runtime
from local_server.sandbox import INIT_TIMEOUT_S
from local_server.template import Function, FunctionName

__all__ = ["INIT_TIMEOUT_S", "Functions", "Invoker", "Runtime"]

logger = logging.getLogger("local_server.functions")

EVENT_BYTES = 6 * 1024 * 1024


class Invoker(Protocol):
    """The seam between the gateway and whatever runs handlers."""

    def invoke(self, name: FunctionName, event: Any, call: Call | None = None) -> Awaitable[str]:
        """The JSON text of the result. A fault may be scoped to `call`. Raises FunctionError."""


class Functions:
    """All functions of a template. Invocations that time out for the caller run on."""

    def __init__(
        self, functions: Mapping[FunctionName, Function], runtime: Runtime, zygote: Zygote
    ) -> None:
        self._runtime = runtime
        self._zygote = zygote
        self._pools = {name: Pool(one, runtime, zygote) for name, one in functions.items()}

    def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None, request_id: str = ""
    ) -> "asyncio.Future[str]":
        request_id = request_id or invocation_id(self._runtime.random_bytes)
        invocation = Invocation(name, request_id, encode(event), call)
        if len(invocation.event) > EVENT_BYTES:
            invocation.fail(too_large())
        else:
            self._pools[name].invoke(invocation)
        return invocation.outcome

    async def reload(self) -> bool:
        """The code has changed. What keeps it from being loaded is shown once. Returns whether the
        new code has taken the place of any old.
        """
        outcomes = await asyncio.gather(*(pool.reload() for pool in self._pools.values()))
        errors = [outcome for outcome in outcomes if isinstance(outcome, FunctionError)]
        for text in dict.fromkeys(map(_broken, errors)):
            logger.error("%s; the old code keeps serving", text)
        return True in outcomes

    async def stop(self) -> None:
        for pool in self._pools.values():
            pool.stop()
        await self._zygote.stop()


def too_large() -> EventTooLarge:
    return EventTooLarge(
        "RequestEntityTooLargeException",
        f"Request must be smaller than {EVENT_BYTES} bytes for the InvokeFunction operation",
    )


def _broken(error: FunctionError) -> str:
    return f"{error.place}: {error}" if error.place else str(error)
