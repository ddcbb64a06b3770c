import stat
from pathlib import Path

import pytest

from client.token_file import SavedToken, TokenFile

URL = "http://127.0.0.1:3001"


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile.of_user({"XDG_CONFIG_HOME": str(tmp_path)})


def test_only_its_owner_may_read_it(tokens: TokenFile) -> None:
    tokens.save(URL, SavedToken("alice", "t", 1))

    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tokens.path.parent.stat().st_mode) == 0o700


def test_a_file_that_was_open_to_others_is_closed_again(tokens: TokenFile) -> None:
    tokens.save(URL, SavedToken("alice", "t", 1))
    tokens.path.chmod(0o644)

    tokens.save(URL, SavedToken("alice", "t2", 2))

    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600


def test_nothing_but_the_file_is_left_behind(tokens: TokenFile) -> None:
    tokens.save(URL, SavedToken("alice", "t", 1))

    assert [path.name for path in tokens.path.parent.iterdir()] == ["tokens.json"]


def test_the_last_login_counts_unasked(tokens: TokenFile) -> None:
    for user in ("alice", "bob"):
        tokens.save(URL, SavedToken(user, f"t-{user}", 1))

    assert tokens.find(URL) == SavedToken("bob", "t-bob", 1)
    assert tokens.find(URL, "alice") == SavedToken("alice", "t-alice", 1)


def test_each_url_has_its_own_tokens(tokens: TokenFile) -> None:
    tokens.save(URL, SavedToken("alice", "t", 1))

    assert tokens.find("https://example.com") is None
    assert tokens.find(URL, "bob") is None


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"http://127.0.0.1:3001": 7}'])
def test_a_damaged_file_counts_as_empty(tokens: TokenFile, content: str) -> None:
    tokens.path.parent.mkdir()
    tokens.path.write_text(content)

    assert tokens.find(URL) is None


def test_without_xdg_it_is_in_the_home(tmp_path: Path) -> None:
    path = TokenFile.of_user({"HOME": str(tmp_path)}).path

    assert path == tmp_path / ".config" / "heliograph" / "tokens.json"
