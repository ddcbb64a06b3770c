"""`python -m infra.stages STAGE`: says what a stage is, or that there is none of that name."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
# The emulator's own: its signing key is known to everybody.
NOT_DEPLOYED = frozenset({"default", "local"})
# Its functions call this machine.
STAND_IN = "stand-in"


class StageError(Exception):
    """The text names the stages that there are."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What serverless.yml says of one deployment, as far as it matters before there is one."""

    name: str
    stack: str
    python: str
    architecture: str
    is_protected: bool
    keeps_tables: bool


def read_stage(name: str, file: Path = ROOT / "serverless.yml") -> Stage:
    """Raises: StageError."""
    template = yaml.load(file.read_text(), _Loader)  # noqa: S506 - made of SafeLoader
    params = template["params"]
    stages = sorted(params.keys() - NOT_DEPLOYED)
    if name not in stages:
        problem = f"there is no stage {name!r}" if name else "no stage is given"
        raise StageError(
            f"{problem}; STAGE can be {', '.join(stages)}, "
            "and another one wants its name under `params` in serverless.yml"
        )
    merged = params["default"] | (params[name] or {})
    return Stage(
        name=name,
        stack=f"{template['service']}-{name}",
        python=template["provider"]["runtime"].removeprefix("python"),
        architecture=merged["architecture"],
        is_protected=merged["deletionProtection"],
        keeps_tables=merged["deletionPolicy"] == "Retain",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the stage can be deployed, 2 if there is none of that name."""
    parser = argparse.ArgumentParser(prog="python -m infra.stages", description=__doc__)
    parser.add_argument("stage")
    try:
        stage = read_stage(parser.parse_args(arguments).stage)
        _refuse_stand_in_at_aws(stage, os.environ)
    except StageError as error:
        print(f"infra.stages: {error}", file=sys.stderr)
        return 2
    print(_described(stage))
    return 0


def _refuse_stand_in_at_aws(stage: Stage, environment: Mapping[str, str]) -> None:
    if stage.name == STAND_IN and not environment.get("AWS_ENDPOINT_URL"):
        raise StageError(f"{STAND_IN} is for `make test-deploy`, and AWS_ENDPOINT_URL is not set")


def _described(stage: Stage) -> str:
    removal = "cannot be removed until deletionProtection is false and deployed, and then "
    removed = removal if stage.is_protected else "can be removed, and "
    tables = "are kept, to be deleted by hand" if stage.keeps_tables else "go with it"
    return (
        f"Stage {stage.name}: the CloudFormation stack {stage.stack}, "
        f"functions in Python {stage.python} on {stage.architecture}.\n"
        f"It {removed}the tables that hold what users have {tables}."
    )


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, which nothing here reads."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    return f"!{suffix}"


_Loader.add_multi_constructor("!", _tagged)

if __name__ == "__main__":
    sys.exit(main())
