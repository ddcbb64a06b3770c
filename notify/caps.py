"""Capabilities: what a token lets its bearer do with which topics."""

from typing import Any

from notify.errors import Invalid
from notify.model import Action, Caps
from notify.topics import parse_pattern


def parse_caps(claim: Any) -> Caps:
    """`{"orders:*": ["subscribe", …]}`. Raises: Invalid."""
    if not isinstance(claim, dict):
        raise Invalid("caps: an object of patterns")
    return {parse_pattern(pattern): _actions(pattern, may) for pattern, may in claim.items()}


def _actions(pattern: str, may: Any) -> frozenset[Action]:
    if not isinstance(may, list) or not all(name in list(Action) for name in may):
        raise Invalid(f"caps: {pattern!r}: a list of {', '.join(Action)}")
    return frozenset(Action(name) for name in may)
