"""Users for a load, made by an admin and removed again."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ..api import Api
from ..errors import ApiError, HeliographError

# A password hash takes a service a quarter of a second, of which it has few at once.
AT_ONCE = 4
TRIES = 5


@asynccontextmanager
async def made_users(
    api: Api,
    number: int,
    run_id: str,
    on_trouble: Callable[[str], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[list[str]]:
    """A token of each of them."""
    names: list[str] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def make(index: int) -> str:
        name, password = f"load-{run_id}-{index}", secrets.token_urlsafe(16)
        async with turns:
            names.append(name)
            await api.create_user(name, password)
            return (await api.login(name, password)).access_token

    async def remove(name: str) -> None:
        """Again, if the service is tired of its load."""
        for left in reversed(range(TRIES)):
            try:
                async with turns:
                    await api.delete_user(name)
                return
            except HeliographError as error:
                if isinstance(error, ApiError) and error.status == 404:
                    return  # It was never made, or a try before this one has done it.
                if not left:
                    on_trouble(f"{name} could not be removed: {error}")
            await sleep(1.0)

    making = [asyncio.create_task(make(index)) for index in range(number)]
    try:
        yield list(await asyncio.gather(*making))
    finally:
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)
        await asyncio.gather(*(remove(name) for name in names))
