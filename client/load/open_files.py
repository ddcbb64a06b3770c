"""How many connections this process may hold: each takes a descriptor."""

from ..credentials import UsageError

# Standard streams, the event loop, HTTP connections, a file now and then.
RESERVE = 64


def open_files_limit() -> int | None:
    """None where nobody says, as on Windows."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def check_open_files(connections: int, limit: int | None) -> None:
    """Raises: UsageError if the connections would not fit."""
    needed = connections + RESERVE
    if limit is not None and needed > limit:
        raise UsageError(
            f"{connections:,} connections need {needed:,} open files, and this shell allows "
            f"{limit:,}: `ulimit -n {needed}` first, or take fewer than {limit - RESERVE + 1:,}"
        )
