"""Scripts that complete the command line, made of its own parser: bash, zsh, fish."""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Option:
    """`--status`, what it may be followed by, and whether anything follows it at all."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """What may stand behind some commands: `("inbox", "mark")`."""

    path: tuple[str, ...]
    options: tuple[Option, ...]
    commands: dict[str, str] = field(default_factory=dict)


def script(parser: argparse.ArgumentParser, program: str, shell: str) -> str:
    levels = list(levels_of(parser))
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](program, levels)


def levels_of(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[Level]:
    commands: dict[str, str] = {}
    below: list[Level] = []
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # It has no other name.
            helps = {each.dest: each.help or "" for each in action._get_subactions()}  # noqa: SLF001
            for name, child in action.choices.items():
                commands[name] = helps.get(name, "")
                below += levels_of(child, (*path, name))
    options = tuple(_option(action) for action in _actions(parser) if action.option_strings)
    yield Level(path, options, commands)
    yield from below


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [each for each in parser._actions if each.help != argparse.SUPPRESS]  # noqa: SLF001


def _option(action: argparse.Action) -> Option:
    choices = tuple(str(each) for each in action.choices or ())
    says = re.sub(r"\s+", " ", action.help or "").replace("%%", "%")
    return Option(tuple(action.option_strings), says, action.nargs != 0, choices)


def _identifier(program: str) -> str:
    return "_" + re.sub(r"\W", "_", program)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _words(level: Level) -> list[str]:
    return [*level.commands, *(name for option in level.options for name in option.names)]


# bash and zsh: `path` is the commands so far, each with a space before it.

_FIND_PATH = """\
    for word in {words}; do
        case "$path $word" in
{known}
        esac
    done
"""


def _known(levels: list[Level]) -> str:
    """Cases that make a path longer by a word that is a command there."""
    paths = ["".join(f" {word}" for word in level.path) for level in levels if level.path]
    return "\n".join(f'            "{path}") path="{path}" ;;' for path in paths)


def _path(level: Level) -> str:
    return "".join(f" {word}" for word in level.path)


def _value_cases(levels: list[Level], offer: str) -> Iterator[str]:
    """What follows an option that takes a value: its choices, or nothing that we know."""
    for level in levels:
        for option in level.options:
            if option.takes_value:
                patterns = "|".join(f'"{_path(level)} {name}"' for name in option.names)
                values = offer.format(words=" ".join(option.choices))
                yield f"        {patterns}) {values}; return ;;"


def _bash(program: str, levels: list[Level]) -> str:
    name = _identifier(program)
    offer = 'COMPREPLY=($(compgen -W "{words}" -- "$cur"))'
    lines = [
        f"# Completion of {program} in bash: source it, or keep it in",
        f"# ~/.local/share/bash-completion/completions/{program}",
        f"{name}() {{",
        '    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path="" word',
        _FIND_PATH.format(words='"${COMP_WORDS[@]:1:COMP_CWORD-1}"', known=_known(levels)).rstrip(),
        '    case "$path $prev" in',
        *_value_cases(levels, offer),
        "    esac",
        '    case "$path" in',
        *(
            f'        "{_path(each)}") {offer.format(words=" ".join(_words(each)))} ;;'
            for each in levels
        ),
        "    esac",
        "}",
        f"complete -F {name} {program}",
    ]
    return "\n".join(lines)


def _zsh(program: str, levels: list[Level]) -> str:
    name = _identifier(program)
    lines = [
        f"#compdef {program}",
        f"# Completion of {program} in zsh: keep it as _{program} in a folder of $fpath, or source",
        "# it behind compinit.",
        f"{name}() {{",
        '    local path_="" word',
        "    local -a offered",
        _FIND_PATH.format(words='"${(@)words[2,CURRENT-1]}"', known=_known(levels))
        .rstrip()
        .replace("$path ", "$path_ ")
        .replace(" path=", " path_="),
        '    case "$path_ ${words[CURRENT-1]}" in',
        *_value_cases(levels, "compadd -- {words}"),
        "    esac",
        '    case "$path_" in',
        *(f'        "{_path(each)}") offered=({_described(each)}) ;;' for each in levels),
        "    esac",
        f"    _describe {program} offered",
        "}",
        # Kept in $fpath the file itself is the function; else it has to be told of.
        f'if [ "$funcstack[1]" = "_{program}" ]; then {name} "$@"',
        f"else compdef {name} {program}; fi",
    ]
    return "\n".join(lines)


def _described(level: Level) -> str:
    """`'name:what it does'` each; a colon within a name or a text is quoted."""
    pairs = [(name, says) for name, says in level.commands.items()]
    pairs += [(name, option.help) for option in level.options for name in option.names]
    return " ".join(_quoted(f"{name}:{says}".replace("\\", "")) for name, says in pairs)


def _fish(program: str, levels: list[Level]) -> str:
    name = _identifier(program) + "_at"
    lines = [
        f"# Completion of {program} in fish: keep it in ~/.config/fish/completions/{program}.fish",
        f"function {name}",
        "    set -l path ''",
        "    for word in (commandline -opc)[2..-1]",
        '        switch "$path $word"',
        *(
            f'            case "{_path(each)}"\n                set path "{_path(each)}"'
            for each in levels
            if each.path
        ),
        "        end",
        "    end",
        '    test "$path" = "$argv[1]"',
        "end",
        f"complete -c {program} -f",
        *(line for level in levels for line in _fish_level(program, name, level)),
    ]
    return "\n".join(lines)


def _fish_level(program: str, name: str, level: Level) -> Iterator[str]:
    here = f"""complete -c {program} -n {_quoted(f'{name} "{_path(level)}"')}"""
    for command, says in level.commands.items():
        yield f"{here} -a {command} -d {_quoted(says)}"
    for option in level.options:
        flags = " ".join(
            f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names
        )
        value = " -x" if option.takes_value else ""
        value += f" -a {_quoted(' '.join(option.choices))}" if option.choices else ""
        yield f"{here} {flags}{value} -d {_quoted(option.help)}"
