import json
from typing import Any

import pytest

from notify.codes import Code
from notify.errors import Forbidden, Invalid
from notify.model import MAX_AGE_MS, ROW_GRACE_MS, Action, Caps, Pattern, Topic, timestamp
from notify.ports import Sighting
from notify.presence import MAX_PAGES, MAX_USERS, Attendance
from tests.fakes import FakeSightings
from tests.notify.conftest import LONG_AGO_MS, World, refusal_code

ROOM = Topic(Pattern("room:1"))
ROWS = MAX_PAGES * 100


def caps(pattern: str, *actions: Action) -> Caps:
    return {Pattern(pattern): frozenset(actions)}


def of_users(world: World, *names: str, by: str = "root", role: str = "admin") -> list[Attendance]:
    return world.presence.of_users(world.principal(by, role), names)


def online(world: World, *names: str) -> list[bool]:
    return [each.online for each in of_users(world, *names)]


def ask(world: World, topic: str, connection_id: str = "c1") -> dict[str, Any]:
    text = json.dumps({"type": "presence", "id": "p", "topic": topic})
    (frame,) = world.say(connection_id, text)
    return frame


def fill(world: World, users: int, topic: str = ROOM) -> None:
    for number in range(users):
        world.open(f"x{number:04}", world.principal(f"user{number:04}"), topic)


# By user


def test_a_user_is_online_while_a_connection_of_theirs_is_open(three: World) -> None:
    since = three.clock() - LONG_AGO_MS
    assert of_users(three, "alice", "bob", "carol") == [
        Attendance(three.principal("alice").username, 2, since),
        Attendance(three.principal("bob").username, 1, since),
        Attendance(three.principal("carol").username, 0, None),
    ]
    three.hub.disconnect(three.subscriber("c2").connection_id)
    assert online(three, "alice", "bob") == [True, False]


def test_a_user_is_online_since_their_oldest_connection(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=1_000)
    world.open("c2", world.principal("alice"), age_ms=9_000)
    assert of_users(world, "alice")[0].since == world.clock() - 9_000


def test_each_user_is_answered_once_in_the_order_given(three: World) -> None:
    names = [each.username for each in of_users(three, "bob", "alice", "bob")]
    assert names == ["bob", "alice"]


def test_who_watches_a_user_does_not_make_them_online(world: World) -> None:
    watching = world.principal("bob", caps=caps("user:alice", Action.SUBSCRIBE))
    world.open("c1", watching, "user:alice")
    assert online(world, "alice", "bob") == [False, True]


def test_a_row_that_has_expired_makes_nobody_online(three: World) -> None:
    three.clock.advance(MAX_AGE_MS + ROW_GRACE_MS)
    assert online(three, "alice", "bob") == [False, False]


@pytest.mark.parametrize(
    ("names", "complaint"), [([""], "user_ids: required"), (["alice", ""], "user_ids: 1 to 64")]
)
def test_a_name_that_is_missing_is_said_to_be(
    world: World, names: list[str], complaint: str
) -> None:
    with pytest.raises(Invalid, match=complaint):
        world.presence.of_users(world.principal("root", "admin"), names)


def test_up_to_a_hundred_users_are_asked_for(world: World) -> None:
    names = [f"user{number}" for number in range(MAX_USERS + 1)]
    assert len(of_users(world, *names[:MAX_USERS])) == MAX_USERS
    assert refusal_code(of_users, world, *names) == Code.INVALID


@pytest.mark.parametrize("name", ["", "a b", "alice:x", "*", "x" * 65])
def test_what_cannot_be_a_user_is_refused(world: World, name: str) -> None:
    assert refusal_code(of_users, world, "alice", name) == Code.INVALID


@pytest.mark.parametrize("role", ["admin", "service"])
def test_admins_and_services_see_everybody(three: World, role: str) -> None:
    assert len(of_users(three, "alice", "bob", role=role)) == 2


def test_one_sees_oneself_and_nobody_else(three: World) -> None:
    assert of_users(three, "alice", by="alice", role="member")[0].online
    with pytest.raises(Forbidden, match="user:bob"):
        of_users(three, "alice", "bob", by="alice", role="member")


def test_a_capability_shows_whom_it_covers(three: World) -> None:
    bob_only = three.principal("alice", caps=caps("user:bob", Action.PRESENCE))
    assert three.presence.of_users(bob_only, ["bob"])[0].online
    assert refusal_code(three.presence.of_users, bob_only, ["carol"]) == Code.FORBIDDEN_TOPIC
    subscribing = three.principal("alice", caps=caps("user:bob", Action.SUBSCRIBE))
    assert refusal_code(three.presence.of_users, subscribing, ["bob"]) == Code.FORBIDDEN_TOPIC


# By topic, in a frame


def test_a_frame_is_answered_with_who_is_in_the_topic(world: World) -> None:
    world.open("c1", world.principal("alice"), ROOM)
    world.open("c2", world.principal("bob"), ROOM, age_ms=9_000)
    world.open("c3", world.principal("bob"), ROOM, age_ms=4_000)
    world.open("c4", world.principal("root"), "room:2")
    assert ask(world, ROOM) == {
        "type": "presence_state",
        "id": "p",
        "topic": "room:1",
        "count": 2,
        "users": [
            {
                "user_id": "alice",
                "connections": 1,
                "since": timestamp(world.clock() - LONG_AGO_MS),
            },
            {"user_id": "bob", "connections": 2, "since": timestamp(world.clock() - 9_000)},
        ],
        "truncated": False,
    }


def test_who_is_subscribed_to_a_wildcard_may_ask_and_is_not_in_the_topic(world: World) -> None:
    world.open("c1", world.principal("alice"), "room:*")
    world.open("c2", world.principal("bob"), ROOM)
    state = ask(world, ROOM)
    assert [user["user_id"] for user in state["users"]] == ["bob"]


def test_an_empty_topic_has_nobody_in_it(world: World) -> None:
    world.open("c1", world.principal("alice"), "room:*")
    state = ask(world, "room:9")
    assert (state["count"], state["users"], state["truncated"]) == (0, [], False)


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("room:1", 4403),
        ("user:bob", 4403),
        ("role:admin", 4403),
        ("tenant:other", 4403),
        ("general", 4403),
        ("room:*", 4422),
        ("*", 4422),
        ("no good", 4422),
    ],
)
def test_who_is_not_subscribed_may_not_ask(alice: World, topic: str, code: int) -> None:
    assert ask(alice, topic)["code"] == code


@pytest.mark.parametrize("topic", ["user:alice", "role:member", "tenant:acme"])
def test_who_is_in_ones_own_topics_may_be_asked(alice: World, topic: str) -> None:
    assert ask(alice, topic)["count"] == 1


def test_more_than_a_hundred_users_are_counted_and_not_all_shown(world: World) -> None:
    fill(world, MAX_USERS + 1)
    state = ask(world, ROOM, "x0000")
    assert (state["count"], len(state["users"]), state["truncated"]) == (101, 100, True)


def test_a_hundred_users_are_all_shown(world: World) -> None:
    fill(world, MAX_USERS)
    state = ask(world, ROOM, "x0000")
    assert (state["count"], len(state["users"]), state["truncated"]) == (100, 100, False)


@pytest.mark.parametrize(("rows", "count"), [(ROWS, ROWS), (ROWS + 1, ROWS)])
def test_only_so_many_rows_are_read(world: World, rows: int, count: int) -> None:
    fill(world, rows)
    found = world.presence.of_topic(world.principal("root", "admin"), ROOM)
    assert (found.count, found.truncated) == (count, True)


def test_a_topic_over_more_shards_than_pages_is_truncated_only_if_there_are_more(
    world: World,
) -> None:
    world.memory.shards[ROOM] = MAX_PAGES + 50
    world.open("a", world.principal("alice"), ROOM)  # ord("a") is 97: in a shard far behind
    found = world.presence.of_topic(world.principal("root", "admin"), ROOM)
    assert (found.count, found.truncated) == (0, True)
    world.hub.disconnect(world.subscriber("a").connection_id)
    found = world.presence.of_topic(world.principal("root", "admin"), ROOM)
    assert (found.count, found.truncated) == (0, False)


# By topic, over HTTP: the asker's connections say what they are subscribed to


def in_room(world: World, by: str, *roles: str, cap: Caps | None = None) -> int | Code | None:
    principal = world.principal(by, *roles, caps=cap)
    refused = refusal_code(world.presence.of_topic, principal, ROOM)
    return refused or world.presence.of_topic(principal, ROOM).count


def test_a_connection_in_the_topic_or_over_it_lets_its_user_ask(world: World) -> None:
    world.open("c1", world.principal("alice"))
    world.open("c2", world.principal("alice"), "room:*")
    world.open("c3", world.principal("bob"), ROOM)
    assert in_room(world, "alice") == in_room(world, "bob") == 1
    assert in_room(world, "carol") == Code.FORBIDDEN_TOPIC


def test_a_connection_that_is_closed_lets_nobody_ask(world: World) -> None:
    world.open("c1", world.principal("alice"), ROOM)
    world.hub.disconnect(world.subscriber("c1").connection_id)
    assert in_room(world, "alice") == Code.FORBIDDEN_TOPIC


def test_admins_services_and_who_has_a_capability_ask_from_outside(world: World) -> None:
    assert in_room(world, "root", "admin") == in_room(world, "s", "service") == 0
    assert in_room(world, "alice", cap=caps("room:*", Action.PRESENCE)) == 0
    assert in_room(world, "alice", cap=caps("room:*", Action.SUBSCRIBE)) == Code.FORBIDDEN_TOPIC


def test_whom_somebody_watches_lets_them_ask_no_more_than_before(world: World) -> None:
    """A watcher's row in alice's topic is not alice's connection."""
    watching = world.principal("bob", caps=caps("user:alice", Action.SUBSCRIBE))
    world.open("c1", watching, "user:alice", ROOM)
    assert in_room(world, "alice") == Code.FORBIDDEN_TOPIC


# What was told, and is not so (any more, or not yet)


def announce(world: World, name: str) -> Sighting:
    username = world.principal(name).username
    announced = world.sightings.announce(ROOM, username, world.clock(), world.clock() + 60_000)
    world.sightings.confirm(ROOM, username, announced)
    return announced


def told(world: World, name: str) -> bool:
    found = world.sightings.get(ROOM, world.principal(name).username, world.clock())
    assert found is not None
    return found.told


def test_who_has_just_left_is_not_shown_and_will_be_announced_if_they_are_back(
    world: World,
) -> None:
    world.open("c1", world.principal("alice"), ROOM)
    announce(world, "alice")
    announce(world, "bob")
    assert [user["user_id"] for user in ask(world, ROOM)["users"]] == ["alice"]
    assert (told(world, "alice"), told(world, "bob")) == (True, False)


class LateSightings(FakeSightings):
    """bob comes back between the reading of the topic and the withdrawal."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.back = False

    def withdraw(self, *arguments: Any) -> Sighting | None:
        if not self.back:
            self.back = True
            self.world.open("c2", self.world.principal("bob"), ROOM)
            announce(self.world, "bob")
        return super().withdraw(*arguments)


def test_who_comes_back_while_somebody_asks_is_shown(world: World) -> None:
    world.open("c1", world.principal("alice"), ROOM)
    world.sightings = LateSightings(world)
    announce(world, "bob")
    assert [user["user_id"] for user in ask(world, ROOM)["users"]] == ["alice", "bob"]
    assert told(world, "bob")


class NoSightings(FakeSightings):
    """Sightings that nobody may look at."""

    def of_topic(self, *arguments: Any) -> Any:
        raise AssertionError


def test_a_topic_that_is_not_watched_costs_no_further_read(alice: World) -> None:
    alice.sightings = NoSightings()
    assert ask(alice, "role:member")["count"] == 1
