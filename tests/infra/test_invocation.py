import threading

import pytest

from infra import invocation
from infra.invocation import begin, correlation_id, count, embedded, follow


@pytest.fixture(autouse=True)
def _metered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "Heliograph")
    monkeypatch.setenv("STAGE", "test")


def test_metrics_add_up_and_nothing_is_no_metric() -> None:
    begin("r1")
    count({"delivered": 2, "gone": 0})
    count({"delivered": 3})
    fields = embedded(1.5)
    assert (fields["delivered"], fields["ms"], "gone" in fields) == (5, 1.5, False)


def test_cloudwatch_is_told_which_fields_are_metrics() -> None:
    begin("r1")
    count({"delivered": 1, "backlog_ms": 20})
    fields = embedded(1.5)
    (directive,) = fields["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Heliograph"
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "delivered": "Count",
        "backlog_ms": "Milliseconds",
        "ms": "Milliseconds",
    }
    # The specification wants every dimension and every metric to be a field beside `_aws`.
    wanted = [*directive["Dimensions"][0], *(metric["Name"] for metric in directive["Metrics"])]
    assert all(name in fields for name in wanted)
    assert fields["stage"] == "test"
    assert fields["_aws"]["Timestamp"] > 0


def test_an_invocation_begins_without_what_the_last_one_counted() -> None:
    begin("r1")
    count({"delivered": 1})
    begin("r2")
    assert "delivered" not in embedded(1)
    assert correlation_id() == "r2"


def test_without_a_namespace_the_numbers_stay_and_the_directive_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "")
    begin("r1")
    count({"delivered": 1})
    assert embedded(2) == {"delivered": 1, "ms": 2}


def test_invocations_in_two_threads_do_not_mix() -> None:
    begin("here")
    count({"delivered": 1})

    def elsewhere() -> None:
        assert correlation_id() is None
        count({"delivered": 9})
        begin("there")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert (invocation.correlation_id(), embedded(0)["delivered"]) == ("here", 1)


def test_whoever_follows_another_request_counts_on() -> None:
    begin("r1")
    count({"delivered": 1})
    follow("order-12")
    assert (correlation_id(), embedded(0)["delivered"]) == ("order-12", 1)
