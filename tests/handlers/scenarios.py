"""Each function taken through everything for which it needs a permission of its own.

That is more than what usually happens: connections that are gone or whose tokens have run out,
first tries that died, heads that lag behind their streams, topics that are full.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from handlers import (
    batch,
    broadcast,
    broadcast_job,
    deliver,
    disconnect,
    disconnect_user,
    documents,
    health,
    history,
    inbox,
    later,
    login,
    logout,
    me,
    presence,
    refresh,
    refuse,
    scheduled,
    scheduler,
    send,
    stats,
    sweep,
    ticket,
    users,
)
from infra import wiring
from infra.stores.counts import members_counter
from infra.stores.deadlines import DynamoDeadlines
from infra.stores.recounts import DynamoRecounts
from infra.stores.subscriptions import DynamoSubscriptions
from infra.stores.timetable import DynamoTimetable
from infra.stores.users import DynamoUsers
from infra.tables import (
    AttemptRow,
    ConnectionRow,
    CounterRow,
    ScheduledRow,
    SightingRow,
    TopicRow,
)
from infra.wiring.accounts import accounts
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.connections import connections
from notify.deadlines import MINUTE_MS
from notify.deliveries import RESERVE_MS
from notify.jobs import JoinJob, LaterJob, LeaveJob, RetryJob, RevokeJob, ScheduledJob, encode_job
from notify.model import Connection, ConnectionId, Pattern, Username, timestamp
from notify.parts import Announcement, BroadcastJob, Shard
from notify.ports import Deadline
from notify.topics import implicit_topics, root
from tests import events
from tests.handlers.conftest import PASSWORD, Service, answer
from tests.infra.stores.calls import before
from tests.rows import everything

SAID = {"notification_type": "n", "title": "t", "message": "m"}
ROOM, ROOMS = Pattern("room:1"), Pattern("room:*")
SEND = "POST /api/v1/notifications/send-realtime"
BROADCAST = "POST /api/v1/notifications/broadcast"
BATCH = "POST /api/v1/notifications/batch"
PLENTY = events.LambdaContext(remaining_ms=2 * RESERVE_MS)

Scenario = Callable[[Service], None]


def _ask(
    service: Service,
    module: Any,
    route: str,
    body: object = None,
    *,
    by: str = "root",
    key: str | None = None,
    path: dict[str, str] | None = None,
) -> Any:
    """What the function behind the route answers to one of root's, an admin's, requests."""
    roles = ("admin",) if by == "root" else ()
    event = events.request(route, body, service.token(by, *roles), path)
    if key is not None:
        event["headers"]["idempotency-key"] = key
    response = module.handler(event, events.CONTEXT)
    return answer(response) if "body" in response else None


def _cold() -> None:
    """The function of the next call has just started, and asks for what it keeps."""
    wiring.reset()


# What functions come upon


def _crowd(service: Service, token: str | None = None) -> None:
    """Connections of alice's in room:1, one of each kind that a fan-out meets."""
    now = wiring.clock()
    principal = accounts().authenticate(token or service.token("alice"))
    for kind in ("open", "gone", "stale", "expired"):
        is_over = kind in ("stale", "expired")
        bearer = replace(principal, token_expires_at=now - 1) if is_over else principal
        # Of the last topic it is the only one.
        topics = frozenset({*implicit_topics(bearer), ROOM, Pattern(f"room:{kind}")})
        opened = Connection(ConnectionId(kind), bearer, now - MINUTE_MS, topics)
        connections().open(opened)
        service.gateway.open.add(kind)
    service.gateway.open.discard("gone")
    # It has been given another token since.
    until = ConnectionRow.token_expires_at.set(principal.token_expires_at)
    ConnectionRow("stale").update([until])


def _lag(*streams: str) -> None:
    """A crash has left the heads of streams behind what is stored in them."""
    for stream in map(Pattern, streams):
        TopicRow(root(stream), stream).update([TopicRow.seq.set(0)])


def _fill(topic: Pattern) -> None:
    """Its shard takes one member more and is full."""
    CounterRow(members_counter(topic), 0).update([CounterRow.value.set(4999)])


def _ghost() -> None:
    """Somebody was announced in room:1 and is not there."""
    SightingRow(ROOM, "ghost", version="v", told=True, expires_at=wiring.clock()).save()


def _kill_first_tries() -> None:
    """They died between their writes and their answers."""
    for row in everything(AttemptRow):
        row.update(
            [
                AttemptRow.answer.remove(),
                AttemptRow.status.remove(),
                AttemptRow.lease_until.set(0),
            ]
        )


def _queue_everything() -> None:
    """Even a broadcast to a few is the queue's work. (The fixture puts it back.)"""
    os.environ["INLINE_RECIPIENTS"] = "0"
    wiring.reset()


def _queue_without_message(name: str, created_at: int) -> None:
    """The call that queued a broadcast died in front of its last step."""
    job = BroadcastJob(name, Username("root"), ROOM, "ntf_1", created_at, None, 1, 1)
    broadcast_jobs().begin(job, Announcement("{}", frozenset()))


# WebSocket routes


def connect(service: Service) -> None:
    _crowd(service)
    issued = _ask(service, ticket, "POST /api/v1/auth/ws-ticket", by="bob")
    service.connect("refused", None)
    _cold()
    _fill(Pattern("role:manager"))
    service.connect("bobs", issued["ticket"])
    service.connect("refused", issued["ticket"])
    service.connect("bobs too", service.token("bob", "manager"))
    # One takes the place of the one that is gone; for another there is none.
    for name in ("fifth", "sixth"):
        service.connect(name, service.token("alice"))

    def disable_and_close() -> None:
        route, path = "PATCH /api/v1/admin/users/{username}", {"username": "bob"}
        _ask(service, users, route, {"disabled": True}, path=path)
        connections().close(ConnectionId("late"))

    with before("BatchWriteItem", "subscriptions", disable_and_close):
        service.connect("late", service.token("bob"))


def message(service: Service) -> None:
    for name in ("one", "two"):
        service.connect(name, service.token("alice"))
    sent = _ask(service, send, SEND, {"user_id": "alice", **SAID})
    _crowd(service)
    _ghost()
    _cold()
    position = {"epoch": "x", "seq": 0}
    service.say("one", {"type": "hello", "topics": ["orders:*"], "resume": {"general": position}})
    _fill(Pattern("new:topic"))
    service.say("one", {"type": "subscribe", "topics": [ROOM, "new:topic"]})
    service.say("one", {"type": "presence", "topic": ROOM})
    service.say("one", {"type": "mark", "ids": [sent["notification_id"]], "state": "read"})
    service.say("one", {"type": "ack", "stream": "user:alice", "seq": 1})
    service.say("one", {"type": "unsubscribe", "topics": [ROOM]})
    service.say("one", {"type": "auth", "token": service.token("alice", seconds=600)})
    service.say("never let in", {"type": "ping"})
    service.say("two", {"type": "hello", "protocol": 9})


def disconnected(service: Service) -> None:
    service.connect("one", service.token("alice"))
    service.say("one", {"type": "subscribe", "topics": [ROOM]})
    disconnect.handler(events.disconnect("one"), events.CONTEXT)


# HTTP routes


def _log_in(password: str = PASSWORD) -> Any:
    body = {"username": "alice", "password": password}
    return answer(login.handler(events.request("POST /api/v1/auth/login", body), events.CONTEXT))


def logged_in(_: Service) -> None:
    _cold()
    _log_in("wrong")
    _log_in()


def refreshed(service: Service) -> None:
    first = _log_in()
    _crowd(service, first["access_token"])
    _cold()
    for _ in range(2):  # the second time it is a stolen one
        body = {"refresh_token": first["refresh_token"]}
        refresh.handler(events.request("POST /api/v1/auth/refresh", body), events.CONTEXT)


def logged_out(service: Service) -> None:
    token = _log_in()["access_token"]
    _crowd(service, token)
    _cold()
    logout.handler(events.request("POST /api/v1/auth/logout", token=token), events.CONTEXT)


def ticketed(service: Service) -> None:
    _cold()
    _ask(service, ticket, "POST /api/v1/auth/ws-ticket")


def who_am_i(service: Service) -> None:
    _cold()
    _ask(service, me, "GET /api/v1/auth/me")


def counted(service: Service) -> None:
    _crowd(service)
    _queue_everything()
    _ask(service, broadcast, BROADCAST, {"pattern": ROOM, **SAID})
    _cold()
    _ask(service, stats, "GET /api/v1/notifications/stats")


def _published(service: Service, module: Any, route: str, *requests: Mapping[str, object]) -> None:
    """What may become of requests: each has a key, and all are made together of a batch."""

    def ask(key: str, **fields: object) -> None:
        bodies = [{**one, **fields} for one in requests]
        body = {"messages": bodies} if module is batch else bodies[0]
        _ask(service, module, route, body, key=key)

    at = timestamp(wiring.clock() + 10 * MINUTE_MS)
    ask("now")
    _lag("user:alice", ROOMS)
    ask("behind-the-head")
    ask("often")
    ask("at-a-time", schedule_at=at)
    _kill_first_tries()
    ask("now")
    ask("at-a-time", schedule_at=at)


def sent(service: Service) -> None:
    _crowd(service)
    _cold()
    _published(service, send, SEND, {"user_id": "alice", **SAID})
    _ask(service, send, SEND, {"user_id": "nobody", **SAID}, key="refused")


def broadcasted(service: Service) -> None:
    _crowd(service)
    _cold()
    _published(service, broadcast, BROADCAST, {"pattern": ROOMS, **SAID})
    large = {"pattern": ROOM, **SAID, "data": {"x": 29_000 * "x"}}
    _ask(service, broadcast, BROADCAST, large, key="refused")
    _queue_everything()
    _ask(service, broadcast, BROADCAST, {"pattern": ROOM, **SAID})


def batched(service: Service) -> None:
    _crowd(service)
    _cold()
    one, all_of_them = {"user_id": "alice", **SAID}, {"pattern": ROOMS, **SAID}
    _published(service, batch, BATCH, one, all_of_them)
    many = {"user_ids": [f"u{number}" for number in range(100)], **SAID}
    _ask(service, batch, BATCH, {"messages": 6 * [many]}, key="refused")
    _queue_everything()
    _ask(service, batch, BATCH, {"messages": [{"pattern": ROOM, **SAID}]})


def marked(service: Service) -> None:
    _ask(service, send, SEND, {"user_id": "alice", **SAID})
    notification = _ask(service, send, SEND, {"user_id": "alice", **SAID})["notification_id"]
    _crowd(service)
    _cold()
    _ask(service, inbox, "GET /api/v1/inbox", by="alice")
    body = {"ids": [notification], "state": "read"}
    _ask(service, inbox, "POST /api/v1/inbox/mark", body, by="alice")
    _ask(service, inbox, "POST /api/v1/inbox/mark-all", {"state": "read"}, by="alice")


def remembered(service: Service) -> None:
    _ask(service, broadcast, BROADCAST, {"pattern": "news", **SAID})
    _lag("news")
    _cold()
    _ask(service, history, "GET /api/v1/history/{topic}", path={"topic": "news"})


def followed(service: Service) -> None:
    _crowd(service)
    _queue_everything()
    queued = _ask(service, broadcast, BROADCAST, {"pattern": ROOM, **SAID})
    _cold()
    for method in ("GET", "DELETE"):
        route = f"{method} /api/v1/notifications/broadcasts/{{id}}"
        _ask(service, broadcast_job, route, path={"id": queued["broadcast_id"]})


def called_off(service: Service) -> None:
    body = {"user_id": "alice", **SAID, "schedule_at": timestamp(wiring.clock() + 10 * MINUTE_MS)}
    path = {"id": _ask(service, send, SEND, body)["notification_id"]}
    _cold()
    _ask(service, scheduled, "DELETE /api/v1/notifications/scheduled/{id}", path=path)


def looked_up(service: Service) -> None:
    service.connect("one", service.token("alice"))
    service.say("one", {"type": "subscribe", "topics": [ROOM]})
    _ghost()
    _cold()
    route = "GET /api/v1/presence/topics/{topic}"
    _ask(service, presence, route, by="alice", path={"topic": ROOM})


def administered(service: Service) -> None:
    one, new = "/api/v1/admin/users/{username}", {"username": "carol", "password": PASSWORD}
    _crowd(service)
    _cold()
    _ask(service, users, "POST /api/v1/admin/users", new)
    # A removal whose answer was lost: the user is gone, the connections are not.
    DynamoUsers().remove(Username("alice"), wiring.clock())
    _ask(service, users, f"DELETE {one}", path={"username": "alice"})


def thrown_out(service: Service) -> None:
    _crowd(service)
    _cold()
    route = "POST /api/v1/admin/users/{username}/disconnect"
    _ask(service, disconnect_user, route, path={"username": "alice"})


def well(_: Service) -> None:
    health.handler(events.request("GET /api/v1/healthz"), events.CONTEXT)


def documented(_: Service) -> None:
    documents.handler(events.request("GET /api/v1/openapi.json"), events.CONTEXT)


# Queues


def refused(service: Service) -> None:
    service.connect("refused", None)
    _cold()
    body = '{"connection_id": "refused", "code": 4001}'
    refuse.handler(events.batch("refusals", body), events.CONTEXT)


def delivered(service: Service) -> None:
    _crowd(service)
    service.connect("young", service.token("bob"))
    service.say("young", {"type": "subscribe", "topics": [ROOM]})
    service.gateway.open.discard("young")  # and is not believed to be gone
    _queue_everything()
    _ask(service, broadcast, BROADCAST, {"pattern": ROOMS, **SAID})
    _cold()
    (plan,) = service.queued("DeliveriesQueue")
    _deliver(plan)
    (part,) = service.queued("DeliveriesQueue")
    _deliver(part)
    service.gateway.open.add("young")
    _deliver(part)


def _deliver(body: str) -> None:
    deliver.handler(events.batch("deliveries", body), PLENTY)


def _do(job: LaterJob) -> None:
    later.handler(events.batch("later", encode_job(job)), events.CONTEXT)


def put_off(service: Service) -> None:
    _crowd(service)
    in_room = DynamoSubscriptions().page(ROOM, 0, None, 10, 0).subscribers
    _cold()
    _do(JoinJob(ROOM, Username("alice")))
    _do(RetryJob('{"type":"notification"}', in_room, 1))
    _scheduled_now(service, send, SEND, {"user_id": "alice", **SAID})
    _lag("user:alice")
    for _ in range(2):
        _scheduled_now(service, send, SEND, {"user_id": "alice", **SAID})
    _queue_everything()
    _scheduled_now(service, broadcast, BROADCAST, {"pattern": ROOMS, **SAID})
    _do(RevokeJob(Username("alice"), "bye"))
    _ghost()
    _do(LeaveJob(ROOM, Username("ghost")))


def _scheduled_now(service: Service, module: Any, route: str, body: dict[str, object]) -> None:
    """Its time has come; a worker that took the broadcast has died."""
    at = timestamp(wiring.clock() + 10 * MINUTE_MS)
    name = _ask(service, module, route, {**body, "schedule_at": at})["notification_id"]
    row = ScheduledRow.get(f"item#{name}", name)
    now = wiring.clock()
    row.update([ScheduledRow.at.set(now)])
    if module is broadcast:
        row.update([ScheduledRow.claimed_at.set(now)])
    _do(ScheduledJob(name))


# Schedules


def due(service: Service) -> None:
    body = {"user_id": "alice", **SAID, "schedule_at": timestamp(wiring.clock() + 10 * MINUTE_MS)}
    entry = _ask(service, send, SEND, body)["notification_id"]
    now = wiring.clock()
    DynamoTimetable().put(now // MINUTE_MS, [entry], now + MINUTE_MS)
    _cold()
    scheduler.handler({}, events.CONTEXT)


def swept(service: Service) -> None:
    _crowd(service)
    now = wiring.clock()
    for name in ("open", "gone", "expired"):
        ConnectionRow(name).update([ConnectionRow.connected_at.add(-15 * MINUTE_MS)])
    lost = [(name, frozenset({ROOM})) for name in ("open", "gone", "expired")]
    lost += [("never stored", frozenset({ROOM, Pattern("never:made")}))]
    DynamoDeadlines().put(
        Deadline(ConnectionId(name), now - 2 * MINUTE_MS, topics) for name, topics in lost
    )
    # One that was left behind when its connection's row was removed.
    ConnectionRow("stale").delete()
    DynamoDeadlines().put([Deadline(ConnectionId("stale"), now - 2 * MINUTE_MS, lost[0][1])])
    minute = now // MINUTE_MS
    DynamoRecounts().put([Shard(ROOM, 0)], minute - 1)
    for age in (14, 15):  # one of them, should a minute end meanwhile
        _queue_without_message(f"bc_{age}", now - age * MINUTE_MS)
    DynamoDeadlines().finish(minute - 3)
    _cold()
    sweep.handler({}, PLENTY)


SCENARIOS: dict[str, Scenario] = {
    "connect": connect,
    "message": message,
    "disconnect": disconnected,
    "login": logged_in,
    "refresh": refreshed,
    "logout": logged_out,
    "ticket": ticketed,
    "me": who_am_i,
    "stats": counted,
    "send": sent,
    "broadcast": broadcasted,
    "inbox": marked,
    "history": remembered,
    "broadcast_job": followed,
    "batch": batched,
    "scheduled": called_off,
    "presence": looked_up,
    "users": administered,
    "disconnect_user": thrown_out,
    "health": well,
    "documents": documented,
    "refuse": refused,
    "deliver": delivered,
    "later": put_off,
    "scheduler": due,
    "sweep": swept,
}
