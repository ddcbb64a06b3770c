"""`login`: a token for a password, kept on this computer."""

import argparse
import datetime

from ..credentials import save
from ..display import as_json, time_of_day
from ..terminal import Terminal
from .opening import credentials

SUMMARY = "get a token and keep it on this computer"
DESCRIPTION = (
    "Get a token for a password and keep it, readable by you alone, in "
    "${XDG_CONFIG_HOME:-~/.config}/heliograph/tokens.json. "
    "With --json the whole answer is printed, the token included."
)
EXAMPLES = """\
login --user alice  # ask for the password, keep the token
login --user alice --url https://example.com --json  # the token, for a script
"""


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """It has none of its own."""


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    answer = await credentials(args).password_login(terminal).login()
    saved = save(answer, args.url, terminal)
    until = datetime.datetime.fromtimestamp(saved.expires_at, datetime.UTC).isoformat()
    roles = f" ({', '.join(answer.user.roles)})" if answer.user.roles else ""
    line = f"logged in as {saved.user}{roles} until {time_of_day(until)}"
    terminal.say(as_json(answer.body) if args.json else line)
    return 0
