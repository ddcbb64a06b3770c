import pytest

from notify.errors import Forbidden, PayloadTooLarge
from notify.model import Pattern, timestamp
from notify.requests import Content
from tests.notify.conftest import World

ORDERS = Pattern("orders:eu")
HELLO = Content(notification_type="t", title="Hello", message="m", ttl_seconds=60)


def test_a_frame_says_what_was_asked_and_who_asked(world: World) -> None:
    frame = world.composer.compose(world.principal("root", "service"), HELLO, ORDERS)
    assert (frame.title, frame.stream, frame.topic) == ("Hello", ORDERS, ORDERS)
    assert (frame.sender.id, frame.sender.roles) == ("root", ["service"])
    assert frame.expires_at == timestamp(world.clock() + 60_000)


def test_a_frame_names_the_key_that_it_collapses_by(world: World) -> None:
    by = world.principal("root", "service")
    upload = Content(notification_type="t", title="Upload", message="m", collapse_key="upload 7")
    assert world.composer.compose(by, upload, ORDERS).collapse_key == "upload 7"
    assert world.composer.compose(by, HELLO, ORDERS).collapse_key is None


def test_whom_it_is_addressed_to_decides_who_may(world: World) -> None:
    by = world.principal("alice", "member")
    with pytest.raises(Forbidden, match=r"orders:\*"):
        world.composer.compose(by, HELLO, ORDERS, Pattern("orders:*"))


def test_more_bytes_than_a_frame_carries_are_refused(world: World) -> None:
    large = Content(notification_type="t", title="T", message="m", data={"x": "é" * 14_400})
    with pytest.raises(PayloadTooLarge):
        world.composer.compose(world.principal("root", "admin"), large, ORDERS)


def test_a_frame_names_the_request_it_came_from(world: World) -> None:
    world.correlation_id = "order-12"
    frame = world.composer.compose(world.principal("root", "service"), HELLO, ORDERS)
    assert frame.correlation_id == "order-12"


def test_a_frame_names_the_request_that_asked_for_it_long_ago(world: World) -> None:
    world.correlation_id = "the job's"
    by = world.principal("root", "service")
    frame = world.composer.compose(by, HELLO, ORDERS, correlation_id="order-12")
    assert frame.correlation_id == "order-12"
