"""A service with users, tokens and open connections, reached through its handlers alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from handlers import connect, message
from infra import wiring
from infra.stores.users import DynamoUsers
from infra.tables import MODELS, SubscriptionRow
from notify.account_requests import CreateUser
from notify.accounts import new_user
from notify.model import Principal, Username
from notify.passwords import PasswordHasher
from notify.tokens import Keyring, parse_key, sign
from tests import events
from tests.aws import PREFIX, client
from tests.conftest import TEST_KEY
from tests.gateway_server import GatewayServer
from tests.permissions import Call, deny, is_allowed, watched
from tests.rows import everything

PASSWORD = "correct horse"


class Service:
    """What a handler test talks to."""

    def __init__(self, gateway: GatewayServer, queues: dict[str, str]) -> None:
        self.gateway = gateway
        self.queues = queues

    def add_user(self, name: str, *roles: str, tenant: str | None = None) -> None:
        request = CreateUser(name, PASSWORD, list(roles), tenant)
        DynamoUsers().add(new_user(request, PasswordHasher(cost=4), wiring.clock()))

    def token(self, name: str, *roles: str, seconds: int = 3600, key: str = TEST_KEY) -> str:
        signing = parse_key("test", {"alg": "HS256", "key": key}, "heliograph", "heliograph")
        now = wiring.clock()
        principal = Principal(Username(name), frozenset(roles), None, now + seconds * 1000)
        return sign(Keyring([signing]).signing_key(), principal, now)

    def connect(self, connection_id: str, token: str | None, **headers: str) -> dict[str, Any]:
        """Knocks, and is reachable from then on, as behind API Gateway, if the answer is 2xx."""
        response = connect.handler(events.connect(connection_id, token, headers), events.CONTEXT)
        if response["statusCode"] == 200:
            self.gateway.open.add(connection_id)
        return response

    def say(self, connection_id: str, body: str | dict[str, Any] | None) -> list[dict[str, Any]]:
        """Sends a frame and returns what was posted to its connection because of it."""
        before = len(self.gateway.frames(connection_id))
        message.handler(events.message(connection_id, body), events.CONTEXT)
        return self.gateway.frames(connection_id)[before:]

    def age(self, connection_id: str, seconds: int = 60) -> None:
        """Lets a connection have been open for a while: a young one's Gone is not believed."""
        for row in everything(SubscriptionRow):
            if row.connection_id == connection_id:
                row.update([SubscriptionRow.connected_at.add(-1000 * seconds)])

    def drop_tables(self) -> None:
        for model in MODELS:
            client("dynamodb").delete_table(TableName=model.Meta.table_name)

    def drop_table(self, name: str) -> None:
        client("dynamodb").delete_table(TableName=PREFIX + name)

    def queued(self, queue: str, wait_seconds: int = 0) -> list[str]:
        """The bodies that wait in a queue; taken out of it."""
        return [message["Body"] for message in self.messages(queue, wait_seconds)]

    def messages(self, queue: str, wait_seconds: int = 0) -> list[dict[str, Any]]:
        """The same, attributes included."""
        answer = client("sqs").receive_message(
            QueueUrl=self.queues[queue],
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            WaitTimeSeconds=wait_seconds,
        )
        return list(answer.get("Messages", []))


def answer(response: dict[str, Any]) -> Any:
    """The JSON of an HTTP answer."""
    return json.loads(response["body"])


@pytest.fixture(autouse=True)
def _roles() -> Iterator[None]:
    """Every function is in its role; what that does not allow is denied, and fails the test."""
    denied: list[str] = []

    def check(call: Call) -> None:
        if not is_allowed(call):
            denied.append(str(call))
            deny(call)

    with watched(check):
        yield
    assert denied == []


@pytest.fixture
def heliograph(service: dict[str, str], gateway_server: GatewayServer) -> Service:
    made = Service(gateway_server, service)
    made.add_user("alice", "member", tenant="acme")
    made.add_user("bob", "manager")
    made.add_user("root", "admin")
    return made
