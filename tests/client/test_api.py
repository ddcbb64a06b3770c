import json
import socket
from collections.abc import Callable
from itertools import count

import httpx
import pytest

from client.api import Api
from client.errors import ApiError, ProtocolError, Unreachable
from tests.client.scripted import HttpAnswer, ScriptedApi

Answer = Callable[[httpx.Request], httpx.Response]


def api_answering(answer: Answer, token: str = "t") -> Api:
    return Api("http://heliograph", token, transport=httpx.MockTransport(answer))


def says(status: int, body: object) -> Answer:
    return lambda request: httpx.Response(status, json=body)


class Recorder:
    """Answers all the same, and keeps what it was asked."""

    def __init__(self, status: int, body: object) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = says(status, body)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    @property
    def body(self) -> object:
        return json.loads(self.requests[-1].content)


async def test_login_over_a_real_socket() -> None:
    answer = {
        "access_token": "s3cret",
        "token_type": "bearer",
        "expires_in": 3600,
        "user": {"user_id": "alice", "roles": ["user"], "tenant": None},
    }
    async with (
        ScriptedApi({"POST /api/v1/auth/login": HttpAnswer(200, answer)}) as server,
        Api(server.url) as api,
    ):
        login = await api.login("alice", "pass")

    assert (login.access_token, login.expires_in, login.user.roles) == ("s3cret", 3600, ("user",))
    assert "s3cret" not in repr(login)
    assert server.requests[0].body == {"username": "alice", "password": "pass"}
    assert "authorization" not in server.requests[0].headers


async def test_send_leaves_out_what_is_not_given() -> None:
    server = Recorder(200, {"notification_id": "ntf_1", "status": "stored", "results": []})

    async with api_answering(server) as api:
        sent = await api.send("alice", "Approved")

    assert (sent.notification_id, sent.status, sent.results) == ("ntf_1", "stored", ())
    assert server.body == {
        "user_id": "alice",
        "notification_type": "message",
        "title": "Approved",
        "message": "",
    }
    assert server.requests[0].headers["authorization"] == "Bearer t"


async def test_send_says_all_that_is_given() -> None:
    receipt = {"user_id": "alice", "seq": 7, "connections": 2, "delivered": 1, "gone": 1}
    server = Recorder(200, {"status": "partially_delivered", "results": [receipt]})

    async with api_answering(server) as api:
        sent = await api.send(
            ["alice", "bob"],
            "Approved",
            message="Loan #12",
            notification_type="loan",
            priority="high",
            data={"loan_id": 12},
            ttl_seconds=60,
            persist=False,
            exclude_connections=["c-1"],
        )

    assert (sent.results[0].seq, sent.results[0].gone) == (7, 1)
    assert server.body == {
        "user_ids": ["alice", "bob"],
        "notification_type": "loan",
        "title": "Approved",
        "message": "Loan #12",
        "priority": "high",
        "data": {"loan_id": 12},
        "ttl_seconds": 60,
        "persist": False,
        "exclude_connections": ["c-1"],
    }


async def test_broadcast_that_is_done() -> None:
    server = Recorder(200, {"pattern": "orders:*", "recipients": 3, "delivered": 2, "gone": 1})

    async with api_answering(server) as api:
        done = await api.broadcast("orders:*", "Sale", persist="none", exclude_user_ids=["bob"])

    assert (done.recipients, done.delivered, done.gone, done.broadcast_id) == (3, 2, 1, None)
    assert server.body == {
        "pattern": "orders:*",
        "notification_type": "message",
        "title": "Sale",
        "message": "",
        "persist": "none",
        "exclude_user_ids": ["bob"],
    }


async def test_broadcast_that_is_queued() -> None:
    answer = {"pattern": "*", "broadcast_id": "bc_1", "estimated_recipients": 90_000}

    async with api_answering(says(202, answer)) as api:
        queued = await api.broadcast("*", "Hello")

    assert (queued.broadcast_id, queued.recipients) == ("bc_1", 90_000)


async def test_stats_keep_numbers_that_this_client_does_not_know() -> None:
    answer = {"websocket_connections": 3, "counters": {"sent": 9}, "moon_phase": 0.5}

    async with api_answering(says(200, answer)) as api:
        stats = await api.stats()

    assert (stats.websocket_connections, stats.counters["sent"]) == (3, 9)
    assert stats.body["moon_phase"] == 0.5


async def test_me() -> None:
    answer = {"user_id": "alice", "roles": ["user"], "tenant": "t1"}

    async with api_answering(says(200, answer)) as api:
        me = await api.me()

    assert (me.user_id, me.roles, me.tenant) == ("alice", ("user",), "t1")


async def test_a_problem_is_typed() -> None:
    problem = {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "title: required",
        "code": 4422,
        "request_id": "r-1",
    }

    async with api_answering(says(422, problem)) as api:
        with pytest.raises(ApiError) as raised:
            await api.send("alice", "")

    error = raised.value
    assert (error.status, error.code, error.detail) == (422, 4422, "title: required")
    assert (error.request_id, error.temporary) == ("r-1", False)


async def test_what_the_gateway_itself_says_is_a_problem_too() -> None:
    async with api_answering(says(503, {"message": "Service Unavailable"})) as api:
        with pytest.raises(ApiError) as raised:
            await api.stats()

    assert str(raised.value) == "4503 unavailable: Service Unavailable"
    assert raised.value.temporary


async def test_a_page_of_a_proxy_is_a_problem_with_its_status() -> None:
    async with api_answering(lambda _: httpx.Response(502, html="<h1>Bad</h1>")) as api:
        with pytest.raises(ApiError, match="Bad Gateway"):
            await api.stats()


async def test_retry_after_is_kept() -> None:
    answer = httpx.Response(429, json={"detail": "slow down"}, headers={"Retry-After": "7"})

    async with api_answering(lambda _: answer) as api:
        with pytest.raises(ApiError) as raised:
            await api.stats()

    assert raised.value.retry_after == 7


@pytest.mark.parametrize("content", ["[]", "not json", ""])
async def test_an_answer_that_is_not_an_object_breaks_the_protocol(content: str) -> None:
    async with api_answering(lambda _: httpx.Response(200, text=content)) as api:
        with pytest.raises(ProtocolError):
            await api.stats()


async def test_a_stale_token_is_renewed_once() -> None:
    tokens = count(1)
    server = Recorder(401, {"detail": "Authentication failed", "code": 4001})
    api = Api(
        "http://heliograph", lambda: f"t{next(tokens)}", transport=httpx.MockTransport(server)
    )

    async with api:
        with pytest.raises(ApiError, match="4001 unauthorized"):
            await api.me()

    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer t1", "Bearer t2"]


async def test_a_token_that_cannot_be_renewed_is_tried_once() -> None:
    server = Recorder(401, {"detail": "Authentication failed"})

    async with api_answering(server) as api:
        with pytest.raises(ApiError):
            await api.me()

    assert len(server.requests) == 1


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    async with Api(url) as api:
        with pytest.raises(Unreachable, match=url):
            await api.stats()


async def test_no_answer_in_time() -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    async with api_answering(late) as api:
        with pytest.raises(Unreachable, match="no answer"):
            await api.stats()


async def test_no_connection_in_time() -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("late", request=request)

    async with api_answering(late) as api:
        with pytest.raises(Unreachable, match="no connection within 5 s"):
            await api.stats()


def test_a_base_url_is_checked() -> None:
    with pytest.raises(ValueError, match="not a URL"):
        Api("127.0.0.1:3001")


async def test_an_inbox_is_asked_for_page_by_page() -> None:
    server = Recorder(200, {"entries": [], "counts": {"unread": 1}})

    async with api_answering(server) as api:
        page = await api.inbox("unread", limit=10, cursor="a b&c")

    assert page.counts.unread == 1
    assert dict(server.requests[0].url.params) == {
        "status": "unread",
        "limit": "10",
        "cursor": "a b&c",
    }


async def test_marks() -> None:
    server = Recorder(200, {"count": 2, "unread": 0})

    async with api_answering(server) as api:
        assert (await api.mark(["n1", "n2"], "archived")).count == 2
        assert server.body == {"ids": ["n1", "n2"], "state": "archived"}
        await api.mark_all("read")
        assert server.body == {"state": "read"}
        await api.mark_all("seen", before="2026-01-31T12:00:00.000Z")
        assert server.body == {"state": "seen", "before": "2026-01-31T12:00:00.000Z"}

    paths = [request.url.path for request in server.requests]
    assert paths == ["/api/v1/inbox/mark", "/api/v1/inbox/mark-all", "/api/v1/inbox/mark-all"]


async def test_presence_of_users_and_of_a_topic() -> None:
    server = Recorder(200, {"users": [{"user_id": "bob", "online": True}], "count": 1})

    async with api_answering(server) as api:
        assert (await api.presence("alice", "bob")).users["bob"].online
        assert (await api.topic_presence("room:1")).count == 1

    first, second = server.requests
    assert dict(first.url.params) == {"user_ids": "alice,bob"}
    assert second.url.path == "/api/v1/presence/topics/room:1"


async def test_a_history_goes_on_where_the_last_page_ended() -> None:
    server = Recorder(200, {"entries": [{"id": "n1"}], "epoch": "e", "seq": 8, "has_more": True})

    async with api_answering(server) as api:
        page = await api.history("orders:*", after_seq=7, limit=1)

    assert page.position is not None
    assert (page.position.seq, page.entries[0].id) == (8, "n1")
    assert server.requests[0].url.path == "/api/v1/history/orders:*"
    assert dict(server.requests[0].url.params) == {"after_seq": "7", "limit": "1"}


async def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    server = Recorder(200, {})

    async with api_answering(server) as api:
        await api.topic_presence("../../admin?x=1")

    assert server.requests[0].url.raw_path == b"/api/v1/presence/topics/..%2F..%2Fadmin%3Fx%3D1"


async def test_accounts_are_made_and_removed() -> None:
    server = Recorder(201, {"user_id": "eve", "roles": ["user"]})
    async with api_answering(server) as api:
        user = await api.create_user("eve", "long enough", roles=["user"])
    assert user.user_id == "eve"
    assert server.body == {"username": "eve", "password": "long enough", "roles": ["user"]}

    async with api_answering(lambda _: httpx.Response(204)) as api:
        await api.delete_user("eve")
