from client.load.plan import Plan


def test_connections_are_opened_evenly_over_the_ramp() -> None:
    plan = Plan(connections=4, ramp=10, topics=(), target="a")

    assert [plan.start_of(index) for index in range(4)] == [0, 2.5, 5, 7.5]
