"""The emulator itself: until Ctrl-C."""

import argparse
import asyncio
import logging
from pathlib import Path

from local_server.commands.arguments import add_address, add_service, add_store
from local_server.faults import Faults
from local_server.loops import new_event_loop, raise_file_limit
from local_server.server import Run, serve
from local_server.settings import Settings

EPILOG = """\
examples:
  python -m local_server                        ./serverless.yml on port 3001
  python -m local_server --port 0 --ready-file ready.json
                                                a free port, and a file that says which
  python -m local_server --data ~/shop-data     tables and queues outlive Ctrl-C
  python -m local_server --store moto           another embedded store
  python -m local_server --store http://127.0.0.1:8000
                                                a DynamoDB and SQS that run already

What serverless.yml may say for the emulator alone:
  custom:
    localServer:
      websocketPaths: [/ws]        more paths for the WebSocket API, beside /{stage}
      onStart: python seed.py      a command to run once everything is up
      limits: {connectsPerS: 50}   other quotas than AWS's, see docs/testing.md
      assume: {compression: true}  what nobody has seen AWS do, see there as well
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    add_address(parser)
    add_store(parser)
    add = parser.add_argument
    add("--ready-file", type=Path, metavar="PATH",
        help="written with the URLs, as JSON, once everything is up")  # fmt: skip
    add("--verify-signatures", action="store_true",
        help="@connections wants valid signatures and the role's permission, as AWS")  # fmt: skip
    add("--no-reload", action="store_true", help="keep to the code as it was at the start")
    add("--freeze", action=argparse.BooleanOptionalAction, default=True,
        help="stop a handler's threads between events, as Lambda does (default)")  # fmt: skip
    add("--in-process", action="store_true",
        help="run handlers in this process, one event at a time, for debuggers")  # fmt: skip
    add("--seed", type=int, default=0,
        help="of the faults' dice: the same one repeats a run (default: 0)")  # fmt: skip
    on_start = parser.add_mutually_exclusive_group()
    on_start.add_argument("--on-start", metavar="CMD", help="instead of the template's onStart")
    on_start.add_argument("--no-on-start", action="store_true", help="run no onStart command")
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"),
        help="info shows what handlers print (default: info)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Raises LocalServerError."""
    _set_up_logs(arguments.log_level)
    raise_file_limit()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(serve(_run(arguments)))


def _run(arguments: argparse.Namespace) -> Run:
    return Run(
        settings=Settings(
            template=arguments.template,
            stage=arguments.stage,
            host=arguments.host,
            port=arguments.port,
            store=arguments.store,
            data=arguments.data,
            region=arguments.region,
            verify_signatures=arguments.verify_signatures,
            freeze=arguments.freeze,
            in_process=arguments.in_process,
            faults=Faults(arguments.seed),
            reload=not arguments.no_reload,
        ),
        ready_file=arguments.ready_file,
        on_start="" if arguments.no_on_start else arguments.on_start,
    )


def _set_up_logs(level: str) -> None:
    """Our lines on stderr; libraries stay quiet: their requests carry tokens."""
    # Not shown, and half of what a line costs; there is one for each event.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    ours = logging.getLogger("local_server")
    ours.addHandler(handler)
    ours.setLevel(level.upper())
    ours.propagate = False
