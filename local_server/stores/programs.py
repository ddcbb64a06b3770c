"""The programs that hold tables and queues: how each is run, and what it keeps."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local_server import leash
from local_server.errors import StoreError
from local_server.stores.dynoxide import doubts, find_dynoxide, package_of
from local_server.template import ACCOUNT, Resource, Template
from local_server.template.resources import TABLE

CHOICES = ("ministack", "moto", "dynoxide")
MINISTACK = "ministack==1.5.33"
# With it a request to ministack takes half the time that it does with the server that ministack
# starts by itself.
UVICORN = "uvicorn>=0.34,<1"
KEEP_ALIVE_S = 75  # longer than SDKs keep a connection that they do not use
MOTO = "moto[server,dynamodb,sqs,ssm]"
_PORT = "{port}"
_SERVED = (
    *("--host", "127.0.0.1", "--port", _PORT),
    # It would look for modules where the emulator was started, in front of everything else.
    *("--app-dir", os.devnull),
    *("--timeout-keep-alive", str(KEEP_ALIVE_S)),
    # Who waits for a message would hold it up for 20 s when it is told to end, and to write.
    *("--timeout-graceful-shutdown", "1"),
    *("--no-access-log", "--log-level", "warning"),
)


@dataclass(frozen=True)
class Program:
    """One process of a store. `{port}` stands for the port in its words and variables.

    `folder` is where it keeps what it holds, None if it forgets. One that `survives_kill` has
    written by the time it answers; another one writes when it is told to end. One that `sweeps`
    removes rows whose time to live is over. One that `follows_clock` can be told what time it is.
    """

    name: str
    holds: str
    words: tuple[str, ...]
    health: str
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    survives_kill: bool = False
    sweeps: bool = True
    follows_clock: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def loss(self) -> str:
        """What it means that it has ended."""
        if self.folder is None:
            return f"its {self.holds} are gone"
        if self.survives_kill:
            return f"its {self.holds} are kept in {self.folder}"
        return f"{self.folder} has its {self.holds} as they were when the emulator started"

    def command(self, port: int) -> list[str]:
        return [word.replace(_PORT, str(port)) for word in self.words]

    def environment(self, port: int) -> dict[str, str]:
        return {key: value.replace(_PORT, str(port)) for key, value in self.variables.items()}


def choose_programs(choice: str, near: Path, folder: Path | None) -> tuple[Program, ...]:
    """The first holds the tables, the last the queues. Raises StoreError."""
    if choice == "ministack":
        return (ministack("tables and queues", folder),)
    if choice == "moto":
        return (moto(folder),)
    if choice == "dynoxide":
        beside = ministack("queues", folder)
        return dynoxide(find_dynoxide(near, package_of()), folder), beside
    raise StoreError(f"--store takes {', '.join(CHOICES)} or a URL, not {choice!r}")


def ministack(holds: str, folder: Path | None) -> Program:
    _check_installed("ministack", MINISTACK)
    _check_installed("uvicorn", UVICORN)
    kept = {} if folder is None else {"PERSIST_STATE": "1", "STATE_DIR": str(folder / "ministack")}
    return Program(
        name="ministack",
        holds=holds,
        words=(*_on_leash(), "uvicorn", "ministack.app:app", *_SERVED),
        health="/_ministack/health",
        # Its defaults open ports for SFTP and MQTT.
        variables={
            # Not GATEWAY_PORT: its queues go by that, and would be others on another port.
            "EDGE_PORT": _PORT,
            "LAMBDA_EXECUTOR": "local",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "COGNITO_EMAIL_ENABLED": "false",
            **kept,
        },
        folder=folder,
        follows_clock=True,
    )


def moto(folder: Path | None) -> Program:
    if folder is not None:
        raise StoreError("--data: moto forgets everything when it stops; ministack can keep it")
    _check_installed("moto", MOTO)
    return Program(
        name="moto",
        holds="tables and queues",
        words=(*_on_leash(), "moto.server", "-H", "127.0.0.1", "-p", _PORT),
        health="/moto-api/",
        variables={"MOTO_ACCOUNT_ID": ACCOUNT},
        follows_clock=True,
    )


def dynoxide(binary: Path, folder: Path | None) -> Program:
    kept = () if folder is None else ("--db-path", str(folder / "dynoxide.sqlite"))
    arguments = ("serve", "--host", "127.0.0.1", "--port", _PORT, *kept)
    return Program(
        name="dynoxide",
        holds="tables",
        words=(*_on_leash(), leash.COMMAND, str(binary), *arguments),
        health="/",
        folder=folder,
        survives_kill=folder is not None,
        sweeps=False,
        warnings=doubts(binary),
    )


def store_warnings(programs: Sequence[Program], template: Template | None) -> list[str]:
    """What a user of these programs for this template should know."""
    texts = [text for program in programs for text in program.warnings]
    late = [program.name for program in programs[:1] if not program.sweeps]
    if late and template is not None and any(map(_has_ttl, template.resources.values())):
        texts.append(
            f"{late[0]} does not remove rows whose time to live is over; handlers must look at it "
            "themselves, as at AWS, where such rows stay for up to days"
        )
    texts += [
        f"{program.name} writes {program.folder} when it is stopped, not when it is killed"
        for program in programs
        if program.folder is not None and not program.survives_kill
    ]
    return texts


def _has_ttl(resource: Resource) -> bool:
    return resource.kind == TABLE and "TimeToLiveSpecification" in resource.properties


def _on_leash() -> tuple[str, ...]:
    return sys.executable, "-P", str(Path(leash.__file__))


def _check_installed(module: str, requirement: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise StoreError(f"{module} is not installed: pip install '{requirement}'")
