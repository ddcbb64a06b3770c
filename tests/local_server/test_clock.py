"""The system's clock."""

import time

from local_server.clock import SystemClock


def test_it_counts_milliseconds_since_the_epoch() -> None:
    before = time.time() * 1000
    assert before - 1 <= SystemClock().now() <= time.time() * 1000 + 1
