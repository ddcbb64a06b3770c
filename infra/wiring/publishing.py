"""Sends and broadcasts."""

from infra.wiring import clock, part
from infra.wiring.broadcasts import broadcasts
from infra.wiring.sends import sends
from notify.publishing import Publishing


@part
def publishing() -> Publishing:
    return Publishing(sends(), broadcasts(), clock)
