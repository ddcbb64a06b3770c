"""What a function that authorizes answers: a policy of IAM, or a plain yes or no."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_server.iam import Decision, MalformedPolicy, decide

INVOKE = "execute-api:Invoke"


class MalformedResult(Exception):
    """It decides nothing; its text never holds what the function answered."""


@dataclass(frozen=True)
class Policy:
    """Holds for every route it speaks of, so a kept one is evaluated anew for each."""

    principal: str
    statements: tuple[Any, ...]
    context: Mapping[str, Any] | None

    def allows(self, arn: str) -> bool:
        """Raises MalformedResult."""
        try:
            return decide(self.statements, INVOKE, arn) is Decision.ALLOW
        except MalformedPolicy as error:
            raise MalformedResult(f"the policy is malformed: {error}") from error


@dataclass(frozen=True)
class Verdict:
    """A simple response: for all routes alike."""

    authorized: bool
    context: Mapping[str, Any] | None

    def allows(self, arn: str) -> bool:
        return self.authorized


def read_policy(payload: str) -> Policy:
    """`payload` is the JSON text of the result. Raises MalformedResult."""
    result = _object(payload)
    principal = result.get("principalId")
    if not isinstance(principal, str) or not principal:
        raise MalformedResult("principalId is missing")
    document = result.get("policyDocument")
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        raise MalformedResult("policyDocument has no Statement")
    return Policy(principal, tuple(statements), _context(result))


def read_verdict(payload: str) -> Verdict:
    """Raises MalformedResult."""
    result = _object(payload)
    authorized = result.get("isAuthorized")
    if not isinstance(authorized, bool):
        raise MalformedResult("isAuthorized is neither true nor false")
    return Verdict(authorized, _context(result))


def _object(payload: str) -> dict[str, Any]:
    result = json.loads(payload)
    if not isinstance(result, dict):
        raise MalformedResult("the result is no object")
    return result


def _context(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    context = result.get("context")
    if context is not None and not isinstance(context, dict):
        raise MalformedResult("context is no object")
    return context
