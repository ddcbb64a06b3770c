"""What the parts of one emulator have in common."""

import os

from local_server.clock import Clock
from local_server.shared import Shared
from local_server.tasks import Tasks


def test_two_emulators_share_no_faults_and_no_quotas() -> None:
    first, second = (Shared(Clock(), os.urandom, Tasks()) for _ in range(2))
    assert first.faults is not second.faults
    assert first.throttle is not second.throttle


def test_nothing_is_noted_unless_somebody_looks() -> None:
    journal = Shared(Clock(), os.urandom, Tasks()).journal
    assert (journal.is_open, journal.is_detailed) == (False, False)
