"""By which hosts and paths the WebSocket API is reached: its stage, and what is mapped to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from local_server.template import ApiMapping, Template


@dataclass(frozen=True)
class Addresses:
    """`paths` are the emulator's own, beside the stage's.

    On a mapped domain its keys alone count. Everywhere else all of them do: a laptop has one host.
    """

    stage: str
    paths: tuple[str, ...] = ()
    mappings: tuple[ApiMapping, ...] = ()

    @property
    def all_paths(self) -> tuple[str, ...]:
        return (f"/{self.stage}", *self.paths, *(_path(mapping) for mapping in self.mappings))

    def reach(self, host: str, path: str) -> bool:
        """`path` without its trailing slash, so that the root is empty."""
        here = self._mapped_at(host)
        return path in (_path(mapping) for mapping in here) if here else path in self.all_paths

    def manage(self, host: str, path: str) -> bool:
        """What stands before `/@connections`, without its slashes."""
        here = self._mapped_at(host)
        keys = [mapping.key for mapping in here or self.mappings]
        return path in (keys if here else (self.stage, *keys))

    def lower_headers(self, path: str) -> bool:
        """A key of several levels does so (developer guide, websocket-api-mappings)."""
        return any(_path(mapping) == path and "/" in mapping.key for mapping in self.mappings)

    def _mapped_at(self, host: str) -> Sequence[ApiMapping]:
        name = host.rpartition(":")[0] or host
        return [mapping for mapping in self.mappings if mapping.domain.lower() == name.lower()]


def addresses_of(template: Template) -> Addresses:
    paths, mappings = template.local.websocket_paths, template.websocket_stage.mappings
    return Addresses(template.stage, paths, mappings)


def _path(mapping: ApiMapping) -> str:
    return f"/{mapping.key}" if mapping.key else ""
