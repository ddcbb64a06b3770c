"""What a service consists of, for the inspector: functions, routes, sources and pages."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local_server.addresses import addresses_of
from local_server.faults import FaultKind
from local_server.routes import NoHttpRoute, match_route
from local_server.template import Template


def overview(template: Template, pages: Sequence[str], run: str) -> dict[str, Any]:
    """As JSON. `pages` are the folders of pages beside the inspector."""
    return {
        "service": template.service,
        "stage": template.stage,
        "region": template.region,
        "template": _near(template.file),
        "run": run,
        "pages": list(pages),
        "fault_kinds": [kind.value for kind in FaultKind],
        "functions": list(template.functions),
        "websocket_paths": list(addresses_of(template).all_paths),
        "selection_expression": template.selection_expression,
        "websocket_routes": [
            {"key": key, "target": route.target} for key, route in template.websocket_routes.items()
        ],
        "http_routes": [
            {"key": route.key, "target": route.function} for route in template.http_routes
        ],
        "sources": [{"key": source.key, "target": source.function} for source in template.sources],
    }


def has_root(template: Template) -> bool:
    """Whether `/` is the service's own."""
    try:
        match_route(template.http_routes, "GET", "/")
    except NoHttpRoute:
        return False
    return True


def _near(file: Path) -> str:
    """As it is written where the emulator was started, and where its tests are run."""
    path = file.absolute()
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
