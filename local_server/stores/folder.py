"""The directory of `--data`: one emulator at a time keeps its store there."""

import fcntl
import os
from pathlib import Path

from local_server.errors import StoreError

_LOCK = ".lock"


class Folder:
    """Held until `close`, and no longer than this process lives."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def hold(cls, path: Path) -> "Folder":
        """Creates the directory if need be. Raises StoreError."""
        path = path.absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise _unusable(path, error) from error
        folder = cls(path, lock)
        try:
            folder._take()
        except StoreError:
            folder.close()
            raise
        return folder

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 20, 0).decode(errors="replace").strip()
            raise StoreError(
                f"--data {self.path}: another emulator keeps its store there (process {holder})"
            ) from error
        except OSError as error:
            raise _unusable(self.path, error) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        os.close(self._lock)


def check_folder(path: Path) -> None:
    """Whether it could be held, without leaving anything behind. Raises StoreError."""
    path = path.absolute()
    if (path / _LOCK).exists():
        Folder.hold(path).close()
        return
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not there.is_dir():
        raise StoreError(f"--data {path}: {there} is not a directory")
    if not os.access(there, os.W_OK | os.X_OK):
        raise StoreError(f"--data {path}: {there} cannot be written to")


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"--data {path}: {error.strerror}")
