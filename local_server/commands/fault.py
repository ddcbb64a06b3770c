"""`fault`: what goes wrong on purpose in a running emulator."""

import argparse
from typing import Any

from local_server.commands.remote import add_address, call
from local_server.faults import FaultKind

EPILOG = """\
kinds:
  post-gone          @connections says 410 though the connection is there
  post-throttled     429          post-failed   500          post-delayed   --delay-ms later
  post-misreported   410, and yet the client gets it
  post-lost          200, and nothing reaches the client
  disconnect-lost    $disconnect is never invoked
  connection-failed  the gateway closes with 1011 at the client's next message
  cold-start         a new sandbox, whatever is warm
  worker-killed      the sandbox dies --delay-ms after it got the event
  function-throttled, function-forbidden
                     Lambda refuses the invocation

examples:
  python -m local_server fault add post-throttled --probability 0.2
  python -m local_server fault add worker-killed --function deliver --times 1 --delay-ms 50
  python -m local_server fault list
  python -m local_server fault clear
"""


_SCOPES = ("connection", "route", "function")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|remove|clear")
    add = actions.add_parser("add", help="a fault from now on")
    add.add_argument("kind", choices=[kind.value for kind in FaultKind], metavar="KIND")
    for scope in _SCOPES:
        add.add_argument(f"--{scope}", help=f"of this {scope} alone")
    add.add_argument("--probability", type=float, help="of each call it could strike (default: 1)")
    add.add_argument("--times", type=int, help="strikes so often and no more")
    add.add_argument("--delay-ms", type=int, help="how late")
    remove = actions.add_parser("remove", help="one of them")
    remove.add_argument("number", type=int, help="as `list` shows it")
    others = (
        actions.add_parser("list", help="those in force"),
        actions.add_parser("clear", help="all of them"),
    )
    for action in (add, remove, *others):
        add_address(action)


def run(arguments: argparse.Namespace) -> int:
    """Raises ServerError."""
    actions = {"add": _add, "list": _list, "remove": _remove, "clear": _clear}
    print(actions[arguments.action](arguments))  # noqa: T201 - this is the terminal
    return 0


def _add(arguments: argparse.Namespace) -> str:
    names = ("kind", "connection", "route", "function", "probability", "times", "delay_ms")
    given = {name: getattr(arguments, name) for name in names}
    fault = {name: value for name, value in given.items() if value is not None}
    return f"fault {call(arguments, 'POST', 'faults', fault)['number']}"


def _list(arguments: argparse.Namespace) -> str:
    answer = call(arguments, "GET", "faults")
    lines = [_line(fault) for fault in answer["faults"]]
    return "\n".join(lines) or f"no faults (seed {answer['seed']})"


def _line(fault: dict[str, Any]) -> str:
    scopes = [
        f"{name} {fault[name]}" for name in ("connection", "route", "function") if fault[name]
    ]
    chance = [f"probability {fault['probability']:g}"] if fault["probability"] < 1 else []
    left = [f"{fault['times']} times"] if fault["times"] else []
    delay = [f"{fault['delay_ms']} ms"] if fault["delay_ms"] else []
    words = [fault["kind"], *scopes, *chance, *left, *delay, f"struck {fault['strikes']}"]
    return f"{fault['number']:>3}  " + ", ".join(words)


def _remove(arguments: argparse.Namespace) -> str:
    call(arguments, "DELETE", f"faults/{arguments.number}")
    return f"fault {arguments.number} is gone"


def _clear(arguments: argparse.Namespace) -> str:
    call(arguments, "DELETE", "faults")
    return "no faults"
