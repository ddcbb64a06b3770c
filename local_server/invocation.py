"""One event on its way through a function, and what becomes of it."""

import asyncio
import logging

from local_server.errors import FunctionError
from local_server.faults import Call, Fault
from local_server.template import FunctionName

logger = logging.getLogger("local_server.functions")


class Invocation:
    """`event` is JSON. `outcome` will be the JSON text of the result, or raise FunctionError."""

    def __init__(
        self, function: FunctionName, request_id: str, event: bytes, call: Call | None
    ) -> None:
        self.function = function
        self.request_id = request_id
        self.event = event
        self.call = Call(call.connection, call.route, function) if call else Call(function=function)
        # The fault that ends the sandbox in the middle of it.
        self.killing: Fault | None = None
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def succeed(self, result: bytes) -> None:
        if not self.outcome.done():
            self.outcome.set_result(result.decode())

    def fail(self, error: FunctionError) -> None:
        text = error.traceback.rstrip() or str(error)
        logger.error("%s %s %s", self.function, self.request_id[:8], text)
        if not self.outcome.done():
            self.outcome.set_exception(error)
            # It is told above, even if nobody waits for it any more.
            self.outcome.exception()
