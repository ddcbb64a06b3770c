from collections.abc import Callable
from functools import partial

import pytest

from handlers._edge.websocket import WebSocketCall, websocket
from notify.errors import InternalError, Unavailable
from tests import events


def test_a_frame_without_a_body_is_an_empty_text() -> None:
    assert WebSocketCall(events.message("c1", None)).text == ""


def test_a_handshake_without_a_query_offers_no_token() -> None:
    assert WebSocketCall(events.connect("c1")).offer.token is None


def test_a_refusal_becomes_its_status() -> None:
    @websocket
    def handler(call: WebSocketCall) -> None:
        raise Unavailable("later")

    assert handler(events.connect("c1"), events.CONTEXT) == {"statusCode": 503}


@pytest.mark.parametrize("event", [events.connect, partial(events.message, body="x")])
def test_a_bug_is_raised_without_its_text(
    event: Callable[[str], events.Event], capsys: pytest.CaptureFixture[str]
) -> None:
    @websocket
    def handler(call: WebSocketCall) -> None:
        raise KeyError("a secret")

    with pytest.raises(InternalError) as raised:
        handler(event("c1"), events.CONTEXT)
    assert raised.value.__suppress_context__
    assert "a secret" not in capsys.readouterr().out
