"""One socket over a transport that remembers."""

import asyncio
from typing import Any, cast

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from local_server.assumptions import Assumptions
from local_server.gateway import DELETED, Closing
from local_server.requests import Request
from local_server.websocket import (
    SEND_BUFFER_BYTES,
    BadUpgrade,
    BufferFull,
    Upgrade,
    WebSocket,
    negotiate,
    switching_protocols,
)

GOOD = {
    "Host": "h",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Transport:
    """Keeps what is written; `waiting` is what the peer has not read."""

    def __init__(self) -> None:
        self.written = b""
        self.waiting = 0
        self.ended = False
        self.aborted = asyncio.Event()

    def write(self, chunk: bytes) -> None:
        self.written += chunk

    def write_eof(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.aborted.set()

    def get_write_buffer_size(self) -> int:
        return self.waiting


class Owner:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.closings: list[Closing] = []
        self.pings = 0

    def on_ping(self) -> None:
        self.pings += 1

    def on_text(self, text: str) -> None:
        self.texts.append(text)

    def on_closed(self, closing: Closing) -> None:
        self.closings.append(closing)


class Pair:
    """A socket of ours, and websockets' own client at the other end."""

    def __init__(self, assumed: Assumptions = Assumptions()) -> None:  # noqa: B008 - frozen
        self.transport = Transport()
        self.owner = Owner()
        self.client = ClientProtocol(parse_uri("ws://h/"), state=OPEN)
        self.socket = WebSocket(cast(asyncio.Transport, self.transport), self.owner, assumed)

    def deliver(self) -> None:
        """What the client has written reaches us."""
        for chunk in self.client.data_to_send():
            self.socket.receive(chunk)

    def received(self) -> list[Any]:
        """The frames that have reached the client."""
        self.client.receive_data(self.transport.written)
        self.transport.written = b""
        return self.client.events_received()


@pytest.fixture
async def pair() -> Pair:
    return Pair()


def upgrade(method: str = "GET", **changes: str | None) -> Request:
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    pairs = tuple((name, value) for name, value in headers.items() if value is not None)
    return Request(method, "/local", "", pairs, b"", "127.0.0.1", 1)


# The handshake


def test_a_good_request_is_accepted_with_the_key_of_rfc_6455() -> None:
    accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert negotiate(upgrade(), Assumptions()) == Upgrade(accept)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (upgrade(Connection=None), 426),
        (upgrade(Upgrade="h2c"), 426),
        (upgrade(Sec_WebSocket_Key=None), 400),
        (upgrade(Sec_WebSocket_Key="short"), 400),
        (upgrade(Sec_WebSocket_Version="8"), 400),
        (upgrade("POST"), 400),
    ],
)
def test_a_bad_request_is_refused(request_: Request, status: int) -> None:
    with pytest.raises(BadUpgrade) as refusal:
        negotiate(request_, Assumptions())
    assert refusal.value.status == status


def test_the_answer_names_a_subprotocol_only_if_there_is_one() -> None:
    plain = Upgrade("key")
    assert b"Protocol:" not in switching_protocols(plain, None)
    assert b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n" in switching_protocols(plain, "chat")


OFFER = "permessage-deflate; client_max_window_bits"


def test_an_offer_of_compression_is_not_taken__1_2_13() -> None:
    upgraded = negotiate(upgrade(Sec_WebSocket_Extensions=OFFER), Assumptions())
    assert b"Extensions" not in switching_protocols(upgraded, None)


def test_it_is_taken_where_that_is_assumed__1_2_13() -> None:
    assumed = Assumptions(compression=True)
    upgraded = negotiate(upgrade(Sec_WebSocket_Extensions=OFFER), assumed)
    assert b"\r\nSec-WebSocket-Extensions: permessage-deflate" in switching_protocols(
        upgraded, None
    )
    assert len(upgraded.extensions) == 1


# Frames


async def test_fragments_are_put_together(pair: Pair) -> None:
    pair.client.send_text("é".encode()[:1], fin=False)
    pair.client.send_ping(b"between")
    pair.client.send_continuation("é".encode()[1:], fin=True)
    pair.deliver()
    assert pair.owner.texts == ["é"]
    assert [frame.opcode for frame in pair.received()] == [Opcode.PONG]


async def test_bytes_may_arrive_one_by_one(pair: Pair) -> None:
    pair.client.send_text(b"hello")
    for byte in b"".join(pair.client.data_to_send()):
        pair.socket.receive(bytes([byte]))
    assert pair.owner.texts == ["hello"]


async def test_an_empty_message_is_a_message(pair: Pair) -> None:
    pair.client.send_text(b"")
    pair.deliver()
    pair.socket.post(b"")
    assert pair.owner.texts == [""]
    assert [(frame.data, frame.fin) for frame in pair.received()] == [(b"", True)]


async def test_a_large_post_is_split__4_7(pair: Pair) -> None:
    pair.socket.post(b"x" * (2 * 32768 + 1))
    frames = pair.received()
    assert [len(frame.data) for frame in frames] == [32768, 32768, 1]
    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.CONT, Opcode.CONT]


async def test_a_large_post_goes_out_whole_where_that_is_assumed__4_7() -> None:
    pair = Pair(Assumptions(post_is_split=False))
    pair.socket.post(b"x" * 40_000)
    assert [len(frame.data) for frame in pair.received()] == [40_000]


@pytest.mark.parametrize(
    ("binary_post", "opcode"), [("binary", Opcode.BINARY), ("text", Opcode.TEXT)]
)
async def test_a_post_that_is_no_text_goes_out_as_assumed__2_2_4(
    binary_post: Any, opcode: Opcode
) -> None:
    pair = Pair(Assumptions(binary_post=binary_post))
    pair.socket.post(b"\xff\xfe")
    pair.socket.post(b"text")
    assert [frame.opcode for frame in pair.received()] == [opcode, Opcode.TEXT]


async def test_a_ping_is_answered_and_heard_of__1_5_2__1_5_3(pair: Pair) -> None:
    pair.client.send_ping(b"are you there")
    pair.deliver()
    assert [(frame.opcode, frame.data) for frame in pair.received()] == [
        (Opcode.PONG, b"are you there")
    ]
    assert (pair.owner.pings, pair.owner.texts) == (1, [])


async def test_a_full_buffer_is_an_error__4_8(pair: Pair) -> None:
    pair.transport.waiting = SEND_BUFFER_BYTES + 1
    with pytest.raises(BufferFull):
        pair.socket.post(b"x")


# The end


async def test_closing_waits_for_the_peer_then_ends_once(pair: Pair) -> None:
    pair.socket.close(DELETED)
    assert pair.owner.closings == []
    pair.received()
    pair.deliver()
    pair.socket.lost()
    assert pair.owner.closings == [DELETED]
    assert pair.transport.ended


async def test_a_peer_that_never_answers_is_cut_off(pair: Pair) -> None:
    pair.socket.close(DELETED)
    await asyncio.wait_for(pair.transport.aborted.wait(), 30)
    pair.socket.lost()
    assert pair.owner.closings == [DELETED]


async def test_after_our_close_no_text_is_heard_and_nothing_is_posted(pair: Pair) -> None:
    pair.client.send_text(b"crossed the close")
    pair.socket.close(DELETED)
    pair.deliver()
    pair.socket.post(b"too late")
    assert pair.owner.texts == []
    assert [frame.opcode for frame in pair.received()] == [Opcode.CLOSE]


async def test_what_comes_before_a_binary_frame_is_heard_and_what_comes_after_is_not(
    pair: Pair,
) -> None:
    pair.client.send_text(b"before")
    pair.client.send_binary(b"binary")
    pair.client.send_text(b"after")
    pair.client.send_close(1000)
    pair.socket.receive(b"".join(pair.client.data_to_send()))
    assert pair.owner.texts == ["before"]
    assert [closing.code for closing in pair.owner.closings] == [1003]


async def test_the_end_of_the_stream_without_a_close_frame_is_1006(pair: Pair) -> None:
    pair.socket.receive_eof()
    pair.socket.lost()
    assert pair.owner.closings == [Closing(1006, "")]


async def test_bytes_after_the_end_do_no_harm(pair: Pair) -> None:
    pair.socket.receive(Frame(Opcode.BINARY, b"x").serialize(mask=True))
    pair.socket.receive(b"\xff" * 100_000)
    pair.socket.receive_eof()
    pair.socket.lost()
    assert [closing.code for closing in pair.owner.closings] == [1003]
