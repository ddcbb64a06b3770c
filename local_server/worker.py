"""Inside a worker process: one handler, one event at a time, no library but the handler's own.

Frames on the socket are a kind, a flag, a length and a body. `S`etup and `I`nvoke come in; `P`id,
`R`eady, `O`utcome, `E`rror and e`X`it go out. The flag says that the worker has company.
"""

import json
import logging
import os
import socket
import struct
import sys
import threading
import time
import traceback
from typing import Any, TextIO

from local_server import callbacks, handler
from local_server.context import LambdaContext, surroundings
from local_server.travel import Travel

HEADER = struct.Struct(">c?I")
_CHUNK_BYTES = 64 * 1024


class LambdaLoggerHandler(logging.Handler):
    """Lambda puts one on the root logger, so `logger.info(…)` is seen with a level alone."""

    request_id = ""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
        self.addFilter(self._add_request_id)

    def emit(self, record: logging.LogRecord) -> None:
        # In Lambda an entry of its own, with or without the end of a line.
        sys.stdout.write(self.format(record).removesuffix("\n") + "\n")

    def _add_request_id(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True


_LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"


class Channel:
    """Frames over a blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def receive(self) -> Any:
        """The body of the next frame, or None when the emulator has hung up."""
        frame = bytearray()
        while len(frame) < HEADER.size or len(frame) < HEADER.size + HEADER.unpack_from(frame)[2]:
            chunk = self._sock.recv(_CHUNK_BYTES)
            if not chunk:
                return None
            frame += chunk
        return json.loads(frame[HEADER.size :].decode())

    def send(self, kind: bytes, body: bytes) -> None:
        self._sock.sendall(HEADER.pack(kind, has_company(), len(body)) + body)


def has_company() -> bool:
    """Threads or children, which go on while this thread waits for the next event."""
    if threading.active_count() > 1:
        return True
    try:
        # Nothing is waited for: without children it is an error.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (AttributeError, ChildProcessError):
        return False
    return True


def work(sock: socket.socket, logs: int) -> int:
    """Serves one function until the emulator hangs up or the handler cannot be loaded. Returns
    the exit status.
    """
    os.dup2(logs, 1)
    os.dup2(logs, 2)
    os.close(logs)
    channel = Channel(sock)
    channel.send(b"P", str(os.getpid()).encode())
    setup = channel.receive()
    if setup is None:
        return 0
    try:
        return _serve(channel, setup)
    except Exception:  # noqa: BLE001 - ours, not the handler's: seen in the function's output
        traceback.print_exc()
        return 1
    except BaseException as error:  # noqa: BLE001 - sys.exit() ends Lambda's runtime as well
        status = exit_status(error)
        _flush()
        channel.send(b"X", str(status).encode())
        return status


def _serve(channel: Channel, setup: dict[str, Any]) -> int:
    root_logs, travel = _prepare(setup), Travel()
    travel.go_ahead(setup["ahead_ms"])
    if origin := os.environ.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"):
        callbacks.redirect(origin, setup["api_hosts"])
    try:
        function = handler.load(setup["handler"])
    except Exception as error:  # noqa: BLE001 - whatever the module raises
        channel.send(b"E", _failed(error))
        return 1
    _flush()
    channel.send(b"R", b"")
    fields = {**setup["context"], **surroundings()}
    while (frame := channel.receive()) is not None:
        root_logs.request_id = frame["request_id"]
        travel.go_ahead(frame["ahead_ms"])
        context = LambdaContext(frame["request_id"], fields)
        channel.send(*_answer(function, frame["event"], context))
    return 0


def _answer(function: handler.Handler, event: Any, context: LambdaContext) -> tuple[bytes, bytes]:
    try:
        outcome = handler.call(function, event, context)
    except Exception as error:  # noqa: BLE001 - whatever the handler raises
        return b"E", _failed(error)
    _flush()
    return b"O", outcome


def _failed(error: Exception) -> bytes:
    _flush()
    return json.dumps(handler.failure(error)).encode()


def exit_status(error: BaseException) -> int:
    """Of a process that ends with `error`; a text of sys.exit() is printed."""
    if not isinstance(error, SystemExit):
        traceback.print_exception(error)
        return 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)  # noqa: T201 - so does Python
    return 1


def _prepare(setup: dict[str, Any]) -> LambdaLoggerHandler:
    os.environ.clear()
    os.environ.update(setup["environment"])
    time.tzset()
    os.chdir(setup["root"])
    sys.path.insert(0, setup["root"])
    sys.argv = [setup["handler"]]
    sys.stdin = open(os.devnull)  # noqa: SIM115 - it lives as long as the process
    sys.stdout = _lines_to(1)
    sys.stderr = _lines_to(2)
    logging.Formatter.converter = time.gmtime
    logs = LambdaLoggerHandler()
    logging.getLogger().addHandler(logs)
    return logs


def _lines_to(descriptor: int) -> TextIO:
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
