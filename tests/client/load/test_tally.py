from client.errors import ConnectionLost, Refused, Unreachable
from client.load.tally import Tally, kind_of


def test_the_same_trouble_is_counted_together() -> None:
    tally = Tally()
    for message in ("you hold 20", "you hold 20 already"):
        tally.failure("connecting", Refused(4004, message))
    tally.failure("send", Unreachable("ws://x?token=secret", "connection refused"))

    assert tally.errors == {
        "connecting: 4004 connection_limit": 2,
        "send: unreachable (connection refused)": 1,
    }
    assert tally.failed == 3


def test_who_is_lost_is_open_no_more() -> None:
    tally = Tally()
    tally.opened(0.1)
    tally.opened(0.3)
    tally.lost(ConnectionLost("the connection broke"))

    assert (tally.connected, tally.open, tally.failed) == (2, 1, 1)
    assert tally.connecting.percentile(100) == 0.3


def test_a_kind_has_words() -> None:
    assert kind_of(ConnectionLost("the connection broke")) == "the connection broke"
