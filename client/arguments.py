"""The grammar of the command line, and what `--help` says."""

import argparse
import json
from collections.abc import Mapping, Sequence

from client import commands
from client.api import BASE_PATH
from client.urls import checked_base_url, checked_websocket_url

DEFAULT_URL = "http://127.0.0.1:3001"

EXAMPLES = """\
examples:
  python -m client login --user alice                     ask for the password, keep the token
  python -m client listen --topic 'orders:*'              a line for each notification, until Ctrl-C
  python -m client listen --json --count 1 --timeout 10   one notification as JSON, for a script
  python -m client send alice Approved --message 'Loan #12 approved' --priority high
  python -m client send alice,bob Lunch --user admin      to both, as admin
  python -m client broadcast role:admin 'Disk is full' --data '{"host": "db-1"}'
  python -m client broadcast '*' Hello --dry-run          how many would hear it
  python -m client stats

who you are, the first that is given:
  --token, or --user with --password, HELIOGRAPH_PASSWORD, a saved token or a prompt;
  else HELIOGRAPH_TOKEN; else the last `login` at this URL.
  A flag is seen by everybody who may list processes: the environment or the prompt is not.

environment:
  HELIOGRAPH_URL, HELIOGRAPH_WEBSOCKET_URL, HELIOGRAPH_TOKEN, HELIOGRAPH_PASSWORD, NO_COLOR

exit codes:
  0 done   1 the server refused, or cannot be reached   2 wrong usage   130 Ctrl-C
"""


def parse(argv: Sequence[str] | None, env: Mapping[str, str]) -> argparse.Namespace:
    """Raises: SystemExit, as argparse does after it has explained itself."""
    defaults = argparse.Namespace(
        url=env.get("HELIOGRAPH_URL") or DEFAULT_URL,
        websocket_url=env.get("HELIOGRAPH_WEBSOCKET_URL"),
        user=None,
        password=None,
        token=None,
        json=False,
    )
    parser = build_parser()
    args = parser.parse_args(argv, defaults)
    try:
        args.url = _service_url(args.url)
        args.websocket_url = args.websocket_url and checked_websocket_url(args.websocket_url)
    except ValueError as error:
        parser.error(str(error))
    return args


def _service_url(url: str) -> str:
    """Without the path of the API, which those who have used curl before will type."""
    return checked_base_url(url).removesuffix(BASE_PATH).rstrip("/")


def build_parser() -> argparse.ArgumentParser:
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="python -m client",
        description="Listen to notifications of a Heliograph service, and send them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    add = parser.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    _add_login(add("login", parents=[common], help="get a token and keep it on this computer"))
    _add_listen(add("listen", parents=[common], help="print notifications as they arrive"))
    _add_send(add("send", parents=[common], help="send a notification to a user"))
    _add_broadcast(add("broadcast", parents=[common], help="send one to all under a pattern"))
    _add_stats(add("stats", parents=[common], help="who is connected, what was sent"))
    return parser


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


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Get a token for a password and keep it, readable by you alone, in "
        "${XDG_CONFIG_HOME:-~/.config}/heliograph/tokens.json. "
        "With --json the whole answer is printed, the token included."
    )
    parser.set_defaults(run=commands.login)


def _add_listen(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print a line for each notification: what is sent to you, to your roles, to everybody, "
        "and to the topics that you name. A lost connection is opened again. What is said about "
        "the connection goes to stderr."
    )
    parser.add_argument(
        "--topic",
        action="append",
        default=[],
        help="subscribe a topic such as orders:*; repeatable",
    )
    parser.add_argument("--count", type=_positive_int, metavar="N", help="stop after N")
    parser.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        help="stop after SECONDS; exit code 1 if fewer than --count came",
    )
    parser.set_defaults(run=commands.listen)


def _add_send(parser: argparse.ArgumentParser) -> None:
    parser.description = "Send a notification to a user; it is stored if nobody is connected."
    parser.add_argument("user_to", metavar="USER", help="a user, or several: alice,bob")
    _add_content(parser)
    parser.set_defaults(run=commands.send)


def _add_broadcast(parser: argparse.ArgumentParser) -> None:
    parser.description = "Send a notification to everybody who subscribed a topic."
    parser.add_argument("pattern", metavar="PATTERN", help="role:admin, orders:*, or * for all")
    _add_content(parser)
    parser.add_argument(
        "--exclude", action="append", metavar="USER", help="not to this user; repeatable"
    )
    parser.add_argument("--dry-run", action="store_true", help="count the recipients, send nothing")
    parser.set_defaults(run=commands.broadcast)


def _add_stats(parser: argparse.ArgumentParser) -> None:
    parser.description = "The numbers of the service."
    parser.set_defaults(run=commands.stats)


def _add_content(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("title", metavar="TITLE", help="up to 200 characters")
    parser.add_argument("--message", default="", help="the text below the title")
    parser.add_argument("--type", default="message", help="its notification_type (message)")
    parser.add_argument(
        "--priority", choices=["low", "normal", "high", "urgent"], help="normal if not given"
    )
    parser.add_argument("--data", type=_json_object, metavar="JSON", help="a JSON object")
    parser.add_argument("--ttl", type=_positive_int, metavar="SECONDS", help="how long it is kept")
    parser.add_argument(
        "--persist",
        action=argparse.BooleanOptionalAction,
        help="keep it for those who are not connected, or not",
    )


def _json_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('not a JSON object such as {"loan_id": 12}')
    return value


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise argparse.ArgumentTypeError(f"not a number above 0: {text}")
    return number


def _positive_int(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a whole number above 0: {text}")
    return int(text)
