from client.gaps import Gap, Position


def test_positions_and_gaps_are_compared_by_what_they_say() -> None:
    assert Position("e", 1) == Position("e", 1) != Position("e", 2)
    assert Gap("news", "expired") == Gap("news", "expired")
