"""The emulator's own API: the clock, faults, connections, and who may not."""

import json
from typing import Any

import pytest

from local_server.clock import Clock
from local_server.control import Control
from local_server.errors import (
    EventTooLarge,
    FunctionError,
    FunctionRaised,
    FunctionThrottled,
    FunctionUnknown,
)
from local_server.events.websocket import Peer
from local_server.faults import Fault, FaultKind, Faults
from local_server.gateway import Registry
from local_server.ids import ConnectionId
from local_server.management import ManagedPath
from local_server.requests import Request
from local_server.responses import Response
from local_server.shared import Shared
from local_server.stored import Wanted
from local_server.tasks import Tasks


class Api:
    """What the control API asks of the WebSocket API."""

    def __init__(self) -> None:
        self.registry = Registry()

    def counts(self, _: ConnectionId) -> dict[str, int]:
        return {"messages_in": 3, "messages_out": 4}


class Management:
    """Keeps what is asked of @connections."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ManagedPath, bytes]] = []

    async def handle(self, request: Request, path: ManagedPath) -> Response:
        self.asked.append((request.method, path, request.body))
        return Response(410)


class Stored:
    """A store with one table and one queue."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, Wanted]] = []

    async def tables(self) -> list[dict[str, Any]]:
        return [{"name": "t"}]

    async def queues(self) -> list[dict[str, Any]]:
        return [{"name": "q"}]

    async def items(self, table: str, wanted: Wanted) -> dict[str, Any]:
        self.wanted.append((table, wanted))
        return {"items": [], "after": None}


OVERVIEW = {
    "service": "s",
    "stage": "dev",
    "functions": ["f"],
    "websocket_routes": [{"key": "say"}],
    "http_routes": [{"key": "GET /"}],
}


class Setup:
    def __init__(self) -> None:
        self.clock = Clock(lambda: 1_700_000_000_000_000_000)
        self.faults = Faults(seed=5)
        self.api = Api()
        self.management = Management()
        self.stored = Stored()
        shared = Shared(self.clock, bytes, Tasks(), faults=self.faults)
        self.invoked: list[Any] = []
        self.answer: str | FunctionError = '{"a": 1}'
        self.control = Control(
            self.api,  # type: ignore[arg-type]
            shared,
            self.advance,
            self.invoke,
            overview=OVERVIEW,
            management=self.management,  # type: ignore[arg-type]
            stored=self.stored,  # type: ignore[arg-type]
        )

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def invoke(self, function: str, event: Any) -> str:
        self.invoked.append((function, event))
        if isinstance(self.answer, FunctionError):
            raise self.answer
        return self.answer

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {"Host": "127.0.0.1:3001", "Content-Type": "application/json", **headers}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        pairs = tuple((name.replace("_", "-"), value) for name, value in sent.items())
        path, _, query = path.partition("?")
        request = Request(method, f"/_local/{path}", query, pairs, raw, "127.0.0.1", 3001)
        return await self.control.handle(request)


@pytest.fixture
def setup() -> Setup:
    return Setup()


async def test_the_clock_is_shown_and_moved(setup: Setup) -> None:
    moved = await setup.ask("POST", "clock", {"advance": 600})
    assert json.loads(moved.body) == {"now": 1_700_000_600_000, "ahead_ms": 600_000}
    assert (await setup.ask("GET", "clock")).body == moved.body


async def test_faults_are_added_listed_and_taken_away(setup: Setup) -> None:
    wanted = {"kind": "post-gone", "connection": "c", "times": 2}
    added = await setup.ask("POST", "faults", wanted)
    assert (added.status, json.loads(added.body)) == (201, {"number": 1})
    assert setup.faults.in_force() == {1: Fault(FaultKind.POST_GONE, connection="c", times=2)}
    listed = json.loads((await setup.ask("GET", "faults")).body)
    assert listed["seed"] == 5
    assert {**wanted, "number": 1, "strikes": 0}.items() <= listed["faults"][0].items()
    assert (await setup.ask("DELETE", "faults/1")).status == 204
    assert (await setup.ask("DELETE", "faults/1")).status == 404
    await setup.ask("POST", "faults", wanted)
    assert (await setup.ask("DELETE", "faults")).status == 204
    assert setup.faults.in_force() == {}


async def test_open_connections_are_listed(setup: Setup) -> None:
    now = setup.clock.now()
    for name in ("opened", "connecting"):
        peer = Peer(ConnectionId(name), now, "h", "127.0.0.1", None, "api", "dev")
        setup.api.registry.connecting(peer)
    setup.api.registry.opened(ConnectionId("opened"))
    rows = json.loads((await setup.ask("GET", "connections")).body)["connections"]
    assert [row["connection_id"] for row in rows] == ["opened"]
    assert (rows[0]["messages_in"], rows[0]["messages_out"]) == (3, 4)


async def test_a_connection_is_posted_to_and_closed_as_by_the_service(setup: Setup) -> None:
    posted = await setup.ask("POST", "connections/abc%3D", {"text": "hi"})
    assert posted.status == 410
    await setup.ask("DELETE", "connections/abc%3D", b"")
    path = ManagedPath("dev", "abc=")
    assert setup.management.asked == [("POST", path, b"hi"), ("DELETE", path, b"")]


async def test_the_service_its_tables_and_queues_are_told(setup: Setup) -> None:
    for what, told in (
        ("service", OVERVIEW),
        ("tables", {"tables": [{"name": "t"}]}),
        ("queues", {"queues": [{"name": "q"}]}),
    ):
        assert json.loads((await setup.ask("GET", what)).body) == told


async def test_items_are_asked_for_by_the_words_of_the_query(setup: Setup) -> None:
    answer = await setup.ask("GET", "tables/t?hash=a&limit=5")
    assert json.loads(answer.body) == {"items": [], "after": None}
    assert setup.stored.wanted == [("t", Wanted(hash="a", limit=5))]


async def test_a_function_is_invoked_and_its_result_is_the_answer(setup: Setup) -> None:
    for body, event in (({"b": 2}, {"b": 2}), (b"", {}), (b"null", None)):
        answer = await setup.ask("POST", "functions/my-f/invocations", body)
        assert (answer.status, answer.body) == (200, b'{"a": 1}')
        assert setup.invoked.pop() == ("my-f", event)
        assert "X-Amz-Function-Error" not in dict(answer.headers)


async def test_what_a_function_raised_is_told_as_lambda_tells_it(setup: Setup) -> None:
    setup.answer = FunctionRaised("ValueError", "no", ("line",))
    answer = await setup.ask("POST", "functions/f/invocations", {})
    assert (answer.status, dict(answer.headers)["X-Amz-Function-Error"]) == (200, "Unhandled")
    assert json.loads(answer.body) == {
        "errorType": "ValueError",
        "errorMessage": "no",
        "stackTrace": ["line"],
    }


@pytest.mark.parametrize(
    ("error", "status"), [(FunctionUnknown, 404), (EventTooLarge, 413), (FunctionThrottled, 429)]
)
async def test_what_never_ran_is_refused_with_lambdas_status(
    setup: Setup, error: type[FunctionError], status: int
) -> None:
    setup.answer = error("Kind", "why")
    answer = await setup.ask("POST", "functions/f/invocations", {})
    assert (answer.status, json.loads(answer.body)) == (status, {"error": "Kind: why"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("PUT", "clock", {}, 404),
        ("GET", "clock/1", None, 404),
        ("DELETE", "faults/x", None, 404),
        ("POST", "clock", {}, 422),
        ("POST", "clock", {"advance": -1}, 422),
        ("POST", "clock", {"advance": 1e300}, 422),
        ("POST", "clock", {"advance": "1"}, 422),
        ("POST", "clock", b"\xff", 422),
        ("POST", "clock", b"[" * 100_000, 422),
        ("GET", "functions/f/invocations", None, 404),
        ("POST", "functions/f/others", {}, 404),
        ("POST", "connections/c", {"text": 1}, 422),
        ("GET", "tables/t?limit=0", None, 422),
        ("GET", "tables/t?limit=x", None, 422),
        ("GET", "tables/t?other=x", None, 422),
        ("POST", "functions/f", {}, 404),
        ("POST", "functions/f/invocations", b"{", 422),
        ("POST", "faults", {"kind": "unknown"}, 422),
        ("POST", "faults", {"kind": "post-gone", "probability": 2}, 422),
        ("POST", "faults", {"kind": "post-gone", "conection": "c"}, 422),
        ("POST", "faults", {"kind": "post-gone", "function": "f"}, 422),
        ("POST", "faults", {"kind": "cold-start", "function": "unknown"}, 422),
        ("POST", "faults", {"kind": "cold-start", "route": "unknown"}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    setup: Setup, method: str, path: str, body: Any, status: int
) -> None:
    refused = await setup.ask(method, path, body)
    assert refused.status == status
    assert json.loads(refused.body)["error"]
    assert setup.clock.ahead_ms == 0
    assert setup.faults.in_force() == {}
    assert setup.invoked == []


async def test_a_page_of_another_site_may_neither_move_nor_invoke(setup: Setup) -> None:
    for path in ("clock", "functions/f/invocations"):
        refused = await setup.ask("POST", path, {"advance": 1}, Origin="http://evil.example")
        assert refused.status == 403
    assert setup.invoked == []
    assert (
        await setup.ask("POST", "clock", {"advance": 1}, Content_Type="text/plain")
    ).status == 415
    same = await setup.ask("POST", "clock", {"advance": 1}, Origin="http://127.0.0.1:3001")
    assert same.status == 200
