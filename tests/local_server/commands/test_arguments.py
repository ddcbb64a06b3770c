"""Options that commands share."""

import argparse
from pathlib import Path

from local_server.commands.arguments import add_address, add_service, add_store
from local_server.settings import Settings


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for add in (add_service, add_address, add_store):
        add(parser)
    return parser.parse_args(words)


def test_the_defaults_are_the_emulators() -> None:
    arguments, settings = parse(), Settings(Path("serverless.yml"))
    assert arguments.template == settings.template
    assert (arguments.stage, arguments.region) == (settings.stage, settings.region)
    assert (arguments.store, arguments.data) == (settings.store, settings.data)
    assert (arguments.host, arguments.port) == (settings.host, 3001)


def test_paths_are_paths() -> None:
    arguments = parse("--template", "a.yml", "--data", "kept")
    assert (arguments.template, arguments.data) == (Path("a.yml"), Path("kept"))
