from client.load.samples import Samples


def test_so_many_percent_do_not_exceed_it() -> None:
    samples = Samples()
    for number in range(100, 0, -1):
        samples.add(number / 1000)

    assert samples.milliseconds() == {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    assert samples.percentile(0) == 0.001


def test_one_sample_is_every_percentile() -> None:
    samples = Samples()
    samples.add(0.25)

    assert {samples.percentile(percent) for percent in (1, 50, 99, 100)} == {0.25}


def test_nothing_was_measured() -> None:
    assert Samples().percentile(50) is None
    assert Samples().milliseconds()["p99"] is None


def test_more_may_come_after_a_look() -> None:
    samples = Samples()
    samples.add(2)
    assert samples.percentile(50) == 2
    samples.add(1)
    assert samples.percentile(50) == 1
    assert len(samples) == 2
