"""What a notification says, as `send` and `broadcast` take it from the command line."""

import argparse

from ..argument_types import json_object, positive_int


def add_content(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("title", metavar="TITLE", help="up to 200 characters")
    parser.add_argument("--message", default="", help="the text below the title")
    parser.add_argument("--type", default="message", help="its notification_type (message)")
    parser.add_argument(
        "--priority", choices=["low", "normal", "high", "urgent"], help="normal if not given"
    )
    parser.add_argument("--data", type=json_object, metavar="JSON", help="a JSON object")
    parser.add_argument("--ttl", type=positive_int, metavar="SECONDS", help="how long it is kept")
    parser.add_argument(
        "--persist",
        action=argparse.BooleanOptionalAction,
        help="keep it for those who are not connected, or not",
    )
