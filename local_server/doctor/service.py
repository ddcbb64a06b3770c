"""What the template says, looked at as a start would, and further than the first problem."""

import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local_server.doctor.findings import Finding, ok, problem, warning
from local_server.errors import TemplateError
from local_server.template import Template
from local_server.template.document import Block, read_document

_RESERVED = ("/ping", "/sping")
_CHANGE = "change it, or leave it out of the service at this stage"


def look_at_problems(errors: Sequence[TemplateError]) -> Iterator[Finding]:
    """Every unsupported thing by file and line."""
    for error in errors:
        yield problem("template", str(error), _CHANGE)


def look_at_warnings(template: Template, doubts: Sequence[str]) -> Iterator[Finding]:
    """What is left out, and what AWS would think of the rest."""
    for text in template.warnings:
        yield warning("template", text, "nothing, if handlers do without it here")
    for text in doubts:
        yield warning("template", text)


def summary(template: Template) -> Finding:
    counts = {
        "functions": len(template.functions),
        "WebSocket routes": len(template.websocket_routes),
        "HTTP routes": len(template.http_routes),
        "event sources": len(template.sources),
        "tables and queues": len(template.resources),
    }
    counted = ", ".join(f"{noun}: {count}" for noun, count in counts.items() if count)
    return ok("template", f"{template.file.name} is {template.service}. {counted}".rstrip())


def look_at_reserved_paths(template: Template) -> Iterator[Finding]:
    """They are served here (developer guide, api-gateway-known-issues)."""
    for route in template.http_routes:
        if route.path in _RESERVED:
            text = (
                f"{route.key}: API Gateway keeps {route.path} for its own health check; "
                "on a custom domain the route may not be reached"
            )
            yield warning("routes", text, "give it another path, such as /healthz")


def look_at_runtimes(template: Template, here: tuple[int, ...]) -> Finding:
    present = f"python{here[0]}.{here[1]}"
    others = sorted({one.runtime for one in template.functions.values()} - {present})
    if not others:
        return ok("runtime", f"handlers run on {present}")
    return warning("runtime", f"handlers run on {present} here, and on {', '.join(others)} at AWS",
                   "nothing, unless they use what only one of them has")  # fmt: skip


def look_at_stage(file: Path, stage: str) -> Finding:
    try:
        document = read_document(file)
    except TemplateError:
        document = None
    if not isinstance(document, Block):
        return warning("stage", f"{stage}: the template cannot be read")
    return _stage(document, stage)


def _stage(document: Block, stage: str) -> Finding:
    known = sorted((_keys(document, "params") | _keys(document, "stages")) - {"default"})
    if stage in known:
        return ok("stage", f"{stage} has params of its own")
    if known:
        text = f"there are no params for {stage}, only for {', '.join(known)}"
        return warning("stage", text, f"--stage {known[0]}, or params.{stage} in the template")
    declared = _provider_stage(document)
    if declared is not None and declared != stage:
        text = f"{stage} is played, the template says {declared}"
        return warning("stage", text, f"--stage {declared}, if names should be as there")
    return ok("stage", f"{stage} is played")


def _keys(document: Block, section: str) -> set[str]:
    value = document.get(section)
    return set(value) if isinstance(value, Block) else set()


def _provider_stage(document: Block) -> str | None:
    """A literal one; a variable takes what it is given."""
    provider = document.get("provider")
    stage: Any = provider.get("stage") if isinstance(provider, Block) else None
    return stage if isinstance(stage, str) and "${" not in stage else None


def look_at_on_start(template: Template) -> Iterator[Finding]:
    """It has the PATH of the shell."""
    command = template.local.on_start
    words = shlex.split(command) if command else []
    if not words:
        return
    if words[0] in ("python", "python3") or shutil.which(_from(template.root, words[0])):
        yield ok("onStart", f"{command} can be run")
    else:
        yield problem("onStart", f"{command}: there is no command {words[0]}",
                      "install it, name it by its path, or start with --no-on-start")  # fmt: skip


def _from(root: Path, word: str) -> str:
    """It is run in the folder of the template; a word without a slash is looked for on the PATH."""
    return str(root / word) if "/" in word else word
