import pytest

from infra.admin import main
from infra.stores.users import DynamoUsers
from notify.model import Username


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


@pytest.mark.parametrize("missing", ["TABLE_PREFIX", "AWS_REGION"])
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "test-")
    monkeypatch.delenv(missing)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert main(["demo"]) == 2
    assert missing in capsys.readouterr().err


def test_a_stage_may_be_given_instead(service: dict[str, str]) -> None:
    # There are no tables of that stage in this test.
    assert main(["--stage", "test", "create-user", "carol", "--password", "long enough"]) == 2


def test_demo_users_are_made_again_and_again_on_a_laptop(
    service: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGE", "local")
    assert [main(["demo"]), main(["demo"])] == [0, 0]
    printed = capsys.readouterr().out
    assert "alice    alice-demo" in printed
    assert "client --url http://127.0.0.1:3001 listen --user alice" in printed


def test_demo_users_are_made_nowhere_else(
    service: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo"]) == 2
    assert DynamoUsers().get(Username("alice")) is None
