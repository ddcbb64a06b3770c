import shlex

import pytest

from client.arguments import EXAMPLES, parse


def test_options_for_every_command_may_stand_before_or_after_it() -> None:
    before = parse(["--url", "http://x", "--json", "stats"], {})
    after = parse(["stats", "--url", "http://x", "--json"], {})

    assert before == after
    assert (after.url, after.json) == ("http://x", True)


def test_the_url_comes_from_the_environment() -> None:
    env = {"HELIOGRAPH_URL": "https://example.com/", "HELIOGRAPH_WEBSOCKET_URL": "wss://ws.example"}

    args = parse(["stats"], env)

    assert (args.url, args.websocket_url) == ("https://example.com", "wss://ws.example")


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/"])
def test_the_path_of_the_api_may_be_part_of_the_url(path: str) -> None:
    assert parse(["stats", "--url", f"https://example.com/dev{path}"], {}).url == (
        "https://example.com/dev"
    )


def test_the_url_is_a_laptops_unless_said() -> None:
    assert parse(["stats"], {}).url == "http://127.0.0.1:3001"


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ([], "COMMAND"),
        (["shout"], "shout"),
        (["send", "alice"], "TITLE"),
        (["send", "alice", "T", "--data", "{"], "not JSON"),
        (["send", "alice", "T", "--data", "[]"], "not a JSON object"),
        (["send", "alice", "T", "--priority", "top"], "top"),
        (["listen", "--count", "0"], "above 0"),
        (["listen", "--timeout", "soon"], "above 0"),
        (["listen", "--timeout", "nan"], "above 0"),
        (["--url", "127.0.0.1:3001", "stats"], "not a URL"),
        (["--websocket-url", "http://x", "listen"], "not a URL"),
    ],
)
def test_wrong_usage_is_explained(
    argv: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse(argv, {})

    assert left.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["login"], ["listen"], ["send"], ["broadcast"], ["stats"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse([*command, "--help"], {})

    assert left.value.code == 0
    assert "--url" in capsys.readouterr().out


def test_every_example_in_the_help_is_a_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in EXAMPLES.splitlines() if line.startswith("  python -m client")]
    for line in lines:
        command = line.strip().split("   ")[0]
        parse(shlex.split(command)[3:], {})
    assert len(lines) == 8
