import pytest
from msgspec.structs import replace

from infra.tables import AttemptRow
from notify.errors import Unavailable
from notify.idempotency import KEPT_MS, MAX_ANSWER_BYTES
from notify.ports import Attempt, KeptAnswer
from tests.fakes import NOW
from tests.infra.stores.calls import before, failing, interleave
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

FIRST = Attempt("hash", "ntf_1", NOW, NOW + 35_000)
SECOND = Attempt("other", "ntf_2", NOW + 1, NOW + 35_001)
ANSWER = KeptAnswer(200, '{"title":"\N{SNOWMAN}"}')
# As long as a key gets: a username, a route and the caller's own.
LONGEST = f"{'u' * 64}#POST /api/v1/notifications/send-realtime#{'k' * 255}"


def begin(stores: Stores, attempt: Attempt = FIRST, key: str = "k") -> Attempt:
    return stores.attempts.begin(key, attempt, attempt.begun_at + KEPT_MS)


def test_the_first_is_recorded_and_the_next_meets_it(stores: Stores) -> None:
    assert begin(stores) == FIRST
    assert begin(stores, SECOND) == FIRST
    assert begin(stores, SECOND, "k2") == SECOND


def test_the_longest_key_is_a_key(stores: Stores) -> None:
    assert begin(stores, key=LONGEST) == FIRST


def test_an_answer_is_kept(stores: Stores) -> None:
    begin(stores)
    assert stores.attempts.finish("k", FIRST, ANSWER)
    assert begin(stores, SECOND) == replace(FIRST, answer=ANSWER)


def test_the_longest_answer_is_kept(stores: Stores) -> None:
    longest = KeptAnswer(200, "x" * MAX_ANSWER_BYTES)
    begin(stores, key=LONGEST)
    assert stores.attempts.finish(LONGEST, FIRST, longest)
    assert begin(stores, SECOND, LONGEST).answer == longest


def test_a_lease_moves_if_it_is_where_it_was_seen(stores: Stores) -> None:
    begin(stores)
    assert stores.attempts.lease("k", FIRST, NOW + 90_000)
    assert begin(stores, SECOND) == replace(FIRST, lease_until=NOW + 90_000)
    assert not stores.attempts.lease("k", FIRST, NOW + 99_000)


def test_who_was_overtaken_ends_nothing(stores: Stores) -> None:
    begin(stores)
    stores.attempts.lease("k", FIRST, NOW + 90_000)
    assert not stores.attempts.finish("k", FIRST, ANSWER)
    assert not stores.attempts.drop("k", FIRST)
    assert begin(stores, SECOND).answer is None


def test_what_has_an_answer_keeps_it(stores: Stores) -> None:
    begin(stores)
    stores.attempts.finish("k", FIRST, ANSWER)
    assert not stores.attempts.lease("k", FIRST, NOW)
    assert not stores.attempts.drop("k", FIRST)
    assert not stores.attempts.finish("k", FIRST, KeptAnswer(500, "{}"))
    assert begin(stores, SECOND).answer == ANSWER


def test_what_is_dropped_was_never_made(stores: Stores) -> None:
    begin(stores)
    assert stores.attempts.drop("k", FIRST)
    assert begin(stores, SECOND) == SECOND
    assert not stores.attempts.drop("k", FIRST)


def test_what_has_expired_counts_no_more_though_it_is_there(stores: Stores) -> None:
    begin(stores)
    stores.attempts.finish("k", FIRST, ANSWER)
    late = replace(SECOND, begun_at=NOW + KEPT_MS)
    assert begin(stores, replace(SECOND, begun_at=late.begun_at - 1000)).answer == ANSWER
    assert begin(stores, late) == late
    assert begin(stores, FIRST) == late


@pytest.mark.parametrize("seed", range(8))
def test_of_two_first_tries_at_once_one_is_the_first(seed: int) -> None:
    with fresh("dynamodb") as stores:
        one, other = interleave(seed, lambda: begin(stores), lambda: begin(stores, SECOND))
        assert one == other
        assert one in (FIRST, SECOND)


@pytest.mark.parametrize("seed", range(8))
def test_of_two_who_take_over_one_does(seed: int) -> None:
    with fresh("dynamodb") as stores:
        begin(stores)
        taken = interleave(
            seed,
            lambda: stores.attempts.lease("k", FIRST, NOW + HOUR_MS),
            lambda: stores.attempts.lease("k", FIRST, NOW + HOUR_MS + 1),
        )
        assert sorted(map(bool, taken)) == [False, True]


def test_what_vanishes_between_two_calls_is_tried_again(dynamo: Stores) -> None:
    begin(dynamo)
    with (
        before("GetItem", "idempotency", lambda: AttemptRow("k").delete()),
        pytest.raises(Unavailable),
    ):
        begin(dynamo, SECOND)


def test_a_table_that_is_busy_is_unavailable(dynamo: Stores) -> None:
    for call in (
        lambda: begin(dynamo),
        lambda: dynamo.attempts.lease("k", FIRST, NOW),
        lambda: dynamo.attempts.finish("k", FIRST, ANSWER),
        lambda: dynamo.attempts.drop("k", FIRST),
    ):
        with failing("ThrottlingException"), pytest.raises(Unavailable):
            call()


def test_it_expires_with_its_day(dynamo: Stores) -> None:
    begin(dynamo)
    assert AttemptRow.get("k").expires_at == (NOW + KEPT_MS) // 1000
