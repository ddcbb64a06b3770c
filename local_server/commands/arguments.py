"""Options that several commands share, so that they read and mean the same everywhere."""

import argparse
from pathlib import Path


def add_service(parser: argparse.ArgumentParser) -> None:
    """Which service: `template`, `stage`, `region`."""
    add = parser.add_argument
    add("--template", type=Path, default=Path("serverless.yml"), metavar="FILE",
        help="the service (default: serverless.yml)")  # fmt: skip
    add("--stage", default="local", help="the stage to play (default: local)")
    add("--region", help="instead of the template's region")


def add_address(parser: argparse.ArgumentParser) -> None:
    """Where it listens: `host`, `port`."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=int, default=3001, help="0 takes a free one (default: 3001)")


def add_store(parser: argparse.ArgumentParser) -> None:
    """Who holds tables and queues: `store`, `data`."""
    add = parser.add_argument
    add("--store", default="ministack", metavar="ministack|moto|dynoxide|URL",
        help="who holds tables and queues (default: ministack)")  # fmt: skip
    add("--data", type=Path, metavar="DIR",
        help="keep tables and queues there when it stops (ministack, dynoxide)")  # fmt: skip
