"""The only composer: makes each part once, at its first use, from the environment.

A module for each noun, and none imports what it does not compose: a function's cold start pays for
its own parts.
"""

import functools
import secrets
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_forget: list[Callable[[], None]] = []


def part(make: Callable[[], T]) -> Callable[[], T]:
    """Made at its first use, and once."""
    made = functools.cache(make)
    _forget.append(made.cache_clear)
    return made


def reset() -> None:
    """Forgets every part, so that the next use reads the environment anew."""
    for forget in _forget:
        forget()


def clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A notification's id: unguessable, and later ones sort behind earlier ones."""
    return f"ntf_{clock():012x}{secrets.token_hex(8)}"
