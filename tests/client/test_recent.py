from hypothesis import given
from hypothesis import strategies as st

from client.frames import NotificationId
from client.recent import RecentIds


@given(ids=st.lists(st.sampled_from("abcdef"), max_size=50))
def test_an_id_is_new_once(ids: list[str]) -> None:
    recent = RecentIds()

    new = [id_ for id_ in ids if recent.add(NotificationId(id_))]

    assert new == list(dict.fromkeys(ids))


def test_only_the_last_are_remembered() -> None:
    recent = RecentIds(limit=2)
    for id_ in "abc":
        recent.add(NotificationId(id_))

    assert [recent.add(NotificationId(id_)) for id_ in "ca"] == [False, True]


def test_seeing_an_id_again_keeps_it() -> None:
    recent = RecentIds(limit=2)
    for id_ in "abac":
        recent.add(NotificationId(id_))

    assert recent.add(NotificationId("a")) is False
