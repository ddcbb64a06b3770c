import pytest

from notify.broadcasts import BroadcastResult
from notify.codes import Code
from notify.errors import Forbidden, Invalid, PayloadTooLarge, Unknown
from notify.frames import MAX_NOTIFICATION_BYTES
from notify.idempotency import Trial
from notify.requests import Addressed, Broadcast, Send
from notify.sends import SendResult
from tests.notify.conftest import World, content, reached, refusal_code

TRIAL = Trial("ntf_fixed")


def a_send(*names: str, **fields: object) -> Send:
    return Send(user_ids=list(names or ("alice",)), **content(**fields))


def a_broadcast(pattern: str = "general", **fields: object) -> Broadcast:
    return Broadcast(pattern=pattern, **content(**fields))


@pytest.mark.parametrize(
    ("request_", "kind", "stream"),
    [(a_send(), SendResult, "user:alice"), (a_broadcast(), BroadcastResult, "general")],
)
def test_it_is_published_under_the_id_that_is_given(
    three: World, request_: Addressed, kind: type[object], stream: str
) -> None:
    by = three.principal("root", "admin")
    assert isinstance(three.publishing.publish(by, request_, TRIAL), kind)
    assert [frame.id for frame in three.stored(stream)] == ["ntf_fixed"]


@pytest.mark.parametrize(
    ("request_", "stream"), [(a_send("alice", "bob"), "user:bob"), (a_broadcast(), "general")]
)
def test_what_an_earlier_try_stored_is_stored_once_and_posted_again_by_the_queue(
    three: World, request_: Addressed, stream: str
) -> None:
    by = three.principal("root", "admin")
    three.publishing.publish(by, request_, TRIAL)
    first = reached(three)
    three.publishing.publish(by, request_, Trial("ntf_fixed", three.clock()))
    assert reached(three) == first
    three.do_later()
    three.deliver_all()
    assert [frame.seq for frame in three.stored(stream)] == [1]
    assert reached(three) == sorted(first * 2)
    assert {(frame["id"], frame["seq"]) for _, frame in three.gateway.posted} == {("ntf_fixed", 1)}


@pytest.mark.parametrize("request_", [a_send(persist=False), a_broadcast(persist="none")])
def test_what_is_not_stored_is_not_looked_for(three: World, request_: Addressed) -> None:
    by = three.principal("root", "admin")
    three.publishing.publish(by, request_, Trial("ntf_fixed", three.clock()))
    three.do_later()
    three.deliver_all()
    assert reached(three)
    assert not three.memory.streams


@pytest.mark.parametrize(
    ("request_", "role", "error"),
    [
        (a_send(), "member", Forbidden),
        (a_broadcast(), "member", Forbidden),
        (a_send("nobody"), "admin", Unknown),
        (a_broadcast("a::b"), "admin", Invalid),
        (a_send(data={"x": "y" * 29_000}), "admin", PayloadTooLarge),
        (a_broadcast(data={"x": "y" * 29_000}), "admin", PayloadTooLarge),
    ],
)
def test_a_check_refuses_what_publishing_would(
    three: World, request_: Addressed, role: str, error: type[Exception]
) -> None:
    by = three.principal("root", role)
    with pytest.raises(error):
        three.publishing.check(by, request_)
    with pytest.raises(error):
        three.publishing.publish(by, request_, TRIAL)


def test_a_check_writes_nothing(three: World) -> None:
    by = three.principal("root", "admin")
    for request in (a_send("alice", "bob"), a_broadcast(), a_broadcast("*")):
        three.publishing.check(by, request)
    assert three.untouched


@pytest.mark.parametrize("pattern", ["*", "user:*", "orders:eu"])
def test_a_check_takes_exactly_what_publishing_takes(three: World, pattern: str) -> None:
    by = three.principal("root", "admin")
    spare = MAX_NOTIFICATION_BYTES - 600
    taken = [
        refusal_code(three.publishing.check, by, a_broadcast(pattern, data={"x": "y" * size}))
        for size in range(spare, spare + 600)
    ]
    published = [
        refusal_code(
            three.publishing.publish, by, a_broadcast(pattern, data={"x": "y" * size}), TRIAL
        )
        for size in range(spare, spare + 600)
    ]
    assert taken == published
    assert set(taken) == {None, Code.PAYLOAD_TOO_LARGE}


def test_a_check_says_with_which_correlation_id_it_was_made(three: World) -> None:
    three.correlation_id = "order-12"
    by = three.principal("root", "admin")
    assert [three.publishing.check(by, each) for each in (a_send(), a_broadcast())] == [
        "order-12"
    ] * 2
