"""What all functions of one emulator share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_server.clock import Clock
from local_server.environment import WEBSOCKET_API_ID, api_host
from local_server.faults import Faults
from local_server.ids import RandomBytes
from local_server.journal import Journal, closed_journal
from local_server.tasks import Tasks
from local_server.template import ACCOUNT, Function

# Beyond it events wait. Not Lambda's limit, a thousand in an account, but a laptop's.
WORKERS_PER_FUNCTION = 100
# How long Lambda keeps an idle sandbox is not documented; minutes, as is observed.
IDLE_S = 300.0


@dataclass(frozen=True)
class Runtime:
    """`environment` is asked anew for each sandbox."""

    root: Path
    region: str
    environment: Callable[[Function], Mapping[str, str]]
    random_bytes: RandomBytes
    workers_per_function: int = WORKERS_PER_FUNCTION
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    tasks: Tasks = field(default_factory=Tasks)
    # On which the WebSocket API is in the cloud, beside its own.
    domains: tuple[str, ...] = ()
    journal: Journal = field(default_factory=closed_journal)

    @property
    def api_hosts(self) -> list[str]:
        """Where handlers may think the WebSocket API is."""
        return [api_host(WEBSOCKET_API_ID, self.region), *self.domains]

    def context(self, function: Function) -> dict[str, Any]:
        """What LambdaContext does not find in the environment."""
        name = function.deployed_name
        return {
            "invoked_function_arn": f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{name}",
            "timeout_ms": int(function.timeout_s * 1000),
        }
