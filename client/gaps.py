"""Positions in streams, and what a client hears where one could not be resumed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a stream: everything up to `seq` has arrived, in the numbering `epoch`."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of the stream may be missing; `reason` is the server's word for why."""

    stream: str
    reason: str
