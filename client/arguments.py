"""The grammar of the command line, and what `--help` says."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from .api import BASE_PATH
from .commands import COMMANDS, Command
from .urls import checked_base_url, checked_websocket_url

DEFAULT_URL = "http://127.0.0.1:3001"
WIDTH = 80
PROGRAM = f"python -m {__package__}"

NOTES = """\
who you are, the first that is given:
  --token, or --user with --password, HELIOGRAPH_PASSWORD, a saved token or a prompt;
  else HELIOGRAPH_TOKEN; else the last `login` at this URL.
  A flag is seen by everybody who may list processes: the environment or the prompt is not.

environment:
  HELIOGRAPH_URL, HELIOGRAPH_WEBSOCKET_URL, HELIOGRAPH_TOKEN, HELIOGRAPH_PASSWORD, NO_COLOR

exit codes:
  0 done   1 the server refused, or cannot be reached, or too little came   2 wrong usage
  130 Ctrl-C
"""


def parse(
    argv: Sequence[str] | None, env: Mapping[str, str], program: str = PROGRAM
) -> argparse.Namespace:
    """Raises: SystemExit, as argparse does after it has explained itself."""
    parser = build_parser(program)
    defaults = argparse.Namespace(
        url=env.get("HELIOGRAPH_URL") or DEFAULT_URL,
        websocket_url=env.get("HELIOGRAPH_WEBSOCKET_URL"),
        user=None,
        password=None,
        token=None,
        json=False,
    )
    args = parser.parse_args(argv, defaults)
    if any(not _is_unicode(word) for word in (sys.argv[1:] if argv is None else argv)):
        parser.error("a word is not in the encoding of this shell")
    try:
        args.url = _service_url(args.url)
        args.websocket_url = args.websocket_url and checked_websocket_url(args.websocket_url)
    except ValueError as error:
        parser.error(str(error))
    return args


def _is_unicode(word: str) -> bool:
    """Not so where Python kept bytes that it could not decode (PEP 383)."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def _service_url(url: str) -> str:
    """Without the path of the API, which those who have used curl before will type."""
    return checked_base_url(url).removesuffix(BASE_PATH).rstrip("/")


def build_parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    common = _common_options()
    firsts = "".join(command.EXAMPLES.splitlines()[0] + "\n" for command in COMMANDS.values())
    parser = argparse.ArgumentParser(
        prog=program,
        description="Listen to notifications of a Heliograph service, and send them.",
        epilog=f"{examples(program, firsts)}\n{NOTES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    add = parser.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    for name, command in COMMANDS.items():
        _fill(
            add(
                name,
                parents=[common],
                help=command.SUMMARY,
                epilog=examples(program, command.EXAMPLES),
                formatter_class=_Help,
            ),
            command,
            common,
        )
    return parser


def _fill(
    parser: argparse.ArgumentParser, command: Command, common: argparse.ArgumentParser
) -> None:
    parser.description = command.DESCRIPTION
    command.add_arguments(parser, common)
    parser.set_defaults(run=command.run)


class _Help(argparse.HelpFormatter):
    """Wraps what is prose, and leaves examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return text
        return super()._fill_text(text, width, indent)


def examples(program: str, lines: str) -> str:
    """`command line  # what it does`, the remarks below each other; or below, where it is long."""
    pairs = [line.partition("  # ")[::2] for line in lines.splitlines()]
    commands = {f"  {program} {command}": remark for command, remark in pairs}
    beside = [line for line, remark in commands.items() if remark and _fits(line, remark)]
    width = max(map(len, beside), default=0)
    shown = ["examples:"]
    for line, remark in commands.items():
        together = f"{line:<{width}}  # {remark}"
        if not remark:
            shown.append(line)
        elif len(together) <= WIDTH:
            shown.append(together)
        else:
            shown += [line, f"      # {remark}"]
    return "\n".join([*shown, ""])


def _fits(line: str, remark: str) -> bool:
    return len(line) + len(remark) + 4 <= WIDTH


def _common_options() -> argparse.ArgumentParser:
    """Welcome before and after the command, so none may have a default that undoes the other."""
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = options.add_argument_group("for every command")
    group.add_argument("--url", help=f"the service (HELIOGRAPH_URL, or {DEFAULT_URL})")
    group.add_argument(
        "--websocket-url", metavar="URL", help="its WebSocket, where that is on another host"
    )
    group.add_argument("--user", metavar="NAME", help="log in with a password")
    group.add_argument("--password", help="of --user; else HELIOGRAPH_PASSWORD, else a prompt")
    group.add_argument("--token", help="an access token; else HELIOGRAPH_TOKEN")
    group.add_argument("--json", action="store_true", help="JSON instead of words")
    return options
