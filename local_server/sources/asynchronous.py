"""Lambda's asynchronous invocation: nobody waits, and what fails is tried again later."""

import asyncio
import logging

from local_server.errors import FunctionError
from local_server.events import Event
from local_server.functions import Invoker
from local_server.journal import Batch
from local_server.shared import Shared
from local_server.template import Asynchronous, FunctionName

logger = logging.getLogger("local_server.sources")

# docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
_WAITS_S = (60.0, 120.0)


class Delivery:
    """One event on its way to one function."""

    def __init__(self, function: FunctionName, settings: Asynchronous, event: Event) -> None:
        self._function = function
        self._settings = settings
        self._event = event
        # Set once the function was invoked and has ended, well or not.
        self.tried = asyncio.Event()

    async def run(self, functions: Invoker, shared: Shared) -> None:
        began = shared.clock.now()
        attempts = 0
        while not await self._attempt(functions, shared):
            attempts += 1
            if attempts > self._settings.retries:
                break
            await shared.clock.sleep(_WAITS_S[attempts - 1])
            if shared.clock.now() - began >= self._settings.max_age_s * 1000:
                break
        else:
            return
        logger.error("%s: an event is given up after %d attempts", self._function, attempts)

    async def _attempt(self, functions: Invoker, shared: Shared) -> bool:
        """Whether it succeeds. An invocation goes on when nobody waits for it any more."""
        task = shared.tasks.start(self._invoke(functions))
        await asyncio.wait({task})
        self.tried.set()
        if (journal := shared.journal).is_detailed:
            now, done = shared.clock.now(), int(task.result())
            journal.add(Batch(now, "schedule", "", self._function, 1, done))
        return task.result()

    async def _invoke(self, functions: Invoker) -> bool:
        try:
            await functions.invoke(self._function, self._event)
        except FunctionError:
            return False
        logger.info("schedule -> %s", self._function)
        return True
