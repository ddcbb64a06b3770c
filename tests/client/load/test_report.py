from client.errors import Refused
from client.load.plan import Plan
from client.load.report import progress_line, summary, summary_words
from client.load.tally import Tally


def measured() -> Tally:
    tally = Tally()
    tally.tried = 3
    for seconds in (0.1, 0.2):
        tally.opened(seconds)
    tally.failure("connecting", Refused(4004, "too many"))
    tally.sent, tally.sending = 4, 2.0
    tally.arrived(1.5)
    return tally


QUIET = Plan(connections=3, ramp=1, topics=(), target="a")
LOUD = Plan(connections=3, ramp=1, topics=(), target="a", rate=2)


def test_a_line_while_it_runs() -> None:
    assert progress_line(QUIET, Tally(), 2.4) == "2 s, 0 of 3 connected"
    assert progress_line(LOUD, measured(), 2.4) == (
        "2 s, 2 of 3 connected, 4 sent, 1 received, p50 1500 ms, 1 failed"
    )


def test_the_summary_for_people() -> None:
    assert summary_words(LOUD, measured(), 3).splitlines() == [
        "3.0 s",
        "",
        "connections tried  3",
        "opened             2",
        "open at the end    2",
        "sent               4",
        "received           1",
        "",
        "ms                   p50      p95      p99      max",
        "connect            100.0    200.0    200.0    200.0",
        "send to receipt  1,500.0  1,500.0  1,500.0  1,500.0",
        "",
        "2.0 sent and 0.5 received a second",
        "",
        "errors",
        "connecting: 4004 connection_limit  1",
    ]


def test_what_was_not_measured_is_not_zero() -> None:
    assert summary_words(QUIET, Tally(), 3).splitlines()[-1].split() == ["connect", *"----"]


def test_the_summary_for_a_script() -> None:
    numbers = summary(LOUD, measured(), 3.04)

    assert numbers["seconds"] == 3.0
    assert numbers["connections"] == {"asked": 3, "tried": 3, "opened": 2, "open": 2}
    assert numbers["delivery_ms"] == {"p50": 1500, "p95": 1500, "p99": 1500, "max": 1500}
    assert (numbers["sent_per_second"], numbers["received_per_second"]) == (2, 0.5)
    assert numbers["errors"] == {"connecting: 4004 connection_limit": 1}
