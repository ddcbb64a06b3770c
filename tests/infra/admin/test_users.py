import pytest

from infra.admin.command_line import main
from infra.stores.users import DynamoUsers
from notify.model import Username
from tests.gateway_server import GatewayServer
from tests.handlers.conftest import Service
from tests.infra.admin.clients import FakeClients


def test_a_created_user_is_stored_with_roles_and_tenant(
    service: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["create-user", "carol", "--role", "admin", "--role", "ops", "--tenant", "t1"]
    assert main([*arguments, "--password", "carols password"]) == 0
    user = DynamoUsers().get(Username("carol"))
    assert user is not None
    assert (sorted(user.roles), user.tenant) == (["admin", "ops"], "t1")
    assert user.created_at > 0
    assert capsys.readouterr().out == "created carol\n"


def test_a_password_may_come_from_the_environment(
    service: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOGRAPH_PASSWORD", "carols password")
    assert main(["create-user", "carol"]) == 0


def test_a_user_who_comes_by_an_identity_provider_has_no_password(
    service: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOGRAPH_PASSWORD", "carols password")
    assert main(["create-user", "carol", "--no-password"]) == 0
    user = DynamoUsers().get(Username("carol"))
    assert user is not None
    assert user.password_hash is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["create-user", "carol", "--password", "short"], "password: at least 8 characters"),
        (["create-user", "a b", "--password", "long enough"], "username: 1 to 64 of"),
    ],
)
def test_a_bad_user_is_refused_in_one_line(
    service: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"infra.admin: {complaint}")
    assert error.count("\n") == 1


def test_a_user_who_exists_is_not_overwritten(
    service: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["create-user", "carol", "--password", "carols password"]
    assert [main(arguments), main(arguments)] == [0, 1]
    assert capsys.readouterr().err == "infra.admin: the user exists already: carol\n"


def test_a_stage_may_be_given_instead(service: dict[str, str]) -> None:
    # There are no tables of that stage in this test.
    assert main(["--stage", "test", "create-user", "carol", "--password", "long enough"]) == 2


@pytest.fixture
def carol(service: dict[str, str], gateway_server: GatewayServer) -> Service:
    made = Service(gateway_server, service)
    made.add_user("carol", "member")
    return made


def roles_of(name: str) -> list[str]:
    user = DynamoUsers().get(Username(name))
    assert user is not None
    return sorted(user.roles)


def test_roles_are_those_that_are_given_and_no_others(
    carol: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["set-roles", "carol", "ops", "admin"]) == 0
    assert roles_of("carol") == ["admin", "ops"]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "carol: admin, ops (before: member)"
    assert said[1] == "tokens that are out keep the old roles for up to 60 minutes"


def test_a_role_that_is_added_takes_nothing_away(
    carol: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["set-roles", "carol", "member", "ops"]) == 0
    assert capsys.readouterr().out == "carol: member, ops (before: member)\n"


def test_all_roles_are_taken_away_if_that_is_said(carol: Service) -> None:
    with pytest.raises(SystemExit):
        main(["set-roles", "carol"])
    assert main(["set-roles", "carol", "--none"]) == 0
    assert roles_of("carol") == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["nobody", "ops"], "no such user: 'nobody'"), (["carol", "no good"], "roles: 1 to 64 of")],
)
def test_roles_that_cannot_be_are_refused_in_one_line(
    carol: Service, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(["set-roles", *arguments]) == 1
    assert capsys.readouterr().err.startswith(f"infra.admin: {complaint}")
    assert roles_of("carol") == ["member"]


def test_what_the_old_roles_have_opened_is_closed_on_demand(
    carol: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    carol.connect("c1", carol.token("carol", "member"))
    assert main(["set-roles", "carol", "ops", "--disconnect"]) == 0
    (frame,) = carol.gateway.frames("c1")
    assert (frame["code"], frame["message"]) == (4003, "Your roles have changed")
    assert carol.gateway.open == set()
    assert "connections closed: 1" in capsys.readouterr().out
    user = DynamoUsers().get(Username("carol"))
    assert user is not None
    assert user.revoked_before > 0


def test_connections_cannot_be_closed_where_nobody_says_where_they_are(
    carol: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CALLBACK_ENDPOINT")
    assert main(["set-roles", "carol", "ops", "--disconnect"], FakeClients({})) == 2
    assert "CALLBACK_ENDPOINT" in capsys.readouterr().err
