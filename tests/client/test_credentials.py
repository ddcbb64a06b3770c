from pathlib import Path

import pytest

from client.credentials import Credentials, PasswordLogin, UsageError
from client.token_file import SavedToken, TokenFile
from tests.client.terminals import FakeTerminal

URL = "http://127.0.0.1:3001"


def save(home: Path, user: str, token: str, expires_at: int = 2000) -> None:
    tokens = TokenFile.of_user({"XDG_CONFIG_HOME": str(home)})
    tokens.save(URL, SavedToken(user, token, expires_at))


def test_a_given_token_comes_first(tmp_path: Path) -> None:
    save(tmp_path, "alice", "saved")
    fake = FakeTerminal(tmp_path, {"HELIOGRAPH_TOKEN": "environment"})

    assert Credentials(URL, token="flag").find_token(fake.terminal) == "flag"
    assert Credentials(URL).find_token(fake.terminal) == "environment"


def test_a_token_with_a_line_end_is_wrong_usage_and_not_shown(tmp_path: Path) -> None:
    save(tmp_path, "alice", "s3cret\n")
    terminal = FakeTerminal(tmp_path, {"HELIOGRAPH_TOKEN": "s3cret\r"}).terminal
    for given in (Credentials(URL), Credentials(URL, token="s3crét"), Credentials(URL, "alice")):
        with pytest.raises(UsageError, match="ASCII without spaces") as raised:
            given.find_token(terminal)
        assert "s3cr" not in str(raised.value)


def test_the_last_login_at_a_url_is_the_default(tmp_path: Path) -> None:
    save(tmp_path, "alice", "t-alice")
    save(tmp_path, "bob", "t-bob")
    fake = FakeTerminal(tmp_path)

    assert Credentials(URL).find_token(fake.terminal) == "t-bob"
    assert Credentials(URL, user="alice").find_token(fake.terminal) == "t-alice"


@pytest.mark.parametrize(
    ("env", "password"), [({}, "flag"), ({"HELIOGRAPH_PASSWORD": "environment"}, None)]
)
def test_a_password_makes_a_login_that_can_be_repeated(
    tmp_path: Path, env: dict[str, str], password: str | None
) -> None:
    save(tmp_path, "alice", "t-alice")
    fake = FakeTerminal(tmp_path, env)

    token = Credentials(URL, "alice", password).find_token(fake.terminal)

    assert token == PasswordLogin(URL, "alice", password or "environment")
    assert fake.prompts == []


def test_a_password_is_asked_for_if_no_token_is_saved(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, password="typed")

    token = Credentials(URL, "alice").find_token(fake.terminal)

    assert token == PasswordLogin(URL, "alice", "typed")
    assert fake.prompts == [f"Password of alice at {URL}: "]


def test_a_password_is_asked_for_if_the_saved_token_is_over(tmp_path: Path) -> None:
    save(tmp_path, "alice", "t-alice", expires_at=1000)
    fake = FakeTerminal(tmp_path, password="typed")

    Credentials(URL, "alice").find_token(fake.terminal)

    assert len(fake.prompts) == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (Credentials(URL), "who are you"),
        (Credentials(URL, "alice"), "no password"),
        (Credentials(URL, "alice", token="t"), "not both"),
    ],
)
def test_too_little_or_too_much_is_a_usage_error(
    tmp_path: Path, given: Credentials, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        given.find_token(FakeTerminal(tmp_path).terminal)


def test_an_expired_token_is_named(tmp_path: Path) -> None:
    save(tmp_path, "alice", "t-alice", expires_at=999)

    with pytest.raises(UsageError, match="the saved token of alice has expired"):
        Credentials(URL).find_token(FakeTerminal(tmp_path).terminal)


def test_secrets_stay_out_of_the_repr() -> None:
    shown = repr(Credentials(URL, "alice", "s3cret", "s3cret")) + repr(
        PasswordLogin(URL, "alice", "s3cret")
    )

    assert "s3cret" not in shown
