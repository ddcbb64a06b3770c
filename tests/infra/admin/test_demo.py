import pytest

from infra.admin.command_line import main
from infra.stores.users import DynamoUsers
from notify.model import Username


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
