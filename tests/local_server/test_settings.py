"""What holds if nothing is said."""

from pathlib import Path

from local_server.gateway import INTEGRATION_TIMEOUT_S
from local_server.settings import Settings

FILE = Path("serverless.yml")


def test_nobody_else_on_the_network_is_served_unless_asked_for() -> None:
    assert Settings(FILE).host == "127.0.0.1"


def test_timeouts_are_the_gateways_own__1_4_8__6_6() -> None:
    settings = Settings(FILE)
    assert settings.websocket_timeout_s == INTEGRATION_TIMEOUT_S == 29
    assert settings.http_timeout_s == 30


def test_two_emulators_share_neither_clock_nor_faults() -> None:
    first, second = Settings(FILE), Settings(FILE)
    assert first.clock is not second.clock
    assert first.faults is not second.faults
