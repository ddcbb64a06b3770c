import tomllib
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from notify.contract import OPERATIONS
from notify.openapi import VERSION, openapi

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi()


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_it_has_every_operation_under_an_id_of_its_own(document: dict[str, Any]) -> None:
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(OPERATIONS)


def test_a_body_is_the_struct_that_validates_it(document: dict[str, Any]) -> None:
    body = document["paths"]["/notifications/send-realtime"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Send"}
    send = document["components"]["schemas"]["Send"]
    assert send["additionalProperties"] is False
    assert send["properties"]["title"]["maxLength"] == 200


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ("/auth/login", True),
        ("/auth/logout", False),
        ("/admin/users/{username}/disconnect", False),
    ],
)
def test_a_body_without_which_there_is_a_default_is_optional(
    document: dict[str, Any], path: str, required: bool
) -> None:
    assert document["paths"][path]["post"]["requestBody"]["required"] is required


def test_a_refusal_is_a_problem(document: dict[str, Any]) -> None:
    refused = document["paths"]["/auth/login"]["post"]["responses"]["401"]
    schema = refused["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}


def test_what_needs_no_token_says_so(document: dict[str, Any]) -> None:
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert "security" not in document["paths"]["/auth/me"]["get"]


def test_a_path_names_its_parameters(document: dict[str, Any]) -> None:
    (parameter,) = document["paths"]["/admin/users/{username}"]["delete"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("username", "path", True)


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_a_parameter_says_whether_it_is_required(document: dict[str, Any]) -> None:
    (user_ids,) = document["paths"]["/presence"]["get"]["parameters"]
    assert user_ids["required"]
    assert not any(each["required"] for each in document["paths"]["/inbox"]["get"]["parameters"])
