import json
from collections.abc import Callable
from typing import Any

import pytest

from notify.codes import Code
from notify.errors import Forbidden, HeliographError, Invalid, StillRunning, Unavailable
from notify.idempotency import KEPT_MS, LEASE_MS, MAX_ANSWER_BYTES, Answer, Trial, body_hash
from notify.ports import Attempt, KeptAnswer
from tests.fakes import FakeAttempts
from tests.notify.conftest import World, refusal_code

BODY = {"user_id": "alice", "title": "Hi"}
ROUTE = "POST /notifications/send-realtime"


class Operation:
    """Answers with the id it was given, or raises what it is told to; remembers its trials."""

    def __init__(self, *raises: BaseException) -> None:
        self.raises = list(raises)
        self.trials: list[Trial] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.answer = Answer(200, b'{"done":true}')

    def __call__(self, trial: Trial) -> Answer:
        self.trials.append(trial)
        self.meanwhile()
        if self.raises:
            raise self.raises.pop(0)
        return self.answer


def once(
    world: World,
    operation: Operation,
    key: str | None = "k1",
    body: dict[str, Any] | None = None,
    name: str = "root",
    route: str = ROUTE,
) -> Answer:
    by = world.principal(name, "admin")
    return world.idempotency.once(by, route, key, BODY if body is None else body, operation)


class Killed(BaseException):
    """Lambda has ended the process."""


def test_without_a_key_every_request_is_new(world: World) -> None:
    operation = Operation()
    for _ in range(2):
        assert not once(world, operation, key=None).replayed
    assert len({trial.notification_id for trial in operation.trials}) == 2
    assert world.attempts.__dict__["by_key"] == {}


def test_a_retry_hears_what_the_first_try_was_answered(world: World) -> None:
    operation = Operation()
    first, retry = once(world, operation), once(world, operation)
    assert (first.status, first.body, first.replayed) == (200, b'{"done":true}', False)
    assert (retry.status, retry.body, retry.replayed) == (200, b'{"done":true}', True)
    assert len(operation.trials) == 1


def test_the_first_try_is_not_told_to_look_for_an_earlier_one(world: World) -> None:
    operation = Operation()
    once(world, operation)
    assert operation.trials[0].tried_at is None


@pytest.mark.parametrize(
    "other", [{"key": "k2"}, {"name": "alice"}, {"route": "POST /notifications/broadcast"}]
)
def test_a_key_belongs_to_its_principal_and_its_route(world: World, other: dict[str, str]) -> None:
    operation = Operation()
    once(world, operation)
    assert not once(world, operation, **other).replayed  # type: ignore[arg-type]
    assert len({trial.notification_id for trial in operation.trials}) == 2


def test_a_retry_while_the_first_try_runs_is_sent_away_for_a_moment(world: World) -> None:
    operation = Operation()
    refused: list[StillRunning] = []

    def retry() -> None:
        with pytest.raises(StillRunning) as raised:
            once(world, Operation())
        refused.append(raised.value)

    operation.meanwhile = retry
    assert once(world, operation).status == 200
    assert (refused[0].status, refused[0].code) == (409, Code.CONFLICT)
    assert refused[0].retry_after_ms == 1000


def test_a_first_try_that_died_is_taken_over_under_its_id_behind_its_lease(world: World) -> None:
    began = world.clock()
    operation = Operation(Killed())
    with pytest.raises(Killed):
        once(world, operation)
    world.clock.advance(LEASE_MS - 1)
    assert refusal_code(once, world, operation) is Code.CONFLICT
    world.clock.advance(1)
    assert not once(world, operation).replayed
    first, second = operation.trials
    assert second == Trial(first.notification_id, began)
    assert once(world, operation).replayed


def test_of_two_who_take_over_one_runs(world: World) -> None:
    first = Operation(Killed())
    with pytest.raises(Killed):
        once(world, first)
    world.clock.advance(LEASE_MS)
    second, third = Operation(), Operation()
    second.meanwhile = lambda: refusal_code(once, world, third)
    assert once(world, second).status == 200
    assert third.trials == []


class SlowAttempts(FakeAttempts):
    """Somebody else takes over between the look and the write."""

    def lease(self, key: str, seen: Attempt, until: int) -> bool:
        super().lease(key, seen, until + 1)
        return super().lease(key, seen, until)


def test_who_is_overtaken_is_sent_away(world: World) -> None:
    with pytest.raises(Killed):
        once(world, Operation(Killed()))
    world.clock.advance(LEASE_MS)
    slow = SlowAttempts()
    slow.by_key = world.attempts.by_key  # type: ignore[attr-defined]
    slow.expires_at = world.attempts.expires_at  # type: ignore[attr-defined]
    world.attempts = slow
    assert refusal_code(once, world, Operation()) is Code.CONFLICT


@pytest.mark.parametrize("state", ["finished", "running", "dead"])
def test_another_body_under_the_key_is_refused(world: World, state: str) -> None:
    operation = Operation(*([] if state == "finished" else [Killed()]))
    try:
        once(world, operation)
    except Killed:
        world.clock.advance(LEASE_MS if state == "dead" else 1)
    with pytest.raises(Invalid, match="another body"):
        once(world, operation, body={**BODY, "title": "Ho"})
    assert len(operation.trials) == 1


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('{"title": "Hi", "user_id": "alice"}', True),
        ('{"user_id":"alice",\n"title":"\\u0048i"}', True),
        ('{"user_id":"alice","title":"hi"}', False),
        ('{"user_id":"alice","title":"Hi","data":{}}', False),
    ],
)
def test_the_order_of_fields_and_white_space_do_not_count(text: str, same: bool) -> None:
    assert (body_hash(json.loads(text)) == body_hash(BODY)) is same


def test_inner_objects_are_sorted_too() -> None:
    assert body_hash({"d": {"a": [1, {"x": 1, "y": 2}], "b": 2}}) == body_hash(
        {"d": {"b": 2, "a": [1, {"y": 2, "x": 1}]}}
    )


@pytest.mark.parametrize("error", [Forbidden("no"), Invalid("title: required")])
def test_what_was_refused_may_be_corrected_under_the_same_key(
    world: World, error: HeliographError
) -> None:
    operation = Operation(error)
    assert refusal_code(once, world, operation) is error.code
    assert once(world, operation, body={"another": "body"}).status == 200


@pytest.mark.parametrize("error", [Unavailable("busy"), ZeroDivisionError()])
def test_what_failed_half_way_goes_on_at_once_and_under_its_id(
    world: World, error: Exception
) -> None:
    operation = Operation(error)
    with pytest.raises(type(error)):
        once(world, operation)
    assert once(world, operation).status == 200
    first, second = operation.trials
    assert first.notification_id == second.notification_id
    assert second.tried_at == world.clock()


def test_a_refusal_behind_a_try_that_died_keeps_the_id(world: World) -> None:
    # The first try may have sent to one of two users; the other was removed since.
    operation = Operation(Killed(), Forbidden("no"))
    with pytest.raises(Killed):
        once(world, operation)
    world.clock.advance(LEASE_MS)
    assert refusal_code(once, world, operation) is Code.FORBIDDEN_TOPIC
    once(world, operation)
    assert len({trial.notification_id for trial in operation.trials}) == 1


def test_an_answer_that_is_not_final_is_not_kept(world: World) -> None:
    operation = Operation()
    operation.answer = Answer(200, b"{}", final=False)
    once(world, operation)
    operation.answer = Answer(200, b'{"all":"done"}')
    assert once(world, operation).body == b'{"all":"done"}'
    assert len({trial.notification_id for trial in operation.trials}) == 1


def test_an_answer_too_long_to_keep_is_made_again_under_the_same_id(world: World) -> None:
    operation = Operation()
    operation.answer = Answer(200, b'"' + b"x" * MAX_ANSWER_BYTES + b'"')
    assert once(world, operation) == once(world, operation) == operation.answer
    assert len({trial.notification_id for trial in operation.trials}) == 1


def test_a_key_is_kept_for_a_day(world: World) -> None:
    operation = Operation()
    once(world, operation)
    world.clock.advance(KEPT_MS - 1)
    assert once(world, operation).replayed
    world.clock.advance(1)
    assert not once(world, operation).replayed


class ForgetfulAttempts(FakeAttempts):
    """What ends an attempt does not get through."""

    def finish(self, key: str, attempt: Attempt, answer: KeptAnswer) -> bool:
        raise Unavailable("the store does not answer: try again")

    def lease(self, key: str, seen: Attempt, until: int) -> bool:
        raise Unavailable("the store does not answer: try again")

    def drop(self, key: str, attempt: Attempt) -> bool:
        raise Unavailable("the store does not answer: try again")


def test_what_is_done_is_answered_though_the_answer_cannot_be_kept(world: World) -> None:
    world.attempts = ForgetfulAttempts()
    assert once(world, Operation()).status == 200


@pytest.mark.parametrize("error", [Forbidden("no"), ZeroDivisionError()])
def test_an_error_is_not_hidden_by_a_store_that_does_not_answer(
    world: World, error: Exception
) -> None:
    world.attempts = ForgetfulAttempts()
    with pytest.raises(type(error)):
        once(world, Operation(error))


class RepeatingAttempts(FakeAttempts):
    """The answer to a write gets lost, and the store's client writes once more."""

    def begin(self, key: str, attempt: Attempt, expires_at: int) -> Attempt:
        super().begin(key, attempt, expires_at)
        return super().begin(key, attempt, expires_at)


def test_who_finds_what_it_wrote_itself_is_the_first(world: World) -> None:
    world.attempts = RepeatingAttempts()
    operation = Operation()
    assert once(world, operation).status == 200
    assert operation.trials[0].tried_at is None


@pytest.mark.parametrize("key", ["", " ", "a b", "\x7f", "k\u00e9", "x" * 256, "a\n"])
def test_a_key_that_is_none_is_refused_by_its_name(world: World, key: str) -> None:
    operation = Operation()
    with pytest.raises(Invalid, match="Idempotency-Key: 1 to 255 visible ASCII characters"):
        once(world, operation, key=key)
    assert operation.trials == []


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"', "a#b", "a,b"])
def test_any_visible_characters_are_a_key(world: World, key: str) -> None:
    once(world, Operation(), key=key)
    assert once(world, Operation(), key=key).replayed


def test_parts_have_ids_of_their_own_that_stay() -> None:
    trial = Trial("ntf_0123456789ab0123456789abcdef", 5)
    parts = [trial.part(number) for number in range(100)]
    assert len({part.notification_id for part in parts} | {trial.notification_id}) == 101
    assert parts == [trial.part(number) for number in range(100)]
    assert {part.tried_at for part in parts} == {5}
    # As long as any other, and with its time.
    assert {(len(part.notification_id), part.notification_id[:16]) for part in parts} == {
        (32, "ntf_0123456789ab")
    }
