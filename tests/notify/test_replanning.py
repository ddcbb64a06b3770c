import pytest

from notify.deadlines import MINUTE_MS
from notify.deliveries import RESERVE_MS
from notify.errors import Unavailable
from notify.jobs import PartJob
from notify.parts import PLAN
from notify.replanning import PATIENCE_MINUTES
from tests.notify.conftest import DeafDeliveries, World, broadcast, reached


def die_before_the_message(world: World) -> None:
    there, world.deliveries = world.deliveries, DeafDeliveries()
    with pytest.raises(Unavailable):
        broadcast(world, "general")
    world.deliveries = there


def after(world: World, minutes: int) -> int:
    """How many messages are put so many minutes later."""
    world.clock.advance(minutes * MINUTE_MS)
    return world.replanning.put_again(world.clock() // MINUTE_MS)


def test_a_broadcast_whose_call_died_reaches_everybody_all_the_same(many: World) -> None:
    die_before_the_message(many)
    assert after(many, PATIENCE_MINUTES) == 1
    many.deliver_all()
    assert reached(many) == ["c1", "c2", "c3"]
    assert after(many, PATIENCE_MINUTES) == 0


def test_it_is_asked_for_every_quarter_of_an_hour_until_it_is_planned(many: World) -> None:
    die_before_the_message(many)
    put = [after(many, 1) for _ in range(2 * PATIENCE_MINUTES)]
    quarter = [0] * (PATIENCE_MINUTES - 1) + [1]
    assert put == quarter * 2


def test_a_message_that_was_only_slow_and_one_more_deliver_once(many: World) -> None:
    broadcast(many, "general")
    assert after(many, PATIENCE_MINUTES) == 1
    assert len(many.deliveries.waiting) == 2
    many.deliver_all()
    assert reached(many) == ["c1", "c2", "c3"]


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_what_is_cancelled_or_given_up_is_let_alone(many: World, is_cancelled: bool) -> None:
    die_before_the_message(many)
    (job,) = many.jobs.active()
    if is_cancelled:
        many.jobs.cancel(job.id)
    else:
        many.jobs.fail(job.id, PLAN)  # it is among the dead letters, and somebody was woken up
    assert after(many, PATIENCE_MINUTES) == 0


def test_a_broadcast_of_this_minute_is_let_alone(many: World) -> None:
    broadcast(many, "general")
    waiting = many.deliveries.take()
    assert after(many, 0) == 0
    assert waiting == [PartJob(many.jobs.active()[0].id, PLAN)]


def test_parts_that_are_all_in_the_queue_are_let_alone(many: World) -> None:
    broadcast(many, "general")
    (plan,) = many.deliveries.take()
    many.deliverer.run(plan, lambda: 2 * RESERVE_MS)
    assert many.deliveries.waiting
    assert after(many, PATIENCE_MINUTES) == 0
