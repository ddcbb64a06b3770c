"""`python -m infra.package --stage dev`: makes the zip that serverless.yml deploys."""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.package import PackageError
from infra.package.archive import write_archive
from infra.package.bytecode import compile_all, find_python
from infra.package.contents import copy_code, install_dependencies
from infra.package.inspection import inspect_package
from infra.stages import ROOT, Stage, StageError, read_stage


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if it was made, 2 if not."""
    options = _parser().parse_args(arguments)
    try:
        stage = read_stage(options.stage)
        archive = options.output or ROOT / "build" / f"{stage.name}.zip"
        python = None if options.without_bytecode else find_python(stage.python, options.python)
        build(stage, archive, python)
    except (PackageError, StageError) as error:
        print(f"infra.package: {error}", file=sys.stderr)
        return 2
    _say(_described(archive))
    return 0


def build(stage: Stage, archive: Path, python: Path | None) -> None:
    """`python` compiles it; None leaves that to each cold start. Raises: PackageError."""
    with tempfile.TemporaryDirectory(prefix="heliograph-") as name:
        # Resolved: macOS's temporary folder is behind a link, and bytecode's paths are cut as text.
        folder = Path(name).resolve()
        _say(f"Installing what Python {stage.python} on {stage.architecture} needs")
        install_dependencies(folder, stage, _say)
        copy_code(folder)
        if python:
            _say(f"Compiling with {python}")
            compile_all(folder, python)
        write_archive(folder, archive, lambda made: inspect_package(made, stage.architecture))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument("--stage", required=True, help="one of `params` in serverless.yml")
    parser.add_argument(
        "--output", type=Path, help="default: build/STAGE.zip, which is what is deployed"
    )
    parser.add_argument("--python", help="a Python of Lambda's version, to compile with")
    parser.add_argument(
        "--without-bytecode", action="store_true", help="no Python of Lambda's version is needed"
    )
    return parser


def _described(archive: Path) -> str:
    content = archive.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{os.path.relpath(archive)}: {len(content):,} bytes, sha256 {digest}"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
