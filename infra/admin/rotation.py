"""`rotate-key`: a new key to sign tokens with, and the end of those that have served."""

import argparse
import json
from dataclasses import asdict

from infra.admin.errors import Refused
from infra.admin.key_places import find_place
from infra.admin.rings import (
    Edit,
    KeyState,
    Ring,
    adding,
    dropping,
    new_key,
    retiring,
    signing_id,
    states,
)
from infra.admin.stage import Stage
from infra.wiring import clock
from notify.model import timestamp
from notify.tokens import ALGORITHMS

EXAMPLES = """examples:
  python -m infra.admin --stage dev rotate-key                a new key signs, the others verify
  python -m infra.admin --stage dev rotate-key --retire       an hour and a half later
  python -m infra.admin --stage dev rotate-key --drop 20261126-3f9c1e     it has leaked
  python -m infra.admin --stage dev rotate-key --dry-run

The keys are where the deployed functions read them; before the first deploy, that is the parameter
/heliograph/STAGE/jwt-keys, which is then created. Functions notice within five minutes, and nothing
is deployed. No key is ever printed.
--retire takes out the keys whose last token has expired; where nobody knows when that was, as with
keys that were written by hand, they stay until they are dropped.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--retire", action="store_true", help="no new key; take out the expired ones")
    what.add_argument("--drop", metavar="ID", help="no new key; take out this one, now")
    add("--algorithm", choices=sorted(ALGORITHMS), help="default: that of the key that signs")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--parameter", metavar="NAME", help="of SSM, instead of asking a function")
    where.add_argument("--secret", metavar="NAME", help="of Secrets Manager, by its name or ARN")
    add("--dry-run", action="store_true", help="say what would be done")
    add("--json", action="store_true", help="the same for machines")


def run(options: argparse.Namespace, stage: Stage) -> int:
    """Changes the ring, and says what has become of each key."""
    if not stage.name and not (options.parameter or options.secret):
        raise Refused("give --stage: a laptop's key is in serverless.yml")
    place, now = find_place(stage, options.parameter, options.secret), clock()
    before = place.read()
    edit = _edit(options, before, now)
    after = edit(before)
    if after != before and not options.dry_run:
        after = place.change(edit)
    found = list(states(before, after, now))
    print(
        _json(place.title, found, options) if options.json else _text(place.title, found, options)
    )
    return 0


def _edit(options: argparse.Namespace, ring: Ring, now: int) -> Edit:
    if options.retire:
        return retiring(now)
    if options.drop:
        if options.drop not in ring:
            raise Refused(f"there is no key {options.drop}")
        return dropping(options.drop)
    signing = signing_id(ring)
    current = str(ring[signing]["alg"]) if signing else "HS256"
    return adding(*new_key(options.algorithm or current, now))


def _text(title: str, found: list[KeyState], options: argparse.Namespace) -> str:
    width = max((len(key.id) for key in found), default=0)
    lines = [f"{title}{' (dry run: nothing is changed)' if options.dry_run else ''}"]
    lines += [f"  {key.id:<{width}}  {key.algorithm}  {_fate(key)}" for key in found]
    return "\n".join(lines)


def _fate(key: KeyState) -> str:
    if key.state == "signs":
        return "signs"
    if key.state == "dropped":
        return "dropped: its tokens are worthless within five minutes"
    if key.state == "retired":
        return "retired: its last token has expired"
    if key.until is None:
        return "verifies, until it is dropped"
    return f"verifies, until --retire after {timestamp(key.until)[:16]}Z"


def _json(title: str, found: list[KeyState], options: argparse.Namespace) -> str:
    content = {"place": title, "dry_run": options.dry_run, "keys": [asdict(key) for key in found]}
    return json.dumps(content, indent=2)
