"""The command line of an operator: commands, their help, and how they end."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.admin import cost, demo, health, redriving, rotation, users
from infra.admin.errors import Refused
from infra.admin.stage import NOWHERE, Clients, Stage, find_stage
from infra.rows import RowError
from infra.settings import SettingsError
from infra.tables import bind
from notify.errors import HeliographError

DESCRIPTION = """What an operator does from a shell, under their own AWS credentials.

The stage is given before the command: python -m infra.admin --stage dev --region eu-central-1 …
Exit code 0 if it was done, 1 if it was refused or something is wrong, 2 if it could not be tried.
"""


@dataclass(frozen=True)
class Command:
    """One word behind `python -m infra.admin`."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Stage], int]
    epilog: str = ""
    needs_stage: bool = True


COMMANDS = (
    Command(
        "create-user",
        "store an account",
        users.add_create_arguments,
        users.create_user,
        users.CREATE_EXAMPLES,
    ),
    Command(
        "set-roles",
        "give an account these roles and no others",
        users.add_roles_arguments,
        users.set_roles,
        users.ROLES_EXAMPLES,
    ),
    Command(
        "rotate-key",
        "a new key to sign tokens with, or the end of old ones",
        rotation.add_arguments,
        rotation.run,
        rotation.EXAMPLES,
    ),
    Command(
        "doctor",
        "whether a deployed stage is well, and what to do if it is not",
        health.add_arguments,
        health.run,
        health.EXAMPLES,
    ),
    Command(
        "redrive",
        "move dead letters back to their queues",
        redriving.add_arguments,
        redriving.run,
        redriving.EXAMPLES,
    ),
    Command(
        "cost",
        "what a month would cost, and what of it are pings",
        cost.add_arguments,
        cost.run,
        cost.EXAMPLES,
        needs_stage=False,
    ),
    Command(
        "demo",
        "store the demo accounts of a laptop's emulator",
        demo.add_arguments,
        demo.run,
    ),
)


def main(arguments: Sequence[str] | None = None, clients: Clients | None = None) -> int:
    """0 if it was done, 1 if it was refused, 2 if it could not be tried."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options.command, options, clients)
    except HeliographError as error:
        return _complain(error.message, 1)
    except Refused as error:
        return _complain(str(error), 1)
    except (SettingsError, BotoCoreError, ClientError, RowError) as error:
        return _complain(str(error), 2)


def _run(command: Command, options: argparse.Namespace, clients: Clients | None) -> int:
    if not command.needs_stage:
        return command.run(options, NOWHERE)
    stage = find_stage(options, clients)
    bind(stage.prefix, stage.region)
    return command.run(options, stage)


def _parser() -> argparse.ArgumentParser:
    parser = _plain(argparse.ArgumentParser, prog="python -m infra.admin", description=DESCRIPTION)
    parser.add_argument("--stage", help="the deployed stage (default: what TABLE_PREFIX says)")
    parser.add_argument("--region", help="its AWS region (default: AWS_REGION)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        added = _plain(
            commands.add_parser,
            command.name,
            help=command.help,
            description=command.help[0].upper() + command.help[1:] + ".",
            epilog=command.epilog,
        )
        command.add_arguments(added)
        added.set_defaults(command=command)
    return parser


def _plain(
    make: Callable[..., argparse.ArgumentParser], *names: str, **texts: str
) -> argparse.ArgumentParser:
    """A parser that leaves the lines of its texts as they are."""
    return make(*names, formatter_class=argparse.RawDescriptionHelpFormatter, **texts)


def _complain(message: str, status: int) -> int:
    print(f"infra.admin: {message}", file=sys.stderr)
    return status
