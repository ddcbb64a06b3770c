from client.pace import SHORTEST, TRUST, Pace


def test_a_line_is_trusted_until_it_fails() -> None:
    pace = Pace(540)
    pace.held()
    assert pace.interval == 540


def test_a_line_that_died_of_silence_is_given_half_of_it() -> None:
    pace = Pace(540)
    intervals = []
    for _ in range(6):
        pace.fell_silent()
        intervals.append(pace.interval)
    assert intervals == [270, 135, 67.5, 33.75, SHORTEST, SHORTEST]


def test_more_is_tried_once_that_has_held_for_a_while() -> None:
    pace = Pace(540)
    pace.fell_silent()
    intervals = []
    for _ in range(3 * TRUST):
        pace.held()
        intervals.append(pace.interval)
    assert sorted(set(intervals)) == [270, 405, 540]
    assert intervals.index(405) == TRUST - 1


def test_a_failure_starts_the_count_anew() -> None:
    pace = Pace(540)
    pace.fell_silent()
    for _ in range(TRUST - 1):
        pace.held()
    pace.fell_silent()
    pace.held()
    assert pace.interval == 135


def test_the_servers_word_is_the_limit() -> None:
    pace = Pace(540)
    pace.limit(20)
    assert pace.interval == 20
    pace.fell_silent()
    assert pace.interval == 20
    pace.limit(540)
    assert pace.interval == 540


def test_what_was_learned_outlives_the_connection() -> None:
    pace = Pace(540)
    pace.fell_silent()
    pace.limit(540)
    assert pace.interval == 270
