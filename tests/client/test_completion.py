import re
import shutil
import subprocess

import pytest

from client.arguments import build_parser
from client.completion import Level, levels_of, script

PARSER = build_parser("heliograph")
LEVELS = {level.path: level for level in levels_of(PARSER)}


def bash(words: str) -> list[str]:
    """What bash offers behind those words; the last one is being typed."""
    typed = words.split(" ")
    quoted = " ".join(f"'{word}'" for word in typed)
    asks = f"COMP_WORDS=({quoted}); COMP_CWORD={len(typed) - 1}; _heliograph; "
    source = script(PARSER, "heliograph", "bash") + f"\n{asks}printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", source], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def names(level: Level) -> set[str]:
    return {name for option in level.options for name in option.names}


def test_every_command_and_option_is_known() -> None:
    assert {"login", "inbox", "load"} <= LEVELS[()].commands.keys()
    assert LEVELS[("inbox",)].commands.keys() == {"list", "mark", "archive", "mark-all"}
    assert {"--status", "--limit", "--json", "-h", "--help"} <= names(LEVELS[("inbox",)])
    assert {"--persist", "--no-persist"} <= names(LEVELS[("send",)])


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("heliograph lo", {"login", "load"}),
        ("heliograph --json inb", {"inbox"}),
        ("heliograph inbox mark-", {"mark-all"}),
        ("heliograph inbox --status un", {"unread", "unseen"}),
        ("heliograph inbox mark --state ", {"seen", "read", "unread", "archived"}),
        ("heliograph send alice Hello --pri", {"--priority"}),
        ("heliograph completion z", set()),
        ("heliograph listen --topic ", set()),
    ],
)
def test_bash_offers(words: str, offered: set[str]) -> None:
    assert set(bash(words)) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_understands_its_script(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    source = script(PARSER, "heliograph", shell)
    done = subprocess.run([shell, "-n"], input=source, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_names_every_command(shell: str) -> None:
    source = script(PARSER, "tower", shell)
    for path in LEVELS:
        assert " ".join(path) in source
    assert re.search(r"complete -F _tower tower|compdef _tower tower|complete -c tower ", source)
