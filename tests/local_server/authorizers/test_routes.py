"""Authorizers before HTTP routes, through a real client, real workers and a real issuer."""

import json
from typing import Any

import httpx
import pytest

from tests.local_server.authorizers.issuer import Issuer

ORIGIN = {"Origin": "https://app.example.com"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "GET"}
API = "arn:aws:execute-api:eu-west-3:000000000000:localhttpx/$default"


def authorizer_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["requestContext"]["authorizer"]


# Tokens


async def test_a_token_opens_its_route__6_1__6_4(http: httpx.AsyncClient, trusted: Issuer) -> None:
    headers = {"Authorization": f"Bearer {trusted.token(aud=['x', 'elsewhere'], admin=True)}"}
    answer = await http.get("/tokens/7", headers=headers)
    granted = authorizer_of(answer)["jwt"]
    assert granted["scopes"] is None
    assert (granted["claims"]["sub"], granted["claims"]["admin"]) == ("u1", "true")
    assert granted["claims"]["aud"] == "[x elsewhere]"
    assert answer.json()["pathParameters"] == {"id": "7"}


async def test_a_token_in_the_query_opens_its_route__6_4(
    http: httpx.AsyncClient, trusted: Issuer
) -> None:
    answer = await http.get("/links", params={"token": trusted.token()})
    assert authorizer_of(answer)["jwt"]["claims"]["sub"] == "u1"


async def test_a_missing_token_is_a_401__6_3_3(http: httpx.AsyncClient) -> None:
    answer = await http.get("/tokens/7")
    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["apigw-requestid"]) == 16


async def test_a_token_for_somebody_else_is_a_401_that_says_so__6_3_3(
    http: httpx.AsyncClient, trusted: Issuer
) -> None:
    answer = await http.get("/tokens/7", headers={"Authorization": trusted.token(aud="x")})
    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == (
        'Bearer scope="" error="invalid_token" '
        'error_description="the token does not have a valid audience"'
    )


async def test_scopes_are_the_routes_own__6_3_4__6_1(
    http: httpx.AsyncClient, trusted: Issuer
) -> None:
    good = {"Authorization": trusted.token(scope="rooms.read profile")}
    poor = {"Authorization": trusted.token(scope="profile")}
    granted = authorizer_of(await http.get("/scoped", headers=good))
    assert granted["jwt"]["scopes"] == ["rooms.read", "profile"]
    answer = await http.get("/scoped", headers=poor)
    assert (answer.status_code, answer.text) == (403, '{"message":"Forbidden"}')
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert (await http.get("/tokens/7", headers=poor)).status_code == 200


# Functions


async def test_a_simple_response_opens_its_route__6_1(http: httpx.AsyncClient) -> None:
    answer = await http.get("/plain/a/b?q=1", headers={"X-Key": "yes"})
    granted = authorizer_of(answer)["lambda"]
    assert (granted["number"], granted["truth"], granted["half"]) == (1, True, 0.5)
    seen = json.loads(granted["seen"])
    assert (seen["version"], seen["identitySource"]) == ("2.0", ["yes"])
    assert (seen["routeArn"], seen["routeKey"]) == (f"{API}/GET/plain/a/b", "ANY /plain/{proxy+}")
    assert seen["requestContext"]["requestId"] == answer.headers["apigw-requestid"]
    assert seen["requestContext"]["requestId"] == answer.json()["requestContext"]["requestId"]


async def test_a_policy_is_kept_for_all_routes_it_allows__6_4(http: httpx.AsyncClient) -> None:
    wide = {"X-Key": f"Allow:{API}/*"}
    paths = ("/policies/a", "/policies/a", "/policies/b")
    granted = [authorizer_of(await http.get(path, headers=wide)) for path in paths]
    assert len({one["lambda"]["invocation"] for one in granted}) == 1
    narrow = {"X-Key": f"Allow:{API}/GET/policies/a"}
    answers = [await http.get(path, headers=narrow) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200, 403]


async def test_payload_1_is_what_rest_apis_have__6_4(http: httpx.AsyncClient) -> None:
    answer = await http.post("/old/7?also=b", headers={"X-Key": "Allow"}, content=b"body")
    seen = json.loads(authorizer_of(answer)["lambda"]["seen"])
    assert (seen["version"], seen["identitySource"]) == ("1.0", "Allow,b")
    assert seen["authorizationToken"] == "Allow,b"
    assert seen["methodArn"] == f"{API}/POST/old/7"
    assert seen["pathParameters"] == {"id": "7"}
    assert "body" not in seen


async def test_without_identity_sources_everybody_is_asked_for(http: httpx.AsyncClient) -> None:
    assert authorizer_of(await http.get("/everybody"))["lambda"]["number"] == 1


@pytest.mark.parametrize("headers", [{}, {"X-Key": ""}])
async def test_a_missing_identity_is_a_401__6_3_5(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await http.get("/plain/a", headers=headers)
    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("word", ["no", '{"isAuthorized": false}'])
async def test_a_deny_is_a_403__6_3_6(http: httpx.AsyncClient, word: str) -> None:
    answer = await http.get("/plain/a", headers={"X-Key": word})
    assert (answer.status_code, answer.text) == (403, '{"message":"Forbidden"}')


@pytest.mark.parametrize("word", ["raise", "unauthorized", "exit", "sleep", "null", "Allow"])
async def test_whatever_else_a_function_does_is_a_500__6_3_7(
    http: httpx.AsyncClient, word: str
) -> None:
    answer = await http.get("/plain/a", headers={"X-Key": word})
    assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')


async def test_an_open_route_says_nothing_of_authorizers(http: httpx.AsyncClient) -> None:
    answer = await http.get("/open")
    assert answer.status_code == 200
    assert "authorizer" not in answer.json()["requestContext"]


# CORS


async def test_a_preflight_needs_no_authorization__6_5(http: httpx.AsyncClient) -> None:
    for path in ("/tokens/7", "/plain/a", "/old/7"):
        answer = await http.options(path, headers=PREFLIGHT)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/tokens/7", {}, 401),
        ("/plain/a", {}, 401),
        ("/plain/a", {"X-Key": "no"}, 403),
        ("/plain/a", {"X-Key": "raise"}, 500),
    ],
)
async def test_denials_carry_cors_headers__6_5(
    http: httpx.AsyncClient, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await http.get(path, headers=headers | ORIGIN)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
