"""Who calls, and what they may do."""

import os
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from botocore.exceptions import ClientError
from websockets.sync import client

from local_server.callers import (
    EVERYTHING,
    INVOKE,
    MANAGE_CONNECTIONS,
    Caller,
    Callers,
    Statements,
    administrator,
    function_caller,
)
from local_server.clock import Clock
from local_server.refusals import Refusal
from local_server.requests import Request
from local_server.template import FunctionName
from local_server.testing import Running, emulator, emulator_in_thread
from tests.local_server.conftest import SAMPLE
from tests.local_server.sdk import connections
from tests.local_server.signing import (
    NOW,
    REGION,
    clock_at,
    presigned,
    presigned_request,
    signed,
)

SIGNED = SAMPLE.parent / "signed" / "serverless.yml"
NEVER = "AAAAAAAAAAAAAAA="
PATH = "local/POST/@connections/AAAAAAAAAAAAAAA="
ARN = "arn:aws:sts::000000000000:assumed-role/shop-local-role/shop-local-f"
POSTS: Statements = (
    {
        "Effect": "Allow",
        "Action": MANAGE_CONNECTIONS,
        "Resource": "arn:aws:execute-api:eu-west-3:000000000000:localwsapi/local/POST/*",
    },
)


def function(name: str = "f", statements: Statements = POSTS) -> Caller:
    return function_caller(FunctionName(name), ARN, statements, os.urandom)


def callers(*everybody: Caller, clock: Clock | None = None) -> Callers:
    return Callers(everybody, REGION, clock or clock_at())


def signed_by(
    caller: Caller, secret: str | None = None, token: str | None = None, second: int = NOW
) -> Request:
    return signed(
        second=second,
        key=caller.access_key,
        secret=caller.secret if secret is None else secret,
        token=caller.tokens[0] if token is None else token,
    )


def kind_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        attempt()
    return refusal.value.kind


# Who


def test_a_caller_is_known_by_the_key() -> None:
    one, other = function("one"), function("other")
    assert callers(one, other).authenticate(signed_by(other)) == other


def test_the_person_at_the_keyboard_needs_no_token() -> None:
    for token in (None, "local"):
        assert callers(administrator()).authenticate(signed(token=token)) == administrator()


def test_an_unknown_key_is_not_recognised() -> None:
    refused = kind_of(lambda: callers(administrator()).authenticate(signed(key="AKIAOTHER")))
    assert refused == "UnrecognizedClientException"


@pytest.mark.parametrize("token", ["", "another"])
def test_a_session_needs_its_token(token: str) -> None:
    one = function()
    refused = kind_of(lambda: callers(one).authenticate(signed_by(one, token=token)))
    assert refused == "UnrecognizedClientException"


def test_a_known_key_with_another_secret_is_refused() -> None:
    one, other = function("one"), function("other")
    request = signed_by(one, secret=other.secret)
    refused = kind_of(lambda: callers(one, other).authenticate(request))
    assert refused == "InvalidSignatureException"


def test_a_presigned_url_is_as_good() -> None:
    one = function()
    request = presigned(key=one.access_key, secret=one.secret, token=one.tokens[0])
    assert callers(one).authenticate(request) == one


def test_signatures_age_with_the_clock() -> None:
    clock = clock_at()
    clock.advance(301)
    refused = kind_of(lambda: callers(administrator(), clock=clock).authenticate(signed()))
    assert refused == "InvalidSignatureException"


@pytest.mark.parametrize("ahead_s", [3600, 0], ids=["Python's", "the machine's"])
def test_a_handler_signs_by_the_clock_or_in_c_by_the_machine(ahead_s: int) -> None:
    clock, one = clock_at(), function()
    clock.advance(3600)
    everybody = callers(one, clock=clock)
    assert everybody.authenticate(signed_by(one, second=NOW + ahead_s)) == one
    for second in (NOW + ahead_s - 301, NOW + ahead_s + 301):
        late = signed_by(one, second=second)
        assert kind_of(lambda: everybody.authenticate(late)) == "InvalidSignatureException"  # noqa: B023


def test_what_a_handler_presigns_ages_with_the_clock() -> None:
    clock, one = clock_at(), function()
    request = presigned(key=one.access_key, secret=one.secret, token=one.tokens[0], lifetime_s=3600)
    clock.advance(3600)
    assert callers(one, clock=clock).authenticate(request) == one
    clock.advance(1)
    refused = kind_of(lambda: callers(one, clock=clock).authenticate(request))
    assert refused == "InvalidSignatureException"


# Keys


def test_a_functions_key_is_the_same_in_every_run_and_its_secret_is_not() -> None:
    first, second = function(), function()
    assert first.access_key == second.access_key
    assert first.secret != second.secret
    assert first.access_key != function("other").access_key


def test_a_functions_key_looks_like_a_sessions_and_names_no_account() -> None:
    key = function().access_key
    assert key.startswith("ASIALOCAL")
    assert (len(key), key.isalnum(), key.isdigit()) == (20, True, False)


def test_functions_get_their_own_credentials() -> None:
    one = function("one")
    assert callers(administrator(), one).credentials() == {
        "one": {
            "AWS_ACCESS_KEY_ID": one.access_key,
            "AWS_SECRET_ACCESS_KEY": one.secret,
            "AWS_SESSION_TOKEN": one.tokens[0],
        }
    }


def test_secrets_are_not_shown() -> None:
    one = function()
    assert one.secret not in repr(one)
    assert one.tokens[0] not in repr(one)


# What they may do


def test_whom_a_statement_allows_is_let_in__4_15() -> None:
    one = function()
    callers(one).admit_to_connections(signed_by(one), PATH)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_method_that_no_statement_allows_is_denied__4_6__4_15(method: str) -> None:
    one = function()
    with pytest.raises(Refusal) as refusal:
        callers(one).admit_to_connections(signed_by(one), PATH.replace("POST", method))
    assert refusal.value.kind == "AccessDeniedException"
    assert refusal.value.message == (
        f"User: {ARN} is not authorized to perform: execute-api:ManageConnections on resource: "
        "arn:aws:execute-api:eu-west-3:********0000:localwsapi/local/"
        f"{method}/@connections/{{connectionId}}"
    )


def test_a_deny_wins() -> None:
    deny = {"Effect": "Deny", "Action": "execute-api:*", "Resource": "*"}
    one = function(statements=(*EVERYTHING, deny))
    with pytest.raises(Refusal, match="AccessDenied") as refusal:
        callers(one).admit_to_connections(signed_by(one), PATH)
    assert (refusal.value.message or "").endswith(" with an explicit deny")


def test_the_person_at_the_keyboard_may_do_everything() -> None:
    callers(administrator()).admit_to_connections(signed(), PATH)
    callers(administrator()).admit_to_upgrade(signed(), "local/$connect")


def test_to_connect_is_another_action() -> None:
    one = function()
    refused = kind_of(lambda: callers(one).admit_to_upgrade(signed_by(one), "local/$connect"))
    assert refused == "AccessDeniedException"
    invokes = {
        "Effect": "Allow",
        "Action": INVOKE,
        "Resource": "arn:aws:execute-api:*:*:localwsapi/local/$connect",
    }
    other = function("other", (invokes,))
    assert callers(other).admit_to_upgrade(signed_by(other), "local/$connect") == other


def test_who_cannot_be_recognised_is_not_told_what_is_allowed() -> None:
    refused = kind_of(lambda: callers(function()).admit_to_connections(signed(), PATH))
    assert refused == "UnrecognizedClientException"


# The same at a running gateway


@pytest.fixture(scope="module")
def verifying() -> Iterator[Running]:
    with emulator_in_thread(SIGNED, verify_signatures=True) as running:
        yield running


def test_the_keyboards_own_signature_is_let_in__4_1(verifying: Running) -> None:
    with (
        connections(f"{verifying.http_url}/local") as sdk,
        pytest.raises(sdk.exceptions.GoneException),
    ):
        sdk.post_to_connection(ConnectionId=NEVER, Data=b"x")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"key": "AKIASOMEBODYELSE"}, "UnrecognizedClientException"),
        ({"secret": "guessed"}, "InvalidSignatureException"),
        ({"region": "us-east-1"}, "InvalidSignatureException"),
    ],
)
@pytest.mark.parametrize("name", ["get_connection", "delete_connection"])
def test_a_signature_that_does_not_hold_is_a_403_to_the_sdk(
    verifying: Running, changes: dict[str, str], kind: str, name: str
) -> None:
    with (
        connections(f"{verifying.http_url}/local", **changes) as sdk,
        pytest.raises(ClientError) as error,
    ):
        getattr(sdk, name)(ConnectionId=NEVER)
    assert error.value.response["Error"]["Code"] == kind
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("path", ["local/@connections/nonsense", "@connections/x"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "PUT"])
def test_without_a_signature_nothing_else_is_looked_at__4_6(
    verifying: Running, method: str, path: str
) -> None:
    answer = httpx.request(method, f"{verifying.http_url}/{path}")
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert "x-amzn-requestid" in answer.headers


def test_a_presigned_url_is_let_in(verifying: Running) -> None:
    url = f"{verifying.http_url}/local/@connections/{NEVER}"
    request = presigned_request("GET", url, second=int(time.time()))
    assert httpx.get(request.url).status_code == 410
    assert httpx.get(request.url.replace("AAAA", "BAAA", 1)).status_code == 403


def test_clients_connect_without_a_signature_all_the_same(verifying: Running) -> None:
    with client.connect(verifying.websocket_url):
        pass


@pytest.mark.parametrize("in_process", [False, True], ids=["workers", "in-process"])
async def test_handlers_are_let_in_and_their_store_answers_however_late_it_is(
    *, in_process: bool
) -> None:
    async with emulator(SIGNED, verify_signatures=True, in_process=in_process) as gw:
        await gw.advance(7 * 3600)
        async with await gw.connect() as observer:
            for by in ("boto3", "requests"):
                await observer.send({"kind": "call", "method": "POST", "by": by})
                assert await observer.receive_text() == "posted"
                assert (await observer.receive())["code"] == 200
            query = {"observer": observer.connection_id}
            async with await gw.connect(query=query) as other:
                # It was found in a table, and told by a signed post.
                assert (await observer.receive())["connection"] == other.connection_id
