"""`redrive`: what was given up is tried again, once its cause is mended."""

import argparse
import json
import sys
import time
from typing import Any

from infra.admin.dead_letters import QUEUES, DeadLetters, Moved, find_dead_letters, move
from infra.admin.stage import Stage

EXAMPLES = """examples:
  python -m infra.admin --stage dev redrive --dry-run         how many dead letters are there?
  python -m infra.admin --stage dev redrive deliveries        those of one queue
  python -m infra.admin --stage dev redrive --rate 50         of all queues, 50 a second each

Read the log lines of the dead letters first, and mend what killed them: otherwise they die again.
A broadcast's part goes on at its cursor, and nobody is told again who has been. A letter may come
twice, which does no harm; none is lost. Ctrl-C does not stop a move that SQS does: it goes on by
itself, and another redrive follows it. What the letters say is never shown.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("queues", nargs="*", metavar="queue", help=f"of {', '.join(QUEUES)}; default: all")
    add("--rate", type=int, choices=range(1, 501), metavar="N", help="messages a second, 1 to 500")
    add("--dry-run", action="store_true", help="count them and move none")
    add("--json", action="store_true", help="the same for machines")


def run(options: argparse.Namespace, stage: Stage) -> int:
    """0 if everything was moved, 1 if something was not."""
    unknown = set(options.queues) - set(QUEUES)
    if unknown:
        # argparse's own `choices` takes the empty list for a choice.
        print(f"infra.admin: no queue {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    rows = [
        _redrive(stage, find_dead_letters(stage, queue), options)
        for queue in options.queues or QUEUES
    ]
    if options.json:
        print(json.dumps({"dry_run": options.dry_run, "queues": rows}, indent=2))
    return int(any(row["failure"] for row in rows))


def _redrive(stage: Stage, letters: DeadLetters, options: argparse.Namespace) -> dict[str, Any]:
    progress = Moved(0, letters.count)
    if letters.count and not options.dry_run:
        for progress in move(stage.client("sqs"), letters, options.rate, time.sleep):
            if not progress.failure:
                print(f"{letters.queue}: {progress.moved} of {progress.of} …", file=sys.stderr)
    if not options.json:
        print(_line(letters, progress, options.dry_run))
    return {
        "queue": letters.queue,
        "dead_letters": letters.count,
        "held": letters.held,
        "moved": progress.moved,
        "failure": progress.failure,
    }


def _line(letters: DeadLetters, progress: Moved, dry_run: bool) -> str:
    held = f", and {letters.held} that somebody is looking at" if letters.held else ""
    if not letters.count:
        return f"{letters.queue}: no dead letters{held}"
    if dry_run:
        return f"{letters.queue}: {letters.count} dead letters would be moved{held}"
    if progress.failure:
        return f"{letters.queue}: {progress.moved} moved back, then it ended: {progress.failure}"
    return f"{letters.queue}: {progress.moved} moved back{held}"
