"""`python -m local_server`: API Gateway for the serverless.yml at hand."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from local_server.emulator import Settings
from local_server.errors import LocalServerError
from local_server.server import Run, serve

_EPILOG = """\
examples:
  python -m local_server                        ./serverless.yml on port 3001
  python -m local_server --port 0 --ready-file ready.json
                                                a free port, and a file that says which
  python -m local_server --store moto           another embedded store
  python -m local_server --store http://127.0.0.1:8000
                                                a DynamoDB and SQS that run already

What serverless.yml may say for the emulator alone:
  custom:
    localServer:
      websocketPaths: [/ws]        more paths for the WebSocket API, beside /{stage}
      onStart: python seed.py      a command to run once everything is up
"""


def main() -> int:
    arguments = _parser().parse_args()
    _set_up_logs(arguments.log_level)
    try:
        asyncio.run(serve(_run(arguments)))
    except LocalServerError as error:
        print(f"local_server: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_server",
        description="Plays Amazon API Gateway (WebSocket and HTTP APIs) in front of unchanged "
        "Python Lambda handlers, as any project's serverless.yml describes them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--template", type=Path, default=Path("serverless.yml"), metavar="FILE",
        help="the service (default: serverless.yml)")  # fmt: skip
    add("--stage", default="local", help="the stage to play (default: local)")
    add("--region", help="instead of the template's region")
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=int, default=3001, help="0 takes a free one (default: 3001)")
    add("--store", default="ministack", metavar="ministack|moto|URL",
        help="who holds tables and queues (default: ministack)")  # fmt: skip
    add("--ready-file", type=Path, metavar="PATH",
        help="written with the URLs, as JSON, once everything is up")  # fmt: skip
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--on-start", metavar="CMD", help="instead of the template's onStart")
    start.add_argument("--no-on-start", action="store_true", help="run no onStart command")
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"),
        help="info shows what handlers print (default: info)")  # fmt: skip
    return parser


def _run(arguments: argparse.Namespace) -> Run:
    return Run(
        settings=Settings(
            template=arguments.template,
            stage=arguments.stage,
            host=arguments.host,
            port=arguments.port,
            store=arguments.store,
            region=arguments.region,
        ),
        ready_file=arguments.ready_file,
        on_start="" if arguments.no_on_start else arguments.on_start,
    )


def _set_up_logs(level: str) -> None:
    """Our lines on stderr; libraries stay quiet: their requests carry tokens."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    ours = logging.getLogger("local_server")
    ours.addHandler(handler)
    ours.setLevel(level.upper())
    ours.propagate = False


if __name__ == "__main__":
    sys.exit(main())
