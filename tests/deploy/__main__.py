"""`python -m tests.deploy`: a stand-in for AWS on 127.0.0.1, until Ctrl-C.

It is empty at first and forgets everything when it ends. Its functions run on this machine, so it
is for Linux on x86_64. Who comes with the credentials `test` and `test` may do everything, and a
function what its role allows.
"""

import argparse
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.package import PackageError
from infra.package.bytecode import find_python
from infra.stages import STAND_IN, read_stage
from tests.deploy.process import REGION, StandIn, make_python

PORT = 4566


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if it was ended by Ctrl-C, 2 if it could not be started."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return _complain("the stand-in's functions are for Linux on x86_64")
    try:
        python = find_python(read_stage(STAND_IN).python)
    except PackageError as error:
        return _complain(str(error))
    with tempfile.TemporaryDirectory(prefix="stand-in-") as folder:
        return _run(Path(folder), python, options.port)


def _run(folder: Path, python: Path, port: int) -> int:
    started = StandIn(make_python(folder, python), folder, port)
    try:
        started.wait_until_ready()
        print(_directions(started), flush=True)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except AssertionError as error:
        return _complain(f"the stand-in did not start:\n{error}")
    finally:
        started.stop()


def _directions(started: StandIn) -> str:
    names = ("AWS_ENDPOINT_URL", "STAND_IN_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    variables = " ".join(f"{name}={started.environment[name]}" for name in names)
    return (
        f"A stand-in for AWS is at {started.url}, until Ctrl-C. In another terminal, here:\n\n"
        f"export {variables} NO_PROXY=127.0.0.1\n"
        f"export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}\n"
        f"stage={STAND_IN}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.deploy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"default: {PORT}")
    return parser


def _complain(problem: str) -> int:
    print(f"tests.deploy: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
