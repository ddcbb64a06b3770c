"""What a request shows at the places an authorizer looks at: its identity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_server.events import Event
from local_server.template import IdentitySource, SourceKind


class MissingIdentity(Exception):
    """An identity source has no value, or an empty one: the answer is 401, and nobody is asked."""


@dataclass(frozen=True)
class Shown:
    """What a request shows at each kind of place; header names are in lower case."""

    values: Mapping[SourceKind, Mapping[str, str]]

    def at(self, source: IdentitySource) -> str:
        """Raises MissingIdentity."""
        name = source.name.lower() if source.kind is SourceKind.HEADER else source.name
        value = self.values[source.kind].get(name)
        if not value:
            raise MissingIdentity(f"{source.kind.value} {source.name} is missing or empty")
        return value


def identity_of(sources: Iterable[IdentitySource], shown: Shown) -> tuple[str, ...]:
    """One value for each source, in their order. Raises MissingIdentity."""
    return tuple(shown.at(source) for source in sources)


def shown_by_upgrade(event: Event) -> Shown:
    """`event` is what the authorizer of $connect is shown."""
    context = event["requestContext"]
    return Shown(
        {
            SourceKind.HEADER: {name.lower(): text for name, text in event["headers"].items()},
            SourceKind.QUERY: event["queryStringParameters"],
            SourceKind.STAGE_VARIABLE: event["stageVariables"],
            SourceKind.CONTEXT: {
                **_texts(context),
                **{f"identity.{name}": text for name, text in context["identity"].items()},
            },
        }
    )


def shown_by_request(event: Event) -> Shown:
    """`event` is what the function of the route is shown, before anything is granted."""
    cookies = event.get("cookies")
    return Shown(
        {
            SourceKind.HEADER: {
                **event["headers"],
                **({"cookie": "; ".join(cookies)} if cookies else {}),
            },
            SourceKind.QUERY: event.get("queryStringParameters", {}),
            SourceKind.STAGE_VARIABLE: event.get("stageVariables", {}),
            SourceKind.CONTEXT: _http_context(event["requestContext"]),
        }
    )


def _http_context(context: Mapping[str, Any]) -> dict[str, str]:
    """The access log's names, where the event has others."""
    http = context["http"]
    return {
        **_texts(context),
        "extendedRequestId": context["requestId"],
        "httpMethod": http["method"],
        "identity.sourceIp": http["sourceIp"],
        "identity.userAgent": http["userAgent"],
        "path": http["path"],
        "protocol": http["protocol"],
        "requestTime": context["time"],
        "requestTimeEpoch": str(context["timeEpoch"]),
    }


def _texts(context: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in context.items() if isinstance(value, str | int)}
