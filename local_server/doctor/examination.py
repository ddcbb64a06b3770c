"""The whole examination, once the packages it needs are known to be there."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_server.doctor.findings import Finding
from local_server.doctor.handlers import import_handlers, look_at_handlers
from local_server.doctor.resolution import Resolution, resolve
from local_server.doctor.service import (
    look_at_on_start,
    look_at_problems,
    look_at_reserved_paths,
    look_at_runtimes,
    look_at_stage,
    look_at_warnings,
    summary,
)
from local_server.doctor.surroundings import look_at_port, look_at_store
from local_server.template import Template
from local_server.template.checking import check_template


@dataclass(frozen=True)
class Question:
    """What the emulator would be started with. `imports`: whether to import the handlers."""

    template: Path
    stage: str = "local"
    region: str | None = None
    host: str = "127.0.0.1"
    port: int = 3001
    store: str = "ministack"
    data: Path | None = None
    imports: bool = False


def examine(question: Question) -> Iterator[Finding]:
    """Starts nothing that stays and creates nothing."""
    checked = check_template(question.template, stage=question.stage, region=question.region)
    yield from look_at_problems(checked.problems)
    if (template := checked.template) is not None:
        resolution = resolve(template)
        yield from look_at_problems(resolution.errors)
        if not checked.problems and not resolution.errors:
            yield summary(template)
        yield from look_at_warnings(template, resolution.warnings)
        yield from _service(template, question, resolution)
    yield look_at_stage(question.template, question.stage)
    yield look_at_port(question.host, question.port)
    near = question.template.resolve().parent
    yield from look_at_store(question.store, near, question.data, checked.template)


def _service(template: Template, question: Question, resolution: Resolution) -> Iterator[Finding]:
    yield look_at_runtimes(template, sys.version_info[:2])
    yield from look_at_reserved_paths(template)
    yield from look_at_handlers(template)
    if question.imports:
        yield from import_handlers(template, resolution.environments)
    yield from look_at_on_start(template)
