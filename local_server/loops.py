"""The event loop, files and memory of a process that is nothing but an emulator."""

import asyncio
import gc
import importlib.util
import resource

# Objects that a frame makes by the hundred, and that are gone with it, are not worth a look each
# time that there are 700.
_COLLECT_AFTER = 20_000
# As many as macOS allows a process, whatever it says of a hard limit.
_FILES = 10_240


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which comes with Sanic where it can be had."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    from uvloop import new_event_loop as new_uvloop

    return new_uvloop()


def raise_file_limit() -> None:
    """Every socket of a client is a file, and every worker is two; shells allow 256 or 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def settle_memory() -> None:
    """What is there by now stays: looking it through would take longer than any frame."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
