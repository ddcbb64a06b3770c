from client.errors import ConnectionLost
from client.states import Change, State


def test_a_state_reads_as_its_name() -> None:
    assert str(State.RECOVERING) == "recovering"


def test_a_change_may_say_why_and_when() -> None:
    error = ConnectionLost("the connection broke")

    assert Change(State.RECOVERING, error, 1.5) == Change(State.RECOVERING, error, retry_in=1.5)
    assert Change(State.CONNECTED).retry_in is None
