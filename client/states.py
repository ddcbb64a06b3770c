"""Where a client stands between its server and the open sea."""

from dataclasses import dataclass
from enum import StrEnum

from .errors import HeliographError


class State(StrEnum):
    """idle → connecting → connected ⇄ recovering; it ends as disconnected or refused."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECOVERING = "recovering"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """A new state. `error`: what led to it; `retry_in`: seconds until the next try."""

    state: State
    error: HeliographError | None = None
    retry_in: float | None = None
