import pytest

from notify.errors import Forbidden, Unknown
from notify.feeding import MAX_BELOW, MAX_BELOW_ALL, Fed, Feeding, refused
from notify.model import Action, Pattern, Position
from notify.reasons import Reason
from tests.notify.conftest import World, broadcast


def look_up(world: World, *patterns: str) -> Fed:
    return Feeding(world.streams, world.policy).look_up(map(Pattern, patterns))


def test_a_topic_is_fed_by_its_own_stream_though_that_is_empty(world: World) -> None:
    assert look_up(world, "orders:eu").heads == {"orders:eu": Position("epoch", 0)}


def test_a_topic_is_fed_by_the_wildcards_over_it_that_have_begun(world: World) -> None:
    broadcast(world, "orders:*")
    broadcast(world, "orders:us:*")
    heads = look_up(world, "orders:eu:berlin").heads
    assert heads == {"orders:eu:berlin": Position("epoch", 0), "orders:*": Position("epoch", 1)}


def test_a_wildcard_is_fed_by_what_is_below_it(world: World) -> None:
    for pattern in ("orders:eu", "orders:eu:*", "orders", "news"):
        broadcast(world, pattern)
    assert set(look_up(world, "orders:*").heads) == {"orders:*", "orders:eu", "orders:eu:*"}


def test_what_everybody_gets_is_in_one_stream_only(world: World) -> None:
    broadcast(world, "user:*")
    assert look_up(world, "user:alice", "general").heads == {
        "user:alice": Position("epoch", 0),
        "general": Position("epoch", 1),
    }


def test_a_wildcard_with_too_many_topics_names_none_of_them(world: World) -> None:
    for number in range(MAX_BELOW + 1):
        broadcast(world, f"orders:{number}")
    fed = look_up(world, "orders:*", "news")
    assert set(fed.heads) == {"orders:*", "news"}
    assert fed.crowded == {"orders:*"}


def test_as_many_topics_as_are_allowed_are_named(world: World) -> None:
    for number in range(MAX_BELOW):
        broadcast(world, f"orders:{number}")
    fed = look_up(world, "orders:*")
    assert (len(fed.heads), fed.crowded) == (1 + MAX_BELOW, set())


def test_several_wildcards_share_what_a_frame_can_name(world: World) -> None:
    for root in ("a", "b", "c"):
        for number in range(MAX_BELOW):
            broadcast(world, f"{root}:{number}")
    fed = look_up(world, "a:*", "b:*", "c:*")
    assert (len(fed.heads), fed.crowded) == (3 + MAX_BELOW_ALL, {"c:*"})


def test_the_users_are_always_too_many(world: World) -> None:
    assert look_up(world, "user:*").crowded == {"user:*"}


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ("user:alice", None),
        ("orders:eu", None),
        ("orders:*", None),
        ("role:*", None),
        ("news", Reason.NOT_SUBSCRIBED),
        ("*", Reason.FORBIDDEN),
        ("user:bob", Reason.FORBIDDEN),
        ("user:*", Reason.FORBIDDEN),
        ("role:admin", Reason.FORBIDDEN),
    ],
)
def test_a_connection_reads_what_feeds_its_subscriptions(
    world: World, stream: str, reason: Reason | None
) -> None:
    connection = world.open("c1", world.principal("alice", "member"), "orders:eu")
    assert Feeding(world.streams, world.policy).refusal(connection, Pattern(stream)) is reason


def test_a_capability_reads_without_a_subscription(world: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.HISTORY})}
    connection = world.open("c1", world.principal("alice", caps=caps))
    assert Feeding(world.streams, world.policy).refusal(connection, Pattern("user:bob")) is None


def test_a_refusal_says_which_stream() -> None:
    forbidden = refused(Reason.FORBIDDEN, Pattern("user:bob"))
    unknown = refused(Reason.NOT_SUBSCRIBED, Pattern("news"))
    assert isinstance(forbidden, Forbidden)
    assert isinstance(unknown, Unknown)
    assert "user:bob" in forbidden.message
