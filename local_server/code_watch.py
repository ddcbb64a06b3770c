"""The watch for changes of a service's code."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from local_server.reload import files_below, folders, is_code, is_project

logger = logging.getLogger("local_server")

# Systems have limits for watches, and folders for their readers.
WATCH_ERRORS = (OSError, WatchfilesRustInternalError)
_ATTEMPTS = 5
# An editor's save is several changes; nothing new in one step is the end of it.
_STEP_MS = 40
_MOST_MS = 400


class CodeWatch:
    """Calls `changed`, in the event loop, with the code that is new, changed or gone.

    Raises one of WATCH_ERRORS.
    """

    def __init__(
        self,
        root: Path,
        changed: Callable[[frozenset[Path]], None],
        data: Path | None = None,
    ) -> None:
        self._root = root
        self._changed = changed
        # The store's own, which it writes to all the time.
        self._data = data.resolve() if data is not None else None
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._notify = self._watch_folders()
        self._thread = threading.Thread(target=self._run, name="local_server.reload", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch_folders(self) -> RustNotify:
        """One watch a folder: a recursive one would count those that are not the project's, and
        systems have only so many.
        """
        # One of them may have gone by the time that it is watched.
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError):
                return self._notify_of_folders()
        return self._notify_of_folders()

    def _notify_of_folders(self) -> RustNotify:
        paths = [str(folder) for folder in folders(self._root, self._data)]
        return RustNotify(paths, False, "WATCHFILES_FORCE_POLLING" in os.environ, 100, False, True)

    def _run(self) -> None:
        try:
            self._watch()
        except WATCH_ERRORS as error:
            logger.warning("changes of the code are not seen any more: %s", error)

    def _watch(self) -> None:
        while not isinstance(seen := self._next(), str):
            changed = {Path(path) for _, path in seen}
            grown = [path for path in changed if self._is_new_folder(path)]
            if grown:
                self._notify.close()
                self._notify = self._watch_folders()
                # Written before anybody watched.
                changed |= {file for path in grown for file in files_below(path)}
            self._tell(frozenset(filter(is_code, changed)))
        self._notify.close()

    def _is_new_folder(self, path: Path) -> bool:
        return path.is_dir() and path != self._data and is_project(path)

    def _next(self) -> set[tuple[int, str]] | Literal["signal", "stop", "timeout"]:
        return self._notify.watch(_MOST_MS, _STEP_MS, 0, self._stopped)

    def _tell(self, changed: frozenset[Path]) -> None:
        if changed:
            self._loop.call_soon_threadsafe(self._changed, changed)
