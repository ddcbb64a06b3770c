"""What nobody has seen AWS do: each setting does what it says, with the documented default."""

import re
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from local_server.assumptions import Assumptions
from local_server.gateway import IDLE_MS, LIFETIME_MS
from local_server.testing import Running, emulator
from tests.local_server.conftest import ECHO, echo_service

DOCUMENTED = Path(__file__).parents[2] / "docs" / "testing.md"
ALMOST_IDLE_S = IDLE_MS / 1000 - 1
OTHERWISE = """{assume: {plainGetStatus: 403, refusalHasBody: true, compression: true,
  pingResetsIdle: true, emptyBody: absent, deleteStatus: 200,
  idleReason: Connection idleTimeout, lifetimeReason: too old}}"""


@pytest.fixture(params=["by default", "otherwise"])
async def gw(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    default = request.param == "by default"
    template = ECHO / "serverless.yml" if default else echo_service(tmp_path, OTHERWISE)
    async with emulator(template) as running:
        running.is_default = default  # type: ignore[attr-defined]
        yield running


def chosen(gw: Running, default: object, otherwise: object) -> object:
    return default if gw.is_default else otherwise  # type: ignore[attr-defined]


def test_every_assumption_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| (`.*?`) \| (.*?) \|", DOCUMENTED.read_text(), re.MULTILINE)
    documented = {name: value for names, value in rows for name in re.findall(r"`(\w+)`", names)}
    for field in fields(Assumptions):
        first, *rest = field.name.split("_")
        name = first + "".join(word.capitalize() for word in rest)
        default = field.default
        text = str(default).lower() if isinstance(default, bool) else str(default)
        assert documented[name] == text


async def test_the_assumptions_hold__1_1_8__1_5_4__2_1_7__3_2_7__3_2_8__4_2(gw: Running) -> None:
    async with httpx.AsyncClient() as http:
        plain = await http.get(gw.websocket_url.replace("ws:", "http:"))
        assert plain.status_code == chosen(gw, 426, 403)

        empty = await gw.connect()
        await empty.send("")
        shown = await empty.receive()
        assert shown.get("body", "absent") == chosen(gw, "", "absent")

        path = f"@connections/{empty.connection_id.replace('=', '%3D')}"
        deleted = await http.delete(f"{gw.websocket_url.replace('ws:', 'http:')}/{path}")
        assert deleted.status_code == chosen(gw, 204, 200)

    pinging = await gw.connect()
    await gw.advance(ALMOST_IDLE_S)
    await (await pinging.connection.ping())
    await gw.advance(2)
    if gw.is_default:  # type: ignore[attr-defined]
        assert await pinging.closed() == (1001, "Going away")
    else:
        await gw.advance(ALMOST_IDLE_S)
        assert await pinging.closed() == (1001, "Connection idleTimeout")

    old = await gw.connect()
    for _ in range(int(LIFETIME_MS / 1000 / ALMOST_IDLE_S)):
        await gw.advance(ALMOST_IDLE_S)
        await old.send({"action": "echo"})
        await old.receive()
    await gw.advance(ALMOST_IDLE_S)
    assert await old.closed() == (1001, chosen(gw, "Going away", "too old"))
