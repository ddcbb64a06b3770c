"""The store behind the handlers: embedded processes with DynamoDB, SQS and SSM, or a URL."""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from local_server.clock import Clock
from local_server.errors import StoreError
from local_server.stores.endpoints import Endpoints, Follows
from local_server.stores.folder import Folder
from local_server.stores.process import StoreProcess, answers
from local_server.stores.programs import Program, choose_programs

logger = logging.getLogger("local_server")

_WATCH_S = 0.25

# Neither checked nor secret; an embedded store takes any.
FAKE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}


class Store:
    """Endpoints, and the processes behind them if they are ours. The first holds the tables."""

    def __init__(
        self,
        name: str,
        url: str,
        processes: Sequence[StoreProcess] = (),
        folder: Folder | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self._processes = processes
        self._folder = folder
        self._restarted: set[StoreProcess] = set()

    @property
    def endpoints(self) -> Endpoints:
        """Where SDKs are led to; at AWS every service has an endpoint of its own."""
        if is_aws(self.url):
            return Endpoints()
        if not self._processes:
            return Endpoints.all_at(self.url)
        queues = self._processes[-1].url
        return Endpoints(dynamodb=self.url, sqs=queues, ssm=queues)

    @property
    def credentials(self) -> Mapping[str, str]:
        """What clients sign with: the caller's own ones at AWS, fake ones elsewhere."""
        if is_aws(self.url):
            return {key: os.environ[key] for key in os.environ if key.startswith("AWS_")}
        return FAKE_CREDENTIALS

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """For people: every URL, and who is there."""
        if len(self._processes) < 2:
            return ((self.url, self.name),)
        return tuple(
            (process.url, f"{process.program.name}: {process.program.holds}")
            for process in self._processes
        )

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(process.pid for process in self._processes)

    @property
    def programs(self) -> tuple[Program, ...]:
        return tuple(process.program for process in self._processes)

    @property
    def follows(self) -> Follows:
        """What of it goes ahead with the clock; a store at a URL keeps the machine's time."""
        ours = [process.program.follows_clock for process in self._processes]
        return Follows(tables=any(ours[:1]), queues=any(ours[-1:]))

    async def go_ahead(self, ahead_ms: int) -> None:
        """So far ahead of the machine's time, where it follows at all."""
        await asyncio.gather(
            *(asyncio.to_thread(process.go_ahead, ahead_ms) for process in self._processes)
        )

    async def ready(self) -> None:
        """Returns once every endpoint answers. Raises StoreError."""
        if self._processes:
            await asyncio.gather(*(process.ready() for process in self._processes))
        elif not await asyncio.to_thread(answers, self.url, proxies=is_aws(self.url)):
            raise StoreError(f"nothing answers at {self.url}")

    async def watch(self, clock: Clock) -> NoReturn:
        """Until a process has ended that cannot be replaced: then it raises StoreError.

        One that has written everything by then is started again, once.
        """
        while True:
            await clock.sleep(_WATCH_S)
            for process in self._processes:
                if (ending := process.ending()) is not None:
                    await self._replace(process, ending)

    async def _replace(self, process: StoreProcess, ending: str) -> None:
        program = process.program
        if not program.survives_kill or process in self._restarted:
            raise StoreError(f"{program.name} has ended ({ending}): {program.loss}")
        self._restarted.add(process)
        process.start_again()
        await process.ready()
        logger.warning("%s has ended (%s) and runs again; nothing is lost", program.name, ending)

    async def stop(self) -> None:
        for process in self._processes:
            await process.stop()
        if self._folder is not None:
            self._folder.close()


def start_store(choice: str, near: Path = Path(), data: Path | None = None) -> Store:
    """`ministack`, `moto`, `dynoxide` or the URL of an endpoint. Await `ready` next.

    What npm installed is looked for from `near` on; tables and queues are kept in `data`.
    Raises StoreError.
    """
    programs = plan_store(choice, near, data)
    if not programs:
        return Store("store", choice.rstrip("/"))
    # Only now: a choice that is refused leaves no folder behind.
    folder = Folder.hold(data) if data else None
    environment = _environment()
    processes = [StoreProcess(program, environment) for program in programs]
    return Store(choice, processes[0].url, processes, folder)


def plan_store(choice: str, near: Path, data: Path | None) -> tuple[Program, ...]:
    """What would be run; nothing for a URL. Raises StoreError."""
    if not choice.startswith(("http://", "https://")):
        return choose_programs(choice, near, data.absolute() if data else None)
    if data is not None:
        raise StoreError("--data: a store at a URL keeps what it keeps; leave --data out")
    try:
        urlsplit(choice)
    except ValueError as error:
        raise StoreError(f"--store {choice}: {error}") from error
    return ()


def is_aws(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(".amazonaws.com")


def _environment() -> dict[str, str]:
    """A fresh one: a stray AWS_PROFILE or PYTHONWARNINGS is nothing to a store."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")
    inherited = {key: os.environ[key] for key in kept if key in os.environ}
    return {**inherited, **FAKE_CREDENTIALS}
