"""What a function says of its batch."""

import pytest

from local_server.sources.reports import failed_ids, first_failure, overtaken


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        ("null", set()),
        ("{}", set()),
        ('{"batchItemFailures": null}', set()),
        ('{"batchItemFailures": []}', set()),
        ('{"batchItemFailures": [{"itemIdentifier": "a"}]}', {"a"}),
        ('{"batchItemFailures": [{"itemIdentifier": "c"}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": null}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": []}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"other": "a"}]}', {"a", "b"}),
        ('{"batchItemFailures": ["a"]}', {"a", "b"}),
        ('{"batchItemFailures": {}}', {"a", "b"}),
        ('"text"', {"a", "b"}),
    ],
)
def test_a_bad_report_fails_the_whole_batch(payload: str, failed: set[str]) -> None:
    assert failed_ids(payload, {"a", "b"}) == failed


@pytest.mark.parametrize(
    ("payload", "first"),
    [
        ("null", None),
        ('{"batchItemFailures": []}', None),
        ('{"batchItemFailures": [{"itemIdentifier": "30"}]}', 2),
        ('{"batchItemFailures": [{"itemIdentifier": "30"}, {"itemIdentifier": "20"}]}', 1),
        ('{"batchItemFailures": [{"itemIdentifier": "99"}]}', 0),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', 0),
    ],
)
def test_a_stream_starts_again_at_the_lowest_number(payload: str, first: int | None) -> None:
    assert first_failure(payload, ["10", "20", "30"]) == first


def test_who_succeeds_after_a_failure_in_its_group_has_overtaken_it() -> None:
    groups: list[tuple[str, str | None]] = [
        ("1", "a"), ("2", "b"), ("3", "a"), ("4", "b"), ("5", "a"), ("6", None),
    ]  # fmt: skip
    assert overtaken(groups, {"1", "5"}) == {"3"}
    assert overtaken(groups, {"1", "3", "5"}) == set()
    assert overtaken(groups, set()) == set()
