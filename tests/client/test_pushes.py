from client.pushes import (
    Counts,
    NotificationUpdated,
    PresenceJoined,
    PresenceLeft,
    TokenExpiring,
    UnreadCountChanged,
)
from tests.client.stage import Stage


def test_counts_that_the_server_does_not_know_are_none() -> None:
    assert Counts.find({"unread": 4, "unseen": 3}) == Counts(4, 3)
    assert Counts.find({"unread": None, "unseen": None}) is None
    assert Counts.find({}) is None


def test_what_was_marked_is_named_or_is_all_before_a_time() -> None:
    some = NotificationUpdated.read({"ids": ["n1", "n2"], "state": "read", "at": "now"})
    many = NotificationUpdated.read({"ids": None, "state": "seen", "at": "now", "before": "noon"})

    assert (some.ids, some.before) == (("n1", "n2"), None)
    assert (many.ids, many.before) == (None, "noon")


def test_who_comes_is_not_who_goes() -> None:
    body = {"topic": "room:1", "user_id": "bob", "count": 2, "at": "now"}

    came, went = PresenceJoined.read(body), PresenceLeft.read(body)

    assert came == PresenceJoined("room:1", "bob", 2, "now")
    assert len({came, went}) == 2


def test_a_token_says_when_it_ends() -> None:
    assert TokenExpiring.read({"expires_in_ms": 95_000}).expires_in_ms == 95_000


async def test_pushes_are_told_and_counts_are_kept() -> None:
    told: list[object] = []
    async with Stage([], on_push=told.append) as stage:
        await stage.steps(
            {"client": "open"}, {"server": "welcome", "frame": {"unread": 2, "unseen": 1}}
        )
        await stage.settle()
        assert stage.client.counts == Counts(2, 1)
        await stage.steps(
            {"server": "send", "frame": {"type": "unread_count_changed", "unread": 1, "unseen": 0}},
            {"server": "send", "frame": {"type": "presence_join", "topic": "r", "user_id": "bob"}},
        )
        await stage.settle()
        assert told == [UnreadCountChanged(Counts(1, 0)), PresenceJoined("r", "bob", 0, "")]
        assert stage.client.counts == Counts(1, 0)
        stage.line.say_notification("a", 1, unread=5, unseen=4)
        stage.line.say_notification("a", 2, unread=9, unseen=9, replay=True)
        await stage.settle()
        assert stage.client.counts == Counts(5, 4)


async def test_a_mark_brings_the_counts_that_follow_from_it() -> None:
    async with Stage([]) as stage:
        await stage.steps({"client": "open"}, {"server": "welcome"})
        stage.call(stage.client.mark(["n1"], "read"))
        await stage.steps(
            {"server": "expect", "frame": {"type": "mark", "ids": ["n1"], "state": "read"}},
            {
                "server": "send",
                "frame": {"type": "marked", "id": "$", "count": 1, "unread": 7, "unseen": 6},
            },
        )
        await stage.settle()
        assert stage.client.counts == Counts(7, 6)
