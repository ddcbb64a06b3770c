"""The events AWS hands to Lambda, built without I/O: time and randomness are arguments."""

from typing import Any

Event = dict[str, Any]

__all__ = ["Event"]
