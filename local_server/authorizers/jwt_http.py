"""JWT authorizers of the HTTP API: the gateway itself reads the token, no function is asked."""

from local_server.authorizers.denial import FORBIDDEN, UNAUTHORIZED, Denied
from local_server.authorizers.identity import MissingIdentity, shown_by_request
from local_server.authorizers.jwt_claims import (
    InvalidToken,
    check_claims,
    claims_as_texts,
    scopes_of,
)
from local_server.authorizers.jwt_keys import Fetch, IssuerKeys, fetch_json
from local_server.authorizers.jwt_tokens import bearer, claims_of, key_id_of
from local_server.clock import Clock
from local_server.events import Event
from local_server.events.http import HttpCall, http_event
from local_server.responses import Response
from local_server.template import JwtAuthorizer

Scopes = tuple[str, ...]


class JwtAuthorizers:
    def __init__(self, clock: Clock, fetch: Fetch = fetch_json) -> None:
        self._clock = clock
        self._fetch = fetch
        self._keys: dict[str, IssuerKeys] = {}

    async def admit(self, authorizer: JwtAuthorizer, scopes: Scopes, call: HttpCall) -> Event:
        """What the route's event says of the token. Raises Denied."""
        token = _token(authorizer, call)
        try:
            key = await self._of(authorizer.issuer).find(key_id_of(token))
            claims = claims_of(token, key)
            check_claims(claims, authorizer, self._clock.now())
        except InvalidToken as error:
            response = _challenged(UNAUTHORIZED, scopes, "invalid_token", str(error))
            raise Denied(response, str(error)) from error
        granted = scopes_of(claims)
        if scopes and not set(scopes) & set(granted):
            # The words and the brackets are AWS's, recorded with a token of Cognito's.
            expected = f"expected scopes: [{' '.join(scopes)}]"
            raise Denied(_challenged(FORBIDDEN, scopes, "insufficient_scope", expected), expected)
        # `scopes` is null, not empty, where the route wants none.
        return {"jwt": {"claims": claims_as_texts(claims), "scopes": granted if scopes else None}}

    def _of(self, issuer: str) -> IssuerKeys:
        """Authorizers that trust the same issuer share its keys."""
        if issuer not in self._keys:
            self._keys[issuer] = IssuerKeys(issuer, self._clock, self._fetch)
        return self._keys[issuer]


def _token(authorizer: JwtAuthorizer, call: HttpCall) -> str:
    shown = shown_by_request(http_event(call))
    try:
        token = bearer(shown.at(authorizer.identity_source))
    except MissingIdentity:
        token = ""
    if not token:
        raise Denied(UNAUTHORIZED.plus((("www-authenticate", "Bearer"),)), "there is no token")
    return token


def _challenged(response: Response, scopes: Scopes, error: str, description: str) -> Response:
    challenge = (
        f'Bearer scope="{" ".join(scopes)}" error="{error}" error_description="{description}"'
    )
    return response.plus((("www-authenticate", challenge),))
