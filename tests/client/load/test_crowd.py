import asyncio
import json

from client.handshake import TokenIn
from client.load.crowd import MARK, Crowd
from client.load.plan import Plan
from client.load.tally import Tally
from tests.client.in_memory import InMemoryGateway, Line
from tests.client.manual_time import ManualTime

PLAN = Plan(connections=3, ramp=3, topics=("load:r",), target="load:r", rate=1)
IN_QUERY: TokenIn = "query"


class Crowded:
    """Three connections on a ramp of three seconds, with two tokens between them."""

    def __init__(self) -> None:
        self.time, self.gateway, self.tally = ManualTime(), InMemoryGateway(), Tally()
        self.crowd = Crowd(
            PLAN,
            ["t1", "t2"],
            lambda token: self.gateway.open_socket("ws://x", token, IN_QUERY),
            self.tally,
            "r",
            self.time.clock,
            self.time.sleep,
        )
        self.staying = asyncio.create_task(self.crowd.stay())

    async def begin(self) -> None:
        await self.settle()
        self.time.advance(0)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(40):
            await asyncio.sleep(0)

    async def let_in(self) -> str:
        """The next one, which waits for its welcome for a tenth of a second. Its token."""
        await self.begin()
        token = self.gateway.accept()
        await self.settle()
        self.time.advance(0.1)
        (hello,) = self.line.from_client
        self.line.say_frame("welcome", id=hello["id"], connection_id="c", subscriptions=[])
        await self.settle()
        return token

    @property
    def line(self) -> Line:
        return self.gateway.lines[-1]

    async def leave(self) -> None:
        self.staying.cancel()
        await asyncio.gather(self.staying, return_exceptions=True)


async def test_connections_come_one_after_another_with_the_tokens_in_turn() -> None:
    crowd = Crowded()
    tokens, complete = [], []
    for number in range(3):
        await crowd.settle()
        crowd.time.advance(1 if number else 0)
        tokens.append(await crowd.let_in())
        assert crowd.tally.open == crowd.gateway.attempts == number + 1
        complete.append(crowd.crowd.complete.is_set())
    await crowd.leave()

    assert tokens == ["t1", "t2", "t1"]
    assert round(crowd.tally.connecting.percentile(50) or 0, 3) == 0.1
    assert not any(line.is_open for line in crowd.gateway.lines)
    assert crowd.tally.open == 3, "who was open to the end"
    assert complete == [False, False, True]


async def test_what_was_sent_by_this_load_is_timed() -> None:
    crowd = Crowded()
    await crowd.let_in()
    sent_at = crowd.time.clock()
    crowd.time.advance(0.5)
    marks = [{"run": "r", "sent_at": sent_at}, {"run": "of another", "sent_at": 0}, "odd"]
    for number, mark in enumerate(marks):
        crowd.line.say_notification("load:r", number, data={MARK: mark})
    await crowd.settle()
    await crowd.leave()

    assert crowd.tally.delivering.percentile(50) == 0.5
    assert (crowd.tally.received, crowd.tally.other) == (1, 2)


async def test_troubles_are_counted_and_cost_the_others_nothing() -> None:
    crowd = Crowded()
    await crowd.begin()
    crowd.gateway.refuse(401)
    await crowd.settle()
    crowd.time.advance(1)
    await crowd.settle()
    crowd.gateway.accept()
    crowd.line.say(json.dumps({"type": "error", "code": 4004, "fatal": True}))
    await crowd.settle()
    crowd.time.advance(1)
    await crowd.let_in()
    crowd.line.end(1006)
    await crowd.staying

    assert crowd.tally.errors == {
        "connecting: 4001 unauthorized": 1,
        "connecting: 4004 connection_limit": 1,
        "connection: the connection broke": 1,
    }
    assert crowd.tally.open == 0
    assert crowd.crowd.complete.is_set()
