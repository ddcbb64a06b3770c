"""Faults in a running emulator: who is struck, and what the client and the handler see of it."""

import json
from collections.abc import AsyncIterator

import pytest

from local_server.testing import Fault, FaultKind, Refused, Running, emulator
from tests.local_server.conftest import ECHO


@pytest.fixture
async def gw() -> AsyncIterator[Running]:
    async with emulator(ECHO / "serverless.yml", seed=7) as running:
        yield running


async def heard(gw: Running, function: str) -> list[int]:
    """The statuses that `say` heard of its own posts."""
    answers = [one.answer for one in gw.invocations if one.function == function]
    return [json.loads(answer or "{}")["statusCode"] for answer in answers]


async def settled(gw: Running, function: str, times: int) -> None:
    """Returns once the function has ended so often."""
    socket = await gw.connect()
    while len([one for one in gw.invocations if one.function == function]) < times:
        await socket.send({"action": "echo"})
        await socket.receive()
    await socket.close()


@pytest.mark.parametrize(
    ("kind", "status", "arrives"),
    [
        (FaultKind.POST_GONE, 410, False),
        (FaultKind.POST_THROTTLED, 429, False),
        (FaultKind.POST_FAILED, 500, False),
        (FaultKind.POST_LOST, 200, False),
        (FaultKind.POST_MISREPORTED, 410, True),
    ],
)
async def test_posts_go_wrong_for_the_chosen_connection_alone__4_10__4_11(
    gw: Running, kind: FaultKind, status: int, arrives: bool
) -> None:
    struck, spared = await gw.connect(), await gw.connect()
    gw.faults.add(Fault(kind, connection=struck.connection_id))
    for socket in (struck, spared):
        await socket.send({"action": "say"})
    assert await spared.receive() == {"action": "say"}
    await settled(gw, "say", 2)
    assert sorted(await heard(gw, "say")) == sorted([200, status])
    assert [frame.text for frame in struck.frames if frame.direction == "out"] == (
        ['{"action": "say"}'] if arrives else []
    )


async def test_a_delayed_post_arrives_late_and_once(gw: Running) -> None:
    socket = await gw.connect()
    gw.faults.add(Fault(FaultKind.POST_DELAYED, delay_ms=20, times=1))
    await socket.send({"action": "say"})
    assert await socket.receive() == {"action": "say"}
    await settled(gw, "say", 1)
    assert len(gw.posts) == 1


async def test_a_lost_disconnect_is_never_invoked__5_1(gw: Running) -> None:
    lost, kept = await gw.connect(), await gw.connect()
    gw.faults.add(Fault(FaultKind.DISCONNECT_LOST, connection=lost.connection_id))
    await lost.close()
    await kept.close()
    await settled(gw, "disconnect", 1)
    told = [one.event["requestContext"] for one in gw.invocations if one.function == "disconnect"]
    assert kept.connection_id in [context["connectionId"] for context in told]
    assert lost.connection_id not in [context["connectionId"] for context in told]


async def test_a_killed_worker_is_an_internal_error_and_the_next_one_works(gw: Running) -> None:
    socket = await gw.connect()
    gw.faults.add(Fault(FaultKind.WORKER_KILLED, function="echo", times=1))
    await socket.send({"action": "echo"})
    assert (await socket.receive())["message"] == "Internal server error"
    await socket.send({"action": "echo"})
    assert await socket.receive() == {"action": "echo"}


async def test_a_function_that_may_not_be_invoked_is_a_500_and_an_error_frame__1_2_7__2_3_3(
    gw: Running,
) -> None:
    socket = await gw.connect()
    gw.faults.add(Fault(FaultKind.FUNCTION_FORBIDDEN, times=1))
    with pytest.raises(Refused) as refusal:
        await gw.connect()
    gw.faults.add(Fault(FaultKind.FUNCTION_FORBIDDEN, route="echo"))
    await socket.send({"action": "echo"})
    assert (await socket.receive())["message"] == "Internal server error"
    assert refusal.value.status == 500


async def test_a_throttled_function_is_an_internal_error__2_3_5(gw: Running) -> None:
    socket = await gw.connect()
    gw.faults.add(Fault(FaultKind.FUNCTION_THROTTLED, function="echo", times=1))
    await socket.send({"action": "echo"})
    assert (await socket.receive())["message"] == "Internal server error"


async def test_a_failing_gateway_closes_with_1011__2_2_5(gw: Running) -> None:
    socket = await gw.connect()
    gw.faults.add(Fault(FaultKind.CONNECTION_FAILED, connection=socket.connection_id))
    await socket.send({"action": "echo"})
    assert (await socket.closed())[0] == 1011
    assert [closing.code for closing in gw.closings] == [1011]


async def test_a_seed_repeats_a_whole_run() -> None:
    async def run() -> list[str]:
        async with emulator(ECHO / "serverless.yml", seed=11) as gw, await gw.connect() as socket:
            gw.faults.add(Fault(FaultKind.WORKER_KILLED, function="echo", probability=0.4))
            answers = []
            for _ in range(12):
                await socket.send({"action": "echo"})
                answers.append((await socket.receive()).get("message", "echoed"))
            return answers

    first = await run()
    assert {"echoed", "Internal server error"} == set(first)
    assert await run() == first
