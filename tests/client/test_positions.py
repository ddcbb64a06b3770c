import json
from typing import Any

import pytest

from client import wire
from client.errors import RequestRefused
from client.frames import Notification, Replayed, RequestId, Subscribed, Unsubscribed, Welcome
from client.gaps import Gap, Position
from client.positions import MAX_GIVEN, MAX_STREAMS, REPLAY_PATIENCE, Positions


class Client:
    """Positions, and the gaps they tell."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.positions = Positions(self.gaps.append)

    def welcome(self, **streams: Any) -> list[int | None]:
        """A number stands for a stream that stands there, and was asked for by nobody."""
        resume = {
            name: {"epoch": "e", "seq": entry, "recovered": False, "reason": "no_position"}
            if isinstance(entry, int)
            else {"epoch": "e", "recovered": True, **entry}
            for name, entry in streams.items()
        }
        frame = wire.parse(json.dumps({"type": "welcome", "resume": resume}))
        assert isinstance(frame, Welcome)
        return seqs(self.positions.welcomed(frame))

    def subscribed(self, topic: str, seq: int | None, **streams: Any) -> list[int | None]:
        fields = {"topic": topic, "epoch": "e", "seq": seq, "streams": streams}
        frame = wire.parse(json.dumps({"type": "subscribed", **fields}))
        assert isinstance(frame, Subscribed)
        return seqs(self.positions.subscribed(frame))

    def hear(self, *numbers: int, stream: str = "a", **fields: Any) -> list[int | None]:
        released: list[Notification] = []
        for seq in numbers:
            said = {"id": f"{stream}{seq}", "stream": stream, "epoch": "e", "seq": seq, **fields}
            frame = wire.parse(json.dumps({"type": "notification", **said}))
            assert isinstance(frame, Notification)
            released += self.positions.arrived(frame)
        return seqs(released)

    def replayed(self, seq: int, more: bool = False, stream: str = "a") -> list[int | None]:
        frame = Replayed(RequestId("r"), stream, Position("e", seq), more)
        return seqs(self.positions.replayed(frame))

    def resume(self) -> dict[str, int]:
        return {name: position.seq for name, position in self.positions.resume().items()}


def seqs(notifications: list[Notification]) -> list[int | None]:
    return [each.seq for each in notifications]


@pytest.fixture
def at_5() -> Client:
    """Stream `a` has arrived up to 5, and the connection is lost."""
    client = Client()
    client.welcome(a=5)
    assert client.resume() == {"a": 5}
    return client


def test_nothing_is_known_at_first() -> None:
    assert Client().resume() == {}


def test_a_position_moves_with_what_arrives() -> None:
    client = Client()
    client.welcome(a=5, b=0)
    assert client.hear(6, 7) == [6, 7]
    assert client.resume() == {"a": 7, "b": 0}


def test_a_position_has_only_arrived_with_everything_below_it() -> None:
    client = Client()
    client.welcome(a=5)
    assert client.hear(7, 8) == []
    assert client.positions.reached == {"a": Position("e", 5)}
    assert client.hear(6) == [6, 7, 8]
    assert client.resume() == {"a": 8}


def test_what_was_not_stored_has_no_position() -> None:
    client = Client()
    client.welcome(a=5)
    assert client.hear(1, epoch=None) == [1]
    assert client.resume() == {"a": 5}


def test_a_replay_has_arrived_once_all_of_it_has(at_5: Client) -> None:
    at_5.welcome(a={"seq": 9, "replayed": 2})
    at_5.hear(7, replay=True)
    assert at_5.resume() == {"a": 5}
    at_5.welcome(a={"seq": 9, "replayed": 2})
    at_5.hear(7, 9, replay=True)
    assert at_5.resume() == {"a": 9}


def test_nothing_live_overtakes_a_replay(at_5: Client) -> None:
    assert at_5.hear(8) == []
    assert at_5.welcome(a={"seq": 7, "replayed": 2}) == []
    assert at_5.hear(9) == []
    assert at_5.hear(6, replay=True) == [6]
    assert at_5.hear(7, replay=True) == [7, 8, 9]
    assert at_5.hear(10) == [10]
    assert at_5.resume() == {"a": 10}


def test_what_is_live_in_another_stream_does_not_wait(at_5: Client) -> None:
    at_5.welcome(a={"seq": 7, "replayed": 2}, b=0)
    assert at_5.hear(1, stream="b") == [1]


def test_what_did_not_fit_is_asked_for_once_the_first_part_is_there(at_5: Client) -> None:
    at_5.welcome(a={"seq": 6, "replayed": 1, "has_more": True})
    assert at_5.positions.behind() == {}
    at_5.hear(6, replay=True)
    assert at_5.positions.behind() == {"a": Position("e", 6)}
    assert at_5.hear(8) == []
    assert at_5.hear(7, replay=True) == [7]
    assert at_5.replayed(7) == [8]
    assert at_5.positions.behind() == {}
    assert at_5.resume() == {"a": 8}


def test_a_replay_may_have_more_itself(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    assert at_5.replayed(6, more=True) == []
    assert at_5.positions.behind() == {"a": Position("e", 6)}


def test_a_stream_that_began_later_begins_at_its_beginning(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5}, b={"seq": 2, "replayed": 2})
    at_5.hear(1, stream="b", replay=True)
    at_5.hear(2, stream="c")
    assert at_5.resume() == {"a": 5, "b": 1, "c": 0}


@pytest.mark.parametrize("told", [{}, {"a": {"seq": 1, "reason": "too_many_topics"}}])
def test_where_not_all_streams_are_named_one_begins_with_what_is_heard(
    told: dict[str, Any],
) -> None:
    client = Client()
    client.welcome(**told)
    client.hear(7, stream="b")
    assert client.resume()["b"] == 7


def test_a_new_subscription_begins_where_its_stream_stands() -> None:
    client = Client()
    client.welcome(a=5)
    client.hear(11, stream="b")  # It came before the answer did.
    client.subscribed("b", 10, c={"epoch": "e", "seq": 3})
    assert client.resume() == {"a": 5, "b": 11, "c": 3}


def test_what_came_while_a_topic_was_given_back_is_not_wanted() -> None:
    client = Client()
    client.welcome(a=5)
    client.positions.unsubscribed(Unsubscribed(None, "a"))
    client.subscribed("a", 9)
    assert client.resume() == {"a": 9}


def test_a_topic_that_is_subscribed_already_keeps_its_position() -> None:
    client = Client()
    client.welcome(a=5)
    client.subscribed("a", 6)
    assert client.resume() == {"a": 5}


@pytest.mark.parametrize(
    ("entry", "position"),
    [
        ({"seq": 9, "reason": "expired"}, 9),
        ({"seq": 3, "reason": "position_ahead"}, 3),
        ({"epoch": "newer", "seq": 2, "reason": "epoch_changed"}, 2),
    ],
)
def test_a_gap_is_told_and_left_behind(at_5: Client, entry: Any, position: int) -> None:
    at_5.welcome(a={"recovered": False, **entry})
    assert at_5.gaps == [Gap("a", entry["reason"])]
    assert at_5.resume() == {"a": position}


def test_what_is_left_of_an_expired_stretch_is_waited_for(at_5: Client) -> None:
    at_5.welcome(a={"recovered": False, "seq": 9, "replayed": 1, "reason": "expired"})
    assert at_5.resume() == {"a": 5}


@pytest.mark.parametrize("reason", ["forbidden", "not_subscribed"])
def test_a_stream_that_is_not_ours_any_more_is_forgotten_and_no_gap(
    at_5: Client, reason: str
) -> None:
    entry = {"epoch": None, "seq": None, "recovered": False, "reason": reason}
    at_5.welcome(a=entry, b=1)
    assert at_5.gaps == []
    assert at_5.resume() == {"b": 1}


def test_a_server_that_resumes_nothing_is_understood(at_5: Client) -> None:
    at_5.welcome(a={"epoch": None, "recovered": False, "reason": "unsupported"})
    assert at_5.gaps == [Gap("a", "unsupported")]
    assert at_5.hear(6) == [6]
    assert at_5.resume() == {"a": 6}


def test_a_replay_that_is_refused_goes_on_behind_the_gap(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    assert at_5.hear(9) == []
    error = RequestRefused(4410, "gone", reason="expired", position=Position("e", 7))
    assert at_5.positions.refused("a", error) == []
    assert at_5.gaps == [Gap("a", "expired")]
    assert at_5.positions.behind() == {"a": Position("e", 7)}
    at_5.hear(8, replay=True)
    assert at_5.replayed(8) == [9]


def test_a_replay_that_fails_holds_nothing_back_and_moves_nothing(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    assert at_5.hear(9, 8) == []
    assert seqs(at_5.positions.refused("a", RequestRefused(4503, "busy"))) == [8, 9]
    assert at_5.hear(10) == [10]
    assert at_5.positions.behind() == {}
    assert at_5.resume() == {"a": 5}


def test_a_replay_without_an_answer_holds_nothing_back(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    at_5.hear(9)
    assert seqs(at_5.positions.given_up("a")) == [9]


@pytest.mark.parametrize(("epoch", "position"), [("newer", 3), ("e", 2)])
def test_a_replay_that_is_refused_as_numbered_anew_hands_over_what_was_held(
    at_5: Client, epoch: str, position: int
) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    at_5.hear(9)
    at = Position(epoch, position)
    error = RequestRefused(4410, "gone", reason="epoch_changed", position=at)
    assert seqs(at_5.positions.refused("a", error)) == [9]
    assert at_5.positions.behind() == {"a": at}


def test_what_waits_for_a_hole_is_handed_over_once_its_stream_is_numbered_anew() -> None:
    client = Client()
    client.welcome(a=5)
    assert client.hear(8, 7) == []
    assert client.hear(1, epoch="newer") == [7, 8, 1]
    assert client.positions.reached == {"a": Position("newer", 1)}
    assert client.hear(2, epoch="newer") == [2]


@pytest.mark.parametrize(
    "said",
    [
        {"epoch": "newer", "seq": 2, "recovered": False, "reason": "epoch_changed"},
        {"epoch": "e", "seq": 2, "recovered": False, "reason": "position_ahead"},
        {"epoch": "newer", "seq": 2, "recovered": True},
        {"epoch": None, "seq": None, "recovered": False, "reason": "not_subscribed"},
    ],
)
def test_a_subscription_that_says_so_drops_nothing_either(said: dict[str, Any]) -> None:
    client = Client()
    client.welcome(a=5, b=1)
    client.hear(7)
    assert client.subscribed("b", None, a=said) == [7]


def test_what_was_asked_for_in_vain_may_be_asked_for_again(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    at_5.positions.refused("a", RequestRefused(4503, "busy"))
    assert at_5.positions.settled
    at_5.positions.ask_again("a")
    at_5.positions.ask_again("never heard of")
    assert at_5.positions.behind() == {"a": Position("e", 5)}
    assert at_5.hear(8) == []
    at_5.hear(6, 7, replay=True)
    assert at_5.replayed(7) == [8]
    at_5.positions.ask_again("a")
    assert at_5.positions.settled
    assert at_5.hear(10) == [], "a hole, as before"


def test_what_the_next_connection_resumes_is_not_asked_for_again(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    at_5.positions.given_up("a")
    at_5.resume()
    at_5.positions.ask_again("a")
    assert at_5.positions.behind() == {}
    assert at_5.positions.abandoned() == []
    assert at_5.positions.behind() == {"a": Position("e", 5)}, "it did not come about"


def test_what_a_lost_connection_held_back_comes_again(at_5: Client) -> None:
    at_5.welcome(a={"seq": 5, "has_more": True})
    at_5.hear(9)
    assert at_5.resume() == {"a": 5}
    at_5.welcome(a={"seq": 9, "replayed": 4})
    assert at_5.hear(6, 7, 8, 9, replay=True) == [6, 7, 8, 9]


def test_what_does_not_fit_into_a_hello_is_asked_for_later() -> None:
    client = Client()
    client.welcome(**{f"s{number}": 1 for number in range(MAX_GIVEN + 1)})
    assert len(client.resume()) == MAX_GIVEN
    client.welcome(**{f"s{number}": {"seq": 1} for number in range(MAX_GIVEN)}, s200=4)
    assert client.positions.behind() == {"s200": Position("e", 1)}


def test_no_more_streams_are_kept_than_are_good() -> None:
    client = Client()
    client.welcome(**{f"s{number}": 1 for number in range(MAX_STREAMS)})
    assert client.hear(7, stream="other") == [7]
    assert client.replayed(3, stream="other") == []
    assert seqs(client.positions.given_up("other")) == []
    assert seqs(client.positions.refused("other", RequestRefused(4404, "no"))) == []


def test_what_comes_behind_a_hole_is_asked_for_after_a_while() -> None:
    client = Client()
    client.welcome(a=5)
    assert client.hear(8) == []
    assert client.positions.is_stuck
    assert client.positions.behind() == {}
    client.positions.chase()
    assert client.positions.behind() == {"a": Position("e", 5)}
    assert not client.positions.settled
    assert client.hear(6, 7, 8, replay=True) == [6, 7, 8]
    assert client.replayed(8) == [8]
    assert client.positions.settled


def test_a_hole_that_the_server_does_not_fill_holds_nothing_back_again() -> None:
    client = Client()
    client.welcome(a=5)
    client.hear(7)
    client.positions.chase()
    assert seqs(client.positions.given_up("a")) == [7]
    assert client.hear(9) == [9]
    assert not client.positions.is_stuck
    assert client.resume() == {"a": 5}
    client.welcome(a={"seq": 9, "replayed": 4})
    client.hear(6, 7, 8, 9, replay=True)
    assert client.hear(11) == []


def test_a_replay_that_was_promised_is_given_its_time(at_5: Client) -> None:
    at_5.welcome(a={"seq": 7, "replayed": 2})
    for _ in range(REPLAY_PATIENCE - 1):
        at_5.positions.chase()
    at_5.hear(6, replay=True)
    for _ in range(REPLAY_PATIENCE - 1):
        at_5.positions.chase()
    assert at_5.positions.behind() == {}
    at_5.positions.chase()
    assert at_5.positions.behind() == {"a": Position("e", 6)}


def test_a_connection_that_does_not_come_about_takes_nothing_with_it() -> None:
    client = Client()
    client.welcome(a=5, b=1)
    client.hear(7)
    assert client.resume() == {"a": 5, "b": 1}
    assert client.hear(2, stream="b") == []
    assert seqs(client.positions.abandoned()) == [2]
    assert client.positions.behind() == {"a": Position("e", 5)}, "7 was held, and is asked for"
    assert client.hear(3, stream="b") == [3]


def test_positions_of_an_earlier_client_are_given_back() -> None:
    positions = Positions(lambda gap: None, {"a": Position("e", 5)})
    assert positions.resume() == positions.reached == {"a": Position("e", 5)}
