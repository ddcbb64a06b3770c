"""`completion`: a script that completes the command line in a shell."""

import argparse

from .. import completion
from ..display import as_json
from ..terminal import Terminal

SUMMARY = "a script for the completion of your shell"
DESCRIPTION = (
    "Print a script that completes the command `heliograph`, as the package installs it. "
    "It is made once, and asks nobody."
)
EXAMPLES = """\
completion bash >> ~/.bash_completion
completion zsh > ~/.zfunc/_heliograph
completion fish > ~/.config/fish/completions/heliograph.fish
"""
PROGRAM = "heliograph"


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=completion.SHELLS)
    parser.add_argument("--program", default=PROGRAM, metavar="NAME", help=f"not {PROGRAM}")


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    # It holds this module among its commands.
    from ..arguments import build_parser

    text = completion.script(build_parser(args.program), args.program, args.shell)
    terminal.say(as_json({"shell": args.shell, "script": text}) if args.json else text)
    return 0
