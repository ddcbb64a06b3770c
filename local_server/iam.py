"""IAM's decision on one action and one resource, by the statements of a policy."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any


class Decision(Enum):
    """An explicit deny wins; where nothing is said, nothing is allowed."""

    ALLOW = "allow"
    DENY = "explicit deny"
    NONE = "implicit deny"


class MalformedPolicy(Exception):
    """Not a statement, or one of a kind that is not evaluated here."""


def decide(statements: Iterable[Any], action: str, resource: str) -> Decision:
    """Raises MalformedPolicy.

    docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    effects = [
        effect for effect in (_effect(one, action, resource) for one in statements) if effect
    ]
    if Decision.DENY in effects:
        return Decision.DENY
    return Decision.ALLOW if effects else Decision.NONE


def _effect(statement: Any, action: str, resource: str) -> Decision | None:
    """What the statement says of this call, if it speaks of it."""
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("a statement has an Effect, Allow or Deny")
    if statement.get("Condition"):
        raise MalformedPolicy("conditions are not evaluated")
    if not _speaks_of(statement, "Action", action, re.IGNORECASE):
        return None
    if not _speaks_of(statement, "Resource", resource, re.NOFLAG):
        return None
    return Decision.ALLOW if statement["Effect"] == "Allow" else Decision.DENY


def _speaks_of(statement: Mapping[str, Any], element: str, value: str, flags: re.RegexFlag) -> bool:
    if element in statement:
        return any(_fits(pattern, value, flags) for pattern in _texts(statement[element]))
    if f"Not{element}" in statement:
        return not any(
            _fits(pattern, value, flags) for pattern in _texts(statement[f"Not{element}"])
        )
    raise MalformedPolicy(f"a statement names its {element}")


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise MalformedPolicy("text or a list of texts is expected")
    return texts


def _fits(pattern: str, value: str, flags: re.RegexFlag) -> bool:
    """`*` is any text, slashes and colons included; `?` is any one character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, flags | re.DOTALL) is not None
