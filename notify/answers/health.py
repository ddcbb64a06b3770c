"""Whether a request gets through."""

from typing import Literal

from msgspec import Struct


class HealthAnswer(Struct, frozen=True):
    """The tables answer."""

    status: Literal["ok"] = "ok"
