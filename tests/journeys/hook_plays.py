"""Scenarios of tests/scenarios.json as the emulator plays them, each under its name there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from websockets.sync.client import connect

from local_server.testing import FaultKind
from tests.journeys.emulated import Emulated
from tests.journeys.hook import CLOSED, OPEN

Play = Callable[[Emulated], None]

PLAYS: dict[str, Play] = {}
# The browser's clock is turned far in these, and the server takes its own time: on a busy machine
# the clock is turned past an answer that is on its way. They are for a quiet one (make soak).
RACES: set[str] = set()


def scenario(name: str, *, races: bool = False) -> Callable[[Play], Play]:
    def noted(play: Play) -> Play:
        assert name not in PLAYS
        PLAYS[name] = play
        if races:
            RACES.add(name)
        return play

    return noted


# Opening and closing


@scenario("the first connect says hello and is welcome")
def _(it: Emulated) -> None:
    it.begin("orders:*")
    it.expect("state", is_="idle")
    it.pull("open")
    it.expect("state", is_="connected")
    it.has_said("hello", protocol=1, topics=["orders:*"], resume={})
    it.expect("tokens", asked=1)
    it.expect("attempts", number=1)


@scenario("what its owner closes stays closed", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.pull("close")
    it.expect("state", is_="disconnected")
    it.later(120_000)
    it.expect("attempts", number=1)


@scenario("closing while it connects", races=True)
def _(it: Emulated) -> None:
    it.lose(it.open)
    it.expect("state", is_="connecting")
    it.pull("close")
    it.expect("state", is_="disconnected")
    it.later(120_000)
    it.expect("attempts", number=1)


@scenario("closing while it waits for its next try", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.drop()
    it.expect("state", is_="recovering")
    it.pull("close")
    it.expect("state", is_="disconnected")
    it.later(120_000)
    it.expect("attempts", number=1)


# Trouble


@scenario("a server that hangs up before the welcome is tried again")
def _(it: Emulated) -> None:
    failed = it.fail(FaultKind.CONNECTION_FAILED)
    it.open()
    failed()
    it.come_back(500)


@scenario("a welcome that does not come is not waited for for ever", races=True)
def _(it: Emulated) -> None:
    killed = it.fail(FaultKind.WORKER_KILLED, function="message")
    it.open()
    killed()
    it.expect("state", is_="connecting")
    it.later(30_000)
    it.come_back(500)


@scenario("close 1001 leads to recovering", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.service.running.advance_now(10 * 60 + 1)  # nothing was said for so long
    it.come_back(500)
    it.expect("tokens", asked=2)


@scenario("the back-off grows to a minute")
def _(it: Emulated) -> None:
    refused = it.fail(FaultKind.FUNCTION_THROTTLED, function="connect", times=8)
    it.open()
    for ms in (500, 1000, 2000, 4000, 8000, 16_000, 30_000):
        it.expect("delay", ms=ms)
        it.later(ms)
    refused()
    it.expect("attempts", number=8)
    it.come_back(30_000)


@scenario("thirty seconds of connection reset the back-off", races=True)
def _(it: Emulated) -> None:
    it.fail(FaultKind.FUNCTION_FORBIDDEN, function="connect", times=2)
    it.open()
    it.expect("delay", ms=500)
    it.later(500)
    it.come_back(1000)
    it.later(30_000)
    it.drop()
    it.come_back(500)


@scenario("a connection that is lost at once does not reset the back-off", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.drop()
    it.come_back(500)
    it.later(20_000)
    it.drop()
    it.come_back(1000)


# Refusals


@scenario("4001 asks for another token once, and then stops", races=True)
def _(it: Emulated) -> None:
    it.open(tokens=(it.token(-60), "worthless"))
    it.expect("delay", ms=0)
    it.later(0)
    it.expect("state", is_="refused")
    it.expect("error", code=4001)
    it.later(600_000)
    it.expect("tokens", asked=2)
    it.expect("attempts", number=2)


@scenario("a new token after 4001 may be let in")
def _(it: Emulated) -> None:
    it.open(tokens=(it.token(-60), it.token()))
    it.come_back(0)


@scenario("4002 reconnects at once with another token", races=True)
def _(it: Emulated) -> None:
    topic = f"orders:{it.name}"
    it.connect(topic, tokens=(it.token(60), it.token()))
    it.service.running.advance_now(125)  # the sweep comes every minute
    it.come_back(0)
    it.expect("tokens", asked=2)
    it.tell(topic, "Packed")
    it.hears("Packed")


@scenario("4003 stops", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.throw_out()
    it.expect("state", is_="refused")
    it.expect("error", code=4003)
    it.later(600_000)
    it.expect("tokens", asked=1)
    it.expect("attempts", number=1)


@scenario("4004 stops", races=True)
def _(it: Emulated) -> None:
    url = f"{it.service.running.websocket_url}?token={it.token()}"
    with ExitStack() as others:
        for _ in range(3):
            others.enter_context(connect(url))
        it.open()
        it.expect("state", is_="refused")
        it.expect("error", code=4004)
        it.later(600_000)
        it.expect("attempts", number=1)


def is_sent_away(it: Emulated, least_ms: int, below_ms: int) -> None:
    """And comes back: everybody is given another time to."""
    it.throw_out(revoke_tokens=False)
    it.expect("state", is_="recovering")
    it.until(
        lambda seen: seen.delay is not None and least_ms <= seen.delay < below_ms,
        lambda seen: f"expected a delay of {least_ms} to {below_ms} ms, found {seen.delay}",
    )
    it.later(below_ms)
    it.expect("state", is_="connected")


@scenario("4200 reconnects now, after after_ms")
def _(it: Emulated) -> None:
    it.connect()
    is_sent_away(it, 0, 3000)


@scenario("a rollover right after a rollover backs off")
def _(it: Emulated) -> None:
    it.connect()
    is_sent_away(it, 0, 3000)
    is_sent_away(it, 500, 3500)


# Topics


@scenario("topics are subscribed again after a reconnect")
def _(it: Emulated) -> None:
    orders, *builds = (f"{topic}:{it.name}" for topic in ("orders", "build1", "build2"))
    it.connect(orders)
    it.pull("subscribe", builds)
    it.answered(3)
    it.pull("unsubscribe", builds[:1])
    it.answered(4)
    it.drop()
    it.come_back(500)
    it.has_said("hello", topics=[orders, builds[1]])
    for topic in (builds[0], builds[1], orders):
        it.tell(topic, topic)
    it.hears(builds[1], orders)


@scenario("one refused topic does not cost the others")
def _(it: Emulated) -> None:
    one, other = (f"{topic}:{it.name}" for topic in ("build1", "build2"))
    it.connect()
    it.pull("subscribe", [one, "user:bob", other])
    it.expect("refusals", codes=[4403])
    for topic in (one, other):
        it.tell(topic, topic)
    it.hears(one, other)
    it.expect("state", is_="connected")


@scenario("a topic that a hello is refused is told, and the connection goes on")
def _(it: Emulated) -> None:
    it.connect(f"build:{it.name}", "user:bob")
    it.expect("refusals", codes=[4403])
    it.tell(f"build:{it.name}", "Built")
    it.hears("Built")


@scenario("a subscription that was on its way when the connection broke is made on the next")
def _(it: Emulated) -> None:
    topic = f"build:{it.name}"
    it.connect()
    it.fail(FaultKind.CONNECTION_FAILED)
    it.pull("subscribe", [topic])
    it.come_back(500)
    it.has_said("subscribe", topics=[topic])
    it.answered(2)
    it.tell(topic, "Built")
    it.hears("Built")


# Streams


@scenario("positions are given back and what was missed comes once, in order")
def _(it: Emulated) -> None:
    it.connect()
    it.send("one", "two")
    it.hears("one", "two")
    it.fail(FaultKind.DISCONNECT_LOST)  # the service goes on posting to it
    it.drop()
    it.expect("state", is_="recovering")
    it.send("three", "four")
    it.come_back(500)
    it.send("five")
    it.hears("one", "two", "three", "four", "five")


@scenario("what comes out of order is handed over in order")
def _(it: Emulated) -> None:
    it.connect()
    it.send("one")
    it.hears("one")
    delayed = it.fail(FaultKind.POST_DELAYED, delay_ms=500)
    with ThreadPoolExecutor() as threads:
        late = threads.submit(it.send, "two")
        delayed()
        it.send("three")
        late.result()
    it.hears("one", "two", "three")


@scenario("streams do not wait for each other")
def _(it: Emulated) -> None:
    a, b = f"a:{it.name}", f"b:{it.name}"
    it.connect(a, b)
    it.lose(lambda: it.tell(a, "a1"))
    it.tell(a, "a2")
    it.tell(b, "b1")
    it.hears("b1")
    it.later(1000)
    it.hears("b1", "a1", "a2")


@scenario("a hole is filled by a replay")
def _(it: Emulated) -> None:
    it.connect()
    it.send("one")
    it.lose(lambda: it.send("two"))
    it.send("three")
    it.hears("one")
    it.later(1000)
    it.hears("one", "two", "three")
    it.send("four")
    it.hears("one", "two", "three", "four")


@scenario("a hole that nobody was meant to fill is no gap")
def _(it: Emulated) -> None:
    topic = f"orders:{it.name}"
    it.connect(topic)
    it.tell(topic, "for others", exclude_user_ids=[it.name])
    it.tell(topic, "for all")
    it.hears()
    it.later(1000)
    it.hears("for all")
    it.expect("gaps", are=[])


@scenario("a hole that cannot be asked about holds nothing back", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.send("one")
    it.lose(lambda: it.send("two"))
    it.send("three")
    it.hears("one")
    killed = it.fail(FaultKind.WORKER_KILLED, function="message")
    it.later(1000)
    killed()
    it.later(30_000)  # no answer: it hands over what it has, and asks again within a second
    it.later(1000)
    it.hears("one", "three", "two")
    it.send("four")
    it.hears("one", "three", "two", "four")


@scenario("what was not stored has no place in a stream")
def _(it: Emulated) -> None:
    topic = f"orders:{it.name}"
    it.connect(topic)
    it.lose(lambda: it.tell(topic, "one"))
    it.tell(topic, "two")
    it.tell(topic, "typing", persist="none")
    it.hears("typing")
    it.later(1000)
    it.hears("typing", "one", "two")


# Time


@scenario("a silent server is pinged, and left if it does not answer", races=True)
def _(it: Emulated) -> None:
    it.connect()
    it.later(540_000)
    it.answered(2)
    it.lose(lambda: it.later(540_000))
    it.expect("state", is_="connected")
    it.later(30_000)
    it.come_back(500)


def grow_old(it: Emulated) -> None:
    """Two hours but for a while, with a ping every nine minutes: time for a successor."""
    for pings in range(1, 13):
        it.later(540_000)
        it.answered(1 + pings)
    it.expect("attempts", number=1)
    it.later(7_200_000 - 12 * 540_000 - 225_000)


def is_succeeded(it: Emulated, *states: int) -> None:
    it.until(lambda seen: [each["readyState"] for each in seen.sockets] == [*states], str)
    it.expect("state", is_="connected")


@scenario("before a connection's time is over another takes its place", races=True)
def _(it: Emulated) -> None:
    it.connect()
    grow_old(it)
    is_succeeded(it, CLOSED, OPEN)
    it.send("one")
    it.hears("one")


@scenario("a successor that is refused costs nothing, and another is tried", races=True)
def _(it: Emulated) -> None:
    it.connect()
    throttled = it.fail(FaultKind.FUNCTION_THROTTLED, function="connect")
    grow_old(it)
    throttled()
    is_succeeded(it, OPEN, CLOSED)
    it.lose(lambda: it.send("one"))
    it.later(75_000)
    is_succeeded(it, CLOSED, CLOSED, OPEN)
    it.hears("one")


@scenario("an open connection is given a new token before its own ends", races=True)
def _(it: Emulated) -> None:
    it.connect(tokens=(it.token(200), it.token()))
    it.service.running.advance_now(125)
    it.expect("tokens", asked=2)
    it.answered(3)  # of the hello, that it is about to end, and of the auth
    it.service.running.advance_now(125)
    it.send("later")
    it.hears("later")
    it.expect("attempts", number=1)
