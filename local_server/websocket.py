"""One WebSocket over one transport: frames in, frames out, and a single end."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidUpgrade
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as UpgradeRequest
from websockets.protocol import OPEN, Event
from websockets.server import ServerProtocol

from local_server.assumptions import Assumptions
from local_server.gateway import (
    BINARY,
    FRAME_BYTES,
    LOST,
    MESSAGE_BYTES,
    NO_STATUS,
    NOT_UTF8,
    TOO_BIG,
    Closing,
)
from local_server.requests import Request

# A peer that does not answer a close frame is cut off.
CLOSE_TIMEOUT_S = 1.0
# "the WebSocket client side buffer is full" (botocore's words of LimitExceededException).
SEND_BUFFER_BYTES = 4 * 1024 * 1024


class BadUpgrade(Exception):
    """The request cannot be upgraded; `status` is the answer to it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BufferFull(Exception):
    """The peer reads too slowly for what is posted to it."""


class Events(Protocol):
    """What the owner of a socket hears of it. `on_closed` comes once, after the last text."""

    def on_text(self, text: str) -> None: ...

    def on_ping(self) -> None: ...

    def on_closed(self, closing: Closing) -> None: ...


class Wire(ServerProtocol):
    """RFC 6455 within API Gateway's limits and with its reasons."""

    def __init__(self, extensions: Sequence[Extension] = ()) -> None:
        super().__init__(state=OPEN, max_size=(MESSAGE_BYTES, FRAME_BYTES))
        self.extensions = list(extensions)

    def fail(self, code: int, reason: str = "") -> None:
        """The library's reasons name sizes and positions; AWS's do not."""
        super().fail(code, TOO_BIG.reason if code == TOO_BIG.code else "")


@dataclass(frozen=True)
class Upgrade:
    """What the 101 says of the protocol itself, and what both sides speak from then on."""

    accept: str
    extensions_header: str | None = None
    extensions: tuple[Extension, ...] = ()


def negotiate(request: Request, assumed: Assumptions) -> Upgrade:
    """Raises BadUpgrade."""
    if request.method != "GET":
        raise BadUpgrade(400)
    offers = [ServerPerMessageDeflateFactory()] if assumed.compression else None
    wire = ServerProtocol(extensions=offers)
    try:
        headers = Headers(request.headers)
        accept, header, _ = wire.process_request(UpgradeRequest(request.path, headers))
    except InvalidUpgrade as error:
        raise BadUpgrade(426) from error
    except InvalidHandshake as error:
        raise BadUpgrade(400) from error
    return Upgrade(accept, header, tuple(wire.extensions))


def switching_protocols(upgrade: Upgrade, subprotocol: str | None) -> bytes:
    """The 101. Of $connect's headers the sub-protocol alone gets through (aws/chalice#1768)."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Connection: upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Accept: {upgrade.accept}",
    ]
    if upgrade.extensions_header is not None:
        lines.append(f"Sec-WebSocket-Extensions: {upgrade.extensions_header}")
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


class WebSocket:
    """An open socket. It ends once: by the peer, by us, or by the network."""

    def __init__(
        self,
        transport: asyncio.Transport,
        events: Events,
        assumed: Assumptions,
        extensions: Sequence[Extension] = (),
    ) -> None:
        self._transport = transport
        self._events = events
        self._assumed = assumed
        self._wire = Wire(extensions)
        self._message = bytearray()
        self._ours: Closing | None = None
        self._cut_off: asyncio.TimerHandle | None = None
        self._ended = False
        self.messages_in = 0
        self.messages_out = 0

    def receive(self, chunk: bytes) -> None:
        if self._wire.reader.eof:
            return
        self._wire.receive_data(chunk)
        self._handle(self._wire.events_received())

    def receive_eof(self) -> None:
        self._wire.receive_eof()
        self._flush()

    def lost(self) -> None:
        # asyncio raises when a transport that has ended is aborted.
        if self._cut_off is not None:
            self._cut_off.cancel()
        self._end(LOST)

    def check_room(self) -> None:
        """Raises BufferFull."""
        if self._transport.get_write_buffer_size() > SEND_BUFFER_BYTES:
            raise BufferFull

    def post(self, payload: bytes) -> None:
        """One message, in frames of at most 32 KB. Raises BufferFull."""
        self.check_room()
        if self._wire.state is not OPEN:
            return
        self.messages_out += 1
        for index, (part, last) in enumerate(self._parts(payload)):
            if index:
                self._wire.send_continuation(part, fin=last)
            elif self._assumed.binary_post == "text" or _is_text(payload):
                self._wire.send_text(part, fin=last)
            else:
                # A text frame with what is no text would break every client.
                self._wire.send_binary(part, fin=last)
        self._flush()

    def _parts(self, payload: bytes) -> Iterator[tuple[bytes, bool]]:
        size = FRAME_BYTES if self._assumed.post_is_split else MESSAGE_BYTES
        end = max(len(payload), 1)
        for start in range(0, end, size):
            yield payload[start : start + size], start + size >= end

    def close(self, closing: Closing) -> None:
        if self._wire.state is not OPEN:
            return
        self._ours = closing
        self._wire.send_close(closing.code, closing.reason)
        self._flush()
        self._cut_off_later()

    def pause(self) -> None:
        with suppress(RuntimeError):
            self._transport.pause_reading()

    def resume(self) -> None:
        with suppress(RuntimeError):
            self._transport.resume_reading()

    def _handle(self, events: Iterable[Event]) -> None:
        for frame in events:
            assert isinstance(frame, Frame)  # noqa: S101 - the handshake is not the wire's
            if self._ours is not None and frame.opcode is not Opcode.CLOSE:
                continue
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                self._on_fragment(frame)
            elif frame.opcode is Opcode.BINARY:
                # "API Gateway doesn't currently support binary frames" (developer guide,
                # websocket-api-develop-binary-media-types).
                self._fail(BINARY)
            elif frame.opcode is Opcode.PING:
                self._events.on_ping()
        self._flush()

    def _on_fragment(self, frame: Frame) -> None:
        self._message += frame.data
        if not frame.fin:
            return
        message, self._message = self._message, bytearray()
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self._fail(NOT_UTF8)
            return
        self.messages_in += 1
        self._events.on_text(text)

    def _fail(self, closing: Closing) -> None:
        self._ours = closing
        self._wire.fail(closing.code, closing.reason)

    def _flush(self) -> None:
        for chunk in self._wire.data_to_send():
            if chunk:
                self._transport.write(chunk)
            else:
                self._half_close()

    def _half_close(self) -> None:
        """The last frame is out. Closing at once would reset what the peer is still sending."""
        with suppress(OSError, RuntimeError):
            self._transport.write_eof()
        self._cut_off_later()
        self._end(self._closing())

    def _closing(self) -> Closing:
        if self._ours is not None:
            return self._ours
        received = self._wire.close_rcvd
        if received is not None and received.code == NO_STATUS.code:
            return NO_STATUS
        if received is not None:
            return Closing(received.code, received.reason)
        sent = self._wire.close_sent
        return Closing(sent.code, sent.reason) if sent else LOST

    def _end(self, closing: Closing) -> None:
        if self._ended:
            return
        self._ended = True
        self._events.on_closed(self._ours or closing)

    def _cut_off_later(self) -> None:
        if self._cut_off is None:
            loop = asyncio.get_running_loop()
            self._cut_off = loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
