"""Command lines against scripted servers."""

from typing import Any

from client.arguments import parse
from client.cli import run
from tests.client.scripted import HttpAnswer, HttpRequest, Peer, ScriptedApi, ScriptedGateway
from tests.client.terminals import FakeTerminal

LOGIN = HttpAnswer(
    200,
    {
        "access_token": "s3cret",
        "token_type": "bearer",
        "expires_in": 3600,
        "user": {"user_id": "alice", "roles": ["user"], "tenant": None},
    },
)
UNAUTHORIZED = HttpAnswer(
    401,
    {"title": "Unauthorized", "status": 401, "detail": "Authentication failed", "code": 4001},
)
NOTIFICATION: dict[str, Any] = {
    "id": "ntf_1",
    "title": "Approved",
    "message": "Loan #12 approved",
    "priority": "high",
    "topic": "user:alice",
    "sender": {"id": "bob", "roles": []},
    "timestamp": "2026-01-31T12:00:01.000Z",
}


async def run_line(line: list[str], fake: FakeTerminal) -> int:
    return await run(parse(line, fake.terminal.env), fake.terminal)


async def ask(
    path: str, answer: HttpAnswer, line: list[str], fake: FakeTerminal
) -> tuple[int, HttpRequest]:
    async with ScriptedApi({path: answer}) as server:
        status = await run_line(["--url", server.url, "--token", "t", *line], fake)
    return status, server.requests[-1]


async def listen(script: Any, line: list[str], fake: FakeTerminal) -> int:
    async with ScriptedGateway(script) as gateway:
        return await run_line(["--url", gateway.url, "--token", "t", "listen", *line], fake)


async def sends_one(peer: Peer) -> None:
    await peer.welcome()
    await peer.send("notification", **NOTIFICATION)
    await peer.stay()
