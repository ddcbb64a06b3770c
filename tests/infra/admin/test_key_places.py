"""The same contract for a parameter and a secret, on moto."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.admin.errors import Refused
from infra.admin.key_places import KeyPlace, Parameter, Secret, find_place
from infra.admin.rings import Ring, adding, dropping, new_key
from infra.settings import SettingsError
from tests.aws import client
from tests.infra.admin.clients import FakeClients, refusal

NAME = "heliograph/test/jwt-keys"
SECRET = "a-secret-of-more-than-thirty-two-bytes"
LARGE = {"alg": "HS256", "key": "k" * 3000}
BY_HAND = {"old": {"alg": "HS256", "key": SECRET}}


class Interrupted:
    """A client before whose first writing call something else happens."""

    def __init__(self, service: str, writing: str, first: Callable[[], object]) -> None:
        self._client = client(service)
        self._writing = writing
        self._first: Callable[[], object] | None = first

    def __getattr__(self, operation: str) -> Any:
        if operation == self._writing and self._first is not None:
            first, self._first = self._first, None
            first()
        return getattr(self._client, operation)


@pytest.fixture(params=["ssm", "secretsmanager"])
def kind(request: pytest.FixtureRequest, bare_aws: None) -> str:
    return str(request.param)


def place(kind: str, made: Any = None) -> KeyPlace:
    made = made or client(kind)
    return Parameter(made, "/" + NAME) if kind == "ssm" else Secret(made, NAME)


def interrupted(kind: str, first: Callable[[], object], fresh: bool = False) -> KeyPlace:
    if kind == "ssm":
        return place(kind, Interrupted(kind, "put_parameter", first))
    writing = "create_secret" if fresh else "put_secret_value"
    return place(kind, Interrupted(kind, writing, first))


def add(key_id: str) -> Callable[[Ring], Ring]:
    return adding(key_id, new_key("HS256", 1_780_000_000_000)[1])


def test_a_place_is_empty_until_it_is_made_by_the_first_key(kind: str) -> None:
    assert place(kind).read() == {}
    place(kind).change(add("first"))
    assert list(place(kind).read()) == ["first"]


def test_what_is_changed_is_what_is_there(kind: str) -> None:
    place(kind).change(add("first"))
    changed = place(kind).change(add("second"))
    assert list(changed) == ["second", "first"]
    assert place(kind).read() == changed


def test_a_parameter_is_encrypted(bare_aws: None) -> None:
    Parameter(client("ssm"), "/" + NAME).change(add("first"))
    (listed,) = client("ssm").describe_parameters()["Parameters"]
    assert listed["Type"] == "SecureString"


def test_a_ring_of_large_keys_has_a_place(kind: str) -> None:
    for number in range(2):
        place(kind).change(adding(f"k{number}", LARGE))
    assert len(place(kind).read()) == 2


def test_no_key_of_two_operators_is_lost(kind: str) -> None:
    place(kind).change(add("old"))
    interrupted(kind, lambda: place(kind).change(add("theirs"))).change(add("ours"))
    assert place(kind).read().keys() == {"old", "theirs", "ours"}


def test_no_key_of_two_who_make_the_place_is_lost(kind: str) -> None:
    both = interrupted(kind, lambda: place(kind).change(add("theirs")), fresh=True)
    both.change(add("ours"))
    assert place(kind).read().keys() == {"theirs", "ours"}


def test_what_another_operator_drops_meanwhile_stays_dropped(kind: str) -> None:
    place(kind).change(add("leaked"))
    place(kind).change(add("old"))
    interrupted(kind, lambda: place(kind).change(dropping("leaked"))).change(add("ours"))
    assert place(kind).read().keys() == {"old", "ours"}


def test_a_secret_that_is_changed_again_and_again_is_given_up(bare_aws: None) -> None:
    answers = {
        "get_secret_value": {"SecretString": json.dumps(BY_HAND), "VersionId": "v"},
        "put_secret_value": {"VersionId": "w"},
        "update_secret_version_stage": refusal("InvalidParameterException"),
    }
    clients = FakeClients({"secretsmanager": answers})
    with pytest.raises(Refused, match="others never stop"):
        Secret(clients("secretsmanager"), NAME).change(add("ours"))


@pytest.mark.parametrize("kind", ["ssm", "secretsmanager"])
def test_what_aws_refuses_is_not_taken_for_a_place_that_is_empty(kind: str) -> None:
    denied = refusal("AccessDeniedException")
    clients = FakeClients({kind: {"get_parameter": denied, "get_secret_value": denied}})
    with pytest.raises(type(denied)):
        place(kind, clients(kind)).read()


@pytest.mark.parametrize("kind", ["ssm", "secretsmanager"])
@pytest.mark.parametrize("fresh", [True, False])
def test_what_aws_says_of_what_it_was_given_is_not_repeated(kind: str, fresh: bool) -> None:
    quoting = refusal("ValidationException", f"Value '{SECRET}' is no good")
    text = json.dumps(BY_HAND)
    found = {"Parameter": {"Value": text, "Version": 1}, "SecretString": text, "VersionId": "v"}
    read = refusal("ParameterNotFound" if kind == "ssm" else "ResourceNotFoundException")
    reading = dict.fromkeys(["get_parameter", "get_secret_value"], read if fresh else found)
    writing = dict.fromkeys(["put_parameter", "create_secret", "put_secret_value"], quoting)
    clients = FakeClients({kind: reading | writing})
    with pytest.raises(SettingsError, match="answers ValidationException") as error:
        place(kind, clients(kind)).change(add("ours"))
    assert SECRET not in str(error.value)


def test_a_parameter_without_room_is_told(bare_aws: None) -> None:
    with pytest.raises(Refused, match="retire or drop some"):
        place("ssm").change(lambda ring: dict.fromkeys("abc", LARGE))


def functions_with(variables: dict[str, str]) -> FakeClients:
    answer = {"Environment": {"Variables": variables}}
    return FakeClients({"lambda": {"get_function_configuration": answer}})


@pytest.mark.parametrize(
    ("variables", "title"),
    [
        ({"JWT_KEYS_PARAMETER": "/a/b"}, "parameter /a/b"),
        ({"JWT_KEYS_PARAMETER": "/a/b", "JWT_KEYS_SECRET": "c"}, "secret c"),
    ],
)
def test_the_place_is_the_one_that_the_functions_read(
    variables: dict[str, str], title: str
) -> None:
    assert find_place(functions_with(variables).stage(), None, None).title == title


def test_before_the_first_deploy_it_is_the_parameter_of_serverless_yml() -> None:
    missing = refusal("ResourceNotFoundException")
    clients = FakeClients({"lambda": {"get_function_configuration": missing}})
    assert find_place(clients.stage(), None, None).title == "parameter /heliograph/dev/jwt-keys"


def test_a_place_may_be_named() -> None:
    stage = FakeClients({}).stage()
    assert find_place(stage, "/a/b", None).title == "parameter /a/b"
    assert find_place(stage, None, "c").title == "secret c"


@pytest.mark.parametrize("variables", [{"JWT_KEYS": '{"k": "hush"}'}, {}])
def test_keys_that_are_elsewhere_are_not_ours_to_change(variables: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as error:
        find_place(functions_with(variables).stage(), None, None)
    assert "hush" not in str(error.value)
