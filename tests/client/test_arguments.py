import shlex

import pytest

from client.arguments import examples, parse
from client.commands import COMMANDS


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
        (["inbox", "--status", "lost"], "lost"),
        (["inbox", "mark"], "ID"),
        (["inbox", "mark-all", "--before", "noon"], "not a time"),
        (["presence"], "WHAT"),
        (["presence", "users", ","], "no name"),
        (["tail", "orders:1", "--after", "-1"], "--after"),
        (["stats", "--watch", "0"], "above 0"),
        (["load", "--connections", "0"], "above 0"),
        (["load", "--send", "inf"], "above 0"),
        (["completion", "tcsh"], "tcsh"),
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


COMMAND_LINES = [
    [],
    *([name] for name in COMMANDS),
    *(["inbox", action] for action in ("list", "mark", "mark-all", "archive")),
    *(["presence", whom] for whom in ("users", "topic")),
]


@pytest.mark.parametrize("command", COMMAND_LINES, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse([*command, "--help"], {})

    said = capsys.readouterr().out
    assert left.value.code == 0
    assert "--url" in said
    assert len(command) == 2 or "examples:" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_in_the_help_is_a_command_line(name: str) -> None:
    lines = COMMANDS[name].EXAMPLES.splitlines()
    for line in lines:
        command = line.partition("  # ")[0].partition(" > ")[0].partition(" >> ")[0]
        assert parse(shlex.split(command), {}).run is COMMANDS[name].run
    assert lines


def test_the_help_speaks_of_the_program_as_it_was_called(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"], {}, "heliograph")

    said = capsys.readouterr().out
    assert "  heliograph listen" in said
    assert "python -m" not in said


def test_remarks_on_examples_stand_below_each_other() -> None:
    lines = f"send a  # short\nbroadcast orders  # longer\n{'x' * 60}\n{'y' * 60}  # what it does"

    shown = examples("heliograph", lines)

    assert shown.splitlines() == [
        "examples:",
        "  heliograph send a            # short",
        "  heliograph broadcast orders  # longer",
        f"  heliograph {'x' * 60}",
        f"  heliograph {'y' * 60}",
        "      # what it does",
    ]
