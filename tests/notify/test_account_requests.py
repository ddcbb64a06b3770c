import json

import pytest
from msgspec import UNSET

from notify.account_requests import ChangeUser, CreateUser, Login
from notify.errors import Invalid
from notify.requests import parse_body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "a"}, "password: required"),
        ({"username": "a", "password": None}, "password: "),
        ({"username": 5, "password": "b"}, "username: "),
        ({"username": "a" * 257, "password": "b"}, "username: "),
        ({"username": "a", "password": "b" * 1025}, "password: "),
        ({"username": "a", "password": "b", "otp": 1}, "otp: unknown field"),
    ],
)
def test_a_login_that_is_wrong_is_refused_by_its_field(body: object, field: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}"):
        parse_body(json.dumps(body), Login)


def test_a_refused_login_does_not_quote_the_password() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body('{"username":"a","password":["hunter2hunter2"]}', Login)
    assert "hunter2" not in raised.value.message


def test_a_new_user_has_no_roles_and_no_tenant_unless_told() -> None:
    request = parse_body('{"username":"a","password":"b"}', CreateUser)
    assert request == CreateUser("a", "b", [], None)


@pytest.mark.parametrize("roles", ["admin", [5], None, ["r"] * 51])
def test_roles_are_a_list_of_at_most_fifty_texts(roles: object) -> None:
    body = json.dumps({"username": "a", "password": "b", "roles": roles})
    with pytest.raises(Invalid, match=r"^roles"):
        parse_body(body, CreateUser)


def test_a_change_tells_what_is_not_given_from_null() -> None:
    assert parse_body("{}", ChangeUser).tenant is UNSET
    assert parse_body('{"tenant":null}', ChangeUser).tenant is None


@pytest.mark.parametrize("field", ["username", "revoked_before", "password_hash"])
def test_a_change_cannot_reach_other_fields(field: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}: unknown field"):
        parse_body(json.dumps({field: "x"}), ChangeUser)
