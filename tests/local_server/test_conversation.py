"""The bound on the frames in flight, through a real socket."""

import asyncio
import json

from websockets.asyncio.client import ClientConnection

from local_server.conversation import FRAMES_IN_FLIGHT


async def test_more_frames_than_may_be_in_flight_are_all_answered__5_10(
    socket: ClientConnection,
) -> None:
    total = 2 * FRAMES_IN_FLIGHT + 1

    async def send() -> None:
        for number in range(total):
            await socket.send(json.dumps({"kind": "ask", "number": number}))

    sending = asyncio.ensure_future(send())
    answers = [json.loads(json.loads(await socket.recv())["body"]) for _ in range(total)]
    await sending
    assert sorted(answer["number"] for answer in answers) == list(range(total))
