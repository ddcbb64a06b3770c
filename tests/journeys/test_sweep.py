"""What API Gateway never told, found by the sweep."""

import asyncio

from local_server.testing import Fault, FaultKind
from tests.journeys.conftest import running_service, say

# The functions keep the machine's time, so the connection is made older instead: it was opened 16
# minutes ago, and its probe is due.
AGE = """
import sys
from dataclasses import replace
from infra import wiring
from infra.stores.deadlines import DynamoDeadlines
from infra.tables import ConnectionRow
from notify.deadlines import MINUTE_MS, next_deadline
who, now, deadlines = sys.argv[1], wiring.clock(), DynamoDeadlines()
connection = wiring.connections().get(who)
opened_at = connection.connected_at
ConnectionRow(who).update([ConnectionRow.connected_at.set(now - 16 * MINUTE_MS)])
deadlines.drop([next_deadline(connection, opened_at, wiring.settings().probe_minutes * MINUTE_MS)])
deadlines.put([replace(next_deadline(connection, now, 0), at=now - 2 * MINUTE_MS)])
deadlines.finish(now // MINUTE_MS - 3)
"""


async def test_a_connection_whose_disconnect_was_lost_is_swept() -> None:
    with running_service() as heliograph:
        heliograph.running.faults.add(Fault(FaultKind.DISCONNECT_LOST))
        _, token = heliograph.user("member")
        async with heliograph.connect(token) as socket:
            lost = (await say(socket, type="hello"))["connection_id"]
        _, other = heliograph.user()
        async with heliograph.connect(other) as socket:
            here = (await say(socket, type="hello"))["connection_id"]
            assert heliograph.stats()["websocket_connections"] == 2
            for connection in (lost, here):
                heliograph.python("-c", AGE, connection)
            await heliograph.running.advance(60)
            async with asyncio.timeout(30):
                while (stats := heliograph.stats())["websocket_connections"] != 1:
                    await asyncio.sleep(0.05)
    assert (stats["user_connections"], stats["topics"]) == (1, 2)
