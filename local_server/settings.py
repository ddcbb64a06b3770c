"""What an emulator is told before it starts."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from local_server.clock import Clock
from local_server.faults import Faults
from local_server.gateway import INTEGRATION_TIMEOUT_S as WEBSOCKET_TIMEOUT_S
from local_server.http_api import INTEGRATION_TIMEOUT_S as HTTP_TIMEOUT_S
from local_server.ids import RandomBytes
from local_server.journal import Journal


@dataclass(frozen=True)
class Settings:
    """`port` 0 takes a free one. `store` is ministack, moto, dynoxide or a URL.

    Tables and queues outlive a stop in the directory `data`.
    """

    template: Path
    stage: str = "local"
    host: str = "127.0.0.1"
    port: int = 0
    store: str = "ministack"
    data: Path | None = None
    region: str | None = None
    clock: Clock = field(default_factory=Clock)
    random_bytes: RandomBytes = os.urandom
    faults: Faults = field(default_factory=Faults)
    journal: Journal | None = None
    verify_signatures: bool = False
    freeze: bool = True
    in_process: bool = False
    reload: bool = False
    websocket_timeout_s: float = WEBSOCKET_TIMEOUT_S
    http_timeout_s: float = HTTP_TIMEOUT_S
    disconnect_grace_s: float = 1.5
