import pytest

from notify.model import Pattern, Position, Username
from notify.reading import Stretch
from tests.notify.conftest import World, broadcast

NEWS = Pattern("news")
MINUTE_MS = 60_000


def fill(world: World, text: str) -> None:
    """A letter a notification: `.` stays, `x` expires within a minute, `b` is not meant for bob."""
    for letter in text:
        broadcast(
            world,
            NEWS,
            ttl_seconds=60 if letter == "x" else 3600,
            exclude_user_ids=["bob"] if letter == "b" else [],
        )
    world.clock.advance(MINUTE_MS)


def read(world: World, seq: int, limit: int = 100, by: str = "bob") -> Stretch:
    head = world.streams.head(NEWS)
    return world.reader.read(NEWS, seq, head, Username(by), limit, world.clock())


def seqs(stretch: Stretch) -> list[int | None]:
    return [frame.seq for frame in stretch.frames]


def test_what_follows_is_read_in_order_and_marked_as_a_replay(world: World) -> None:
    fill(world, "....")
    stretch = read(world, 1)
    assert seqs(stretch) == [2, 3, 4]
    assert (stretch.through, stretch.more, stretch.gap, stretch.beyond) == (4, False, None, None)
    assert {frame.replay for frame in stretch.frames} == {True}


def test_a_part_says_that_there_is_more(world: World) -> None:
    fill(world, "....")
    stretch = read(world, 1, limit=2)
    assert (seqs(stretch), stretch.through, stretch.more) == ([2, 3], 3, True)


def test_what_is_not_meant_for_the_reader_is_passed_over_and_no_gap(world: World) -> None:
    fill(world, ".b.b")
    stretch = read(world, 0)
    assert (seqs(stretch), stretch.through, stretch.gap) == ([1, 3], 4, None)
    assert seqs(read(world, 0, by="alice")) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "gap", "beyond", "left"),
    [
        ("xx..", 1, 2, [3, 4]),
        (".xx.", 2, 3, [1, 4]),
        ("..xx", 3, 4, [1, 2]),
        ("xxxx", 1, 4, []),
        (".x.x", 2, 2, [1, 3]),
        ("xb..", 1, 1, [3, 4]),
    ],
)
def test_a_gap_is_found_and_what_is_left_is_read(
    world: World, text: str, gap: int, beyond: int, left: list[int]
) -> None:
    fill(world, text)
    stretch = read(world, 0)
    assert (stretch.gap, stretch.beyond, seqs(stretch), stretch.through) == (gap, beyond, left, 4)


def test_what_the_store_has_deleted_at_the_end_is_a_gap_too(world: World) -> None:
    fill(world, "..")
    stretch = world.reader.read(NEWS, 2, Position("epoch", 5), Username("bob"), 10, world.clock())
    assert (stretch.gap, stretch.beyond, stretch.through) == (3, 5, 5)


def test_a_number_beyond_a_head_that_lags_is_reached(world: World) -> None:
    fill(world, "...")
    behind = Position("epoch", 1)
    now = world.clock()
    assert world.reader.reaches(NEWS, 1, behind, now)
    assert world.reader.reaches(NEWS, 3, behind, now)
    assert not world.reader.reaches(NEWS, 4, behind, now)
    assert not world.reader.reaches(NEWS, 2**53 - 1, behind, now)


@pytest.mark.parametrize("stream", ["user:alice", "user:alice:drafts"])
def test_what_an_earlier_user_of_that_name_was_sent_is_not_read(world: World, stream: str) -> None:
    broadcast(world, stream)
    world.clock.advance(MINUTE_MS)
    world.users.remove(Username("alice"), world.clock())
    world.add_user("alice", "member")
    broadcast(world, stream)
    pattern = Pattern(stream)
    head, now = world.streams.head(pattern), world.clock()
    stretch = world.reader.read(pattern, 0, head, Username("alice"), 10, now)
    assert (seqs(stretch), stretch.through, stretch.gap) == ([2], 2, None)


def test_of_a_user_who_is_no_more_nothing_is_read(world: World) -> None:
    broadcast(world, "user:alice")
    world.users.remove(Username("alice"), world.clock())
    head = Position("epoch", 1)
    stretch = world.reader.read(Pattern("user:alice"), 0, head, Username("bob"), 10, world.clock())
    assert (seqs(stretch), stretch.through) == ([], 1)
