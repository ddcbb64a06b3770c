"""What the emulator needs of the machine: a port, a store, a place for data, credentials."""

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from local_server.doctor.findings import Finding, ok, problem, warning
from local_server.doctor.installation import look_at_package
from local_server.errors import StoreError
from local_server.store import is_aws, plan_store
from local_server.stores.folder import check_folder
from local_server.stores.process import answers
from local_server.stores.programs import Program, store_warnings
from local_server.template import Template

# As requirements.txt has them; a test holds the two together.
REQUIREMENTS = {"ministack": "==1.5.33", "moto": ">=5.1,<6"}


def look_at_port(host: str, port: int) -> Finding:
    if port == 0:
        return ok("port", "a free one is taken at the start")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            text = f"cannot listen on {host}:{port}: {reason}"
            return problem("port", text, "stop what listens there, or take another: --port 0")
    return ok("port", f"{host}:{port} is free")


def look_at_store(
    choice: str, near: Path, data: Path | None, template: Template | None
) -> Iterator[Finding]:
    try:
        programs = plan_store(choice, near, data)
        if data is not None:
            check_folder(data)
    except StoreError as error:
        # It says itself what to do.
        yield problem("store", str(error))
        return
    if not programs:
        yield _url(choice)
    for program in programs:
        yield from _program(program)
    for text in store_warnings(programs, template):
        yield warning("store", text)
    yield look_at_credentials(choice, os.environ)


def _url(url: str) -> Finding:
    if answers(url, proxies=is_aws(url)):
        return ok("store", f"{url} answers")
    return problem("store", f"nothing answers at {url}", "start it, or leave --store out")


def _program(program: Program) -> Iterator[Finding]:
    if program.name in REQUIREMENTS:
        yield look_at_package(program.name, REQUIREMENTS[program.name])
    where = "in memory" if program.folder is None else f"in {program.folder}"
    yield ok("store", f"{program.name} holds the {program.holds} {where}")


def look_at_credentials(choice: str, environ: Mapping[str, str]) -> Finding:
    if not is_aws(choice):
        return ok("credentials", "handlers get made-up ones; your own stay in your shell")
    named = [key for key in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE") if environ.get(key)]
    if named:
        return warning("credentials", f"handlers act on AWS with yours ({named[0]})",
                       "see that it is an account for trying things")  # fmt: skip
    return problem("credentials", f"{choice} is AWS, and the shell names no credentials",
                   "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")  # fmt: skip
