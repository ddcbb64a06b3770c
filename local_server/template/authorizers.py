"""The authorizers of an HTTP API, as `provider.httpApi.authorizers` and the routes name them."""

from collections.abc import Mapping
from typing import Literal

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.identity_sources import read_http_sources
from local_server.template.issuers import is_fetchable
from local_server.template.lambdas import Lambdas
from local_server.template.model import (
    FunctionName,
    HttpAuthorizer,
    IdentitySource,
    JwtAuthorizer,
    LambdaAuthorizer,
    SourceKind,
)

# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
AUTHORIZERS = 10
AUDIENCES = 50
SCOPES = 10
LONGEST_TTL_S = 3600

_HOLDS_TOKENS = (SourceKind.HEADER, SourceKind.QUERY)
_JWT_KEYS = ("type", "name", "identitySource", "issuerUrl", "audience")
_LAMBDA_KEYS = (
    "type",
    "name",
    "functionName",
    "functionArn",
    "managedExternally",
    "resultTtlInSeconds",
    "enableSimpleResponses",
    "payloadVersion",
    "identitySource",
)


def read_http_authorizers(http_api: Fields, lambdas: Lambdas) -> dict[str, HttpAuthorizer]:
    """By the key that routes call them by. Raises TemplateError."""
    section = http_api.block("authorizers")
    return {name: _authorizer(section.block(name), name, lambdas) for name in section.whole}


def authorizer_warnings(http_api: Fields) -> list[str]:
    """AWS raises this quota for whoever asks."""
    count = len(http_api.mapping("authorizers"))
    if count <= AUTHORIZERS:
        return []
    place = http_api.place("authorizers")
    return [f"{place}: {count} authorizers; AWS allows {AUTHORIZERS} an API unless asked for more"]


def read_route_authorizer(
    route: Fields, authorizers: Mapping[str, HttpAuthorizer]
) -> tuple[HttpAuthorizer | None, tuple[str, ...]]:
    """Whom a route asks, and the scopes it wants. Raises TemplateError."""
    if "authorizer" not in route:
        return None, ()
    if not isinstance(route.raw("authorizer"), Block):
        return _named(route, "authorizer", authorizers), ()
    fields = route.block("authorizer")
    if fields.raw("type") == "aws_iam":
        fields.refuse("type", "aws_iam authorizers of HTTP routes are not emulated")
    fields.only(("name", "scopes", "type"), {"id": "an authorizer elsewhere cannot be asked here"})
    authorizer = _named(fields, "name", authorizers)
    return authorizer, _scopes(fields, authorizer)


def _named(fields: Fields, key: str, authorizers: Mapping[str, HttpAuthorizer]) -> HttpAuthorizer:
    name = fields.text(key)
    if name not in authorizers:
        fields.refuse(key, f"{name} is none of provider.httpApi.authorizers")
    return authorizers[name]


def _scopes(fields: Fields, authorizer: HttpAuthorizer) -> tuple[str, ...]:
    scopes = fields.texts("scopes")
    if scopes and not isinstance(authorizer, JwtAuthorizer):
        # CloudFormation refuses it: only valid for JWT authorization types (aws/aws-cdk#27576).
        fields.refuse("scopes", "only a jwt authorizer knows scopes")
    if len(scopes) > SCOPES:
        fields.refuse("scopes", f"API Gateway allows {SCOPES} scopes a route")
    return scopes


def _authorizer(fields: Fields, name: str, lambdas: Lambdas) -> HttpAuthorizer:
    kind = fields.text("type", "jwt")
    if kind == "jwt":
        return _jwt(fields, name, lambdas)
    if kind != "request":
        fields.refuse("type", "jwt or request is expected")
    return _lambda(fields, name, lambdas)


def _jwt(fields: Fields, name: str, lambdas: Lambdas) -> JwtAuthorizer:
    fields.only(_JWT_KEYS)
    resolved = _resolved(fields, lambdas)
    sources = _sources(resolved)
    if len(sources) != 1 or sources[0].kind not in _HOLDS_TOKENS:
        fields.refuse("identitySource", "one header or one query parameter holds the token")
    issuer = resolved.text("issuerUrl")
    if not is_fetchable(issuer):
        fields.refuse("issuerUrl", "https is expected, or http on this machine")
    audience = resolved.texts("audience")
    if not 1 <= len(audience) <= AUDIENCES:
        fields.refuse("audience", f"1 to {AUDIENCES} audiences are expected")
    return JwtAuthorizer(name, sources[0], issuer, audience)


def _lambda(fields: Fields, name: str, lambdas: Lambdas) -> LambdaAuthorizer:
    fields.only(_LAMBDA_KEYS)
    if fields.flag("managedExternally", False):
        fields.refuse("managedExternally", "a function elsewhere cannot be asked here")
    payload = _payload(fields)
    simple = fields.flag("enableSimpleResponses", False)
    if simple and payload == "1.0":
        fields.refuse("enableSimpleResponses", "API Gateway knows them with payload 2.0 only")
    sources = _sources(_resolved(fields, lambdas))
    return LambdaAuthorizer(
        name=name,
        function=_function(fields, lambdas),
        identity_sources=sources,
        payload=payload,
        simple=simple,
        ttl_s=_ttl(fields, sources),
    )


def _function(fields: Fields, lambdas: Lambdas) -> FunctionName:
    if ("functionName" in fields) == ("functionArn" in fields):
        fields.refuse("type", "either functionName or functionArn is expected")
    if "functionName" in fields:
        return lambdas.called(fields, "functionName")
    return lambdas.at(fields.raw("functionArn"), fields.place("functionArn"))


def _payload(fields: Fields) -> Literal["1.0", "2.0"]:
    # Unquoted, YAML reads it as a number.
    payload = str(fields.raw("payloadVersion", "2.0"))
    if payload == "1.0":
        return "1.0"
    if payload != "2.0":
        fields.refuse("payloadVersion", "1.0 or 2.0 is expected")
    return "2.0"


def _ttl(fields: Fields, sources: tuple[IdentitySource, ...]) -> int:
    """The framework sets none by itself; the console's 300 seconds are the console's alone."""
    seconds = fields.number("resultTtlInSeconds", 0)
    if not 0 <= seconds <= LONGEST_TTL_S:
        fields.refuse("resultTtlInSeconds", f"API Gateway allows 0 to {LONGEST_TTL_S} seconds")
    if seconds and not sources:
        fields.refuse("resultTtlInSeconds", "without an identitySource nothing can be cached")
    return int(seconds)


def _sources(fields: Fields) -> tuple[IdentitySource, ...]:
    return read_http_sources(fields, fields.texts("identitySource"))


def _resolved(fields: Fields, lambdas: Lambdas) -> Fields:
    """These values may be CloudFormation's functions."""
    keys = ("identitySource", "issuerUrl", "audience")
    values = {
        key: lambdas.names.resolve(fields.raw(key), fields.place(key))
        for key in keys
        if key in fields
    }
    return Fields(fields.whole.like(values), fields.path)
