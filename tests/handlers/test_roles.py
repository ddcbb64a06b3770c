"""What each function asks of AWS, and what its role allows: neither is more than the other."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from infra import wiring
from tests.aws import client
from tests.conftest import TEST_KEY
from tests.handlers.conftest import Service
from tests.handlers.scenarios import SCENARIOS
from tests.permissions import Call, deny, functions, grants, is_allowed, watched

PARAMETER = "/heliograph/test/jwt-keys"
KEYS = f'{{"test": {{"alg": "HS256", "key": "{TEST_KEY}"}}}}'
# What Lambda's pollers do in a function's name.
POLLERS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.fixture(autouse=True)
def _roles() -> None:
    """Nothing is denied here, so that a test says everything that is missing."""


@pytest.fixture
def calls() -> Iterator[set[Call]]:
    """Those that were made so far."""
    seen: set[Call] = set()
    with watched(seen.add):
        yield seen


@pytest.fixture
def deployed(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Its keys are a parameter, and four connections are all that a user may have."""
    client("ssm").put_parameter(Name=PARAMETER, Value=KEYS, Type="SecureString")
    for name, value in {
        "JWT_KEYS": "",
        "JWT_KEYS_PARAMETER": PARAMETER,
        "MAX_CONNECTIONS_PER_USER": "4",
        "INLINE_RECIPIENTS": "200",
        "DELIVERY_POSTS_PER_SECOND": "100000",
    }.items():
        monkeypatch.setenv(name, value)
    wiring.reset()
    return heliograph


def test_every_function_has_a_scenario() -> None:
    assert SCENARIOS.keys() == functions().keys()


@pytest.mark.parametrize("function", SCENARIOS)
def test_a_role_allows_what_its_function_does_and_nothing_more(
    deployed: Service, calls: set[Call], function: str
) -> None:
    SCENARIOS[function](deployed)
    own = {call for call in calls if call.function == function}
    allowed = grants(function)
    missing = {call for call in own if not any(grant.covers(call) for grant in allowed)}
    idle = {
        f"{grant.action} on {grant.resource}"
        for grant in allowed
        if grant.action not in (*POLLERS, "secretsmanager:GetSecretValue")
        if not any(grant.covers(call) for call in own)
    }
    assert (sorted(map(str, missing)), sorted(idle)) == ([], [])


def test_the_keys_may_be_a_secret_instead(
    deployed: Service, calls: set[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "heliograph/test/jwt-keys"
    client("secretsmanager").create_secret(Name=name, SecretString=KEYS)
    monkeypatch.setenv("JWT_KEYS_SECRET", name)
    SCENARIOS["me"](deployed)
    (call,) = (each for each in calls if each.action.startswith("secretsmanager:"))
    assert is_allowed(call)


def test_what_a_role_does_not_allow_is_denied() -> None:
    users = "arn:aws:dynamodb:eu-central-1:123456789012:table/test-users"
    call = Call("me", "dynamodb:DeleteItem", users)
    assert not is_allowed(call)
    with pytest.raises(ClientError, match="me is not authorized to perform: dynamodb:DeleteItem"):
        deny(call)
