"""Errors of the gateway in the shape from which the SDKs make their exceptions."""

import json

from local_server.responses import Response


class Refusal(Exception):
    """`kind` is the exception's name. Without a message the body is empty."""

    def __init__(
        self, status: int, kind: str, message: str | None = None, *, key: str = "message"
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.message = message
        self.response = Response(
            status,
            b"" if message is None else _json({key: message}),
            (("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)),
        )


def _json(body: dict[str, str]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def missing_token() -> Refusal:
    """Also what a resource that does not exist answers: nobody can sign for it."""
    return Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def invalid_token() -> Refusal:
    return Refusal(
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def incomplete_signature(message: str) -> Refusal:
    return Refusal(403, "IncompleteSignatureException", message)


def invalid_signature(message: str) -> Refusal:
    return Refusal(403, "InvalidSignatureException", message)


def access_denied(user: str, action: str, resource: str, explicitly: bool) -> Refusal:
    """The M of this Message is a capital, and the account of the resource is masked."""
    arn = resource.split(":")
    arn[4] = f"********{arn[4][-4:]}"
    reason = " with an explicit deny" if explicitly else ""
    text = f"User: {user} is not authorized to perform: {action} on resource: {':'.join(arn)}"
    return Refusal(403, "AccessDeniedException", text + reason, key="Message")
