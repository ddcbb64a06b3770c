import pytest

from notify.budget import MAX_COUNTED_USERS, POSTING_MS, new_budget


def test_a_call_posts_for_a_while() -> None:
    assert new_budget(5, users=1, tried_at=None).posts_until == 5 + POSTING_MS


def test_a_call_that_is_made_again_posts_nothing() -> None:
    assert new_budget(5, users=1, tried_at=4).posts_until == 0


@pytest.mark.parametrize("users", [0, 1, MAX_COUNTED_USERS, MAX_COUNTED_USERS + 1])
def test_only_the_inboxes_of_a_few_users_are_counted(users: int) -> None:
    assert new_budget(5, users, tried_at=None).has_counts == (users <= MAX_COUNTED_USERS)
