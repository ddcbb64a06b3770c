"""Posts to connections: what the adapter costs a post, beside plain HTTP without a signature."""

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from benchmarks.measure import Figure, cpu_us, in_turn
from infra.gateway import ApiGateway
from notify.model import ConnectionId
from notify.ports import Outcome

FRAME = b'{"type":"notification","data":"' + b"x" * 450 + b'"}'
IDS = [ConnectionId(f"L0SM9cOFvHcC{number:03}=") for number in range(100)]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def measure(rounds: int) -> Figure:
    with _sink() as port:
        gateway = ApiGateway(f"http://127.0.0.1:{port}/bench", "eu-central-1")
        pool = urllib3.PoolManager()
        url = f"http://127.0.0.1:{port}/bench/%40connections/"

        def signed() -> None:
            outcomes = dict(gateway.post_each(dict.fromkeys(IDS, FRAME)))
            assert set(outcomes.values()) == {Outcome.POSTED}

        def plain() -> None:
            for connection_id in IDS:
                assert pool.request("POST", url + connection_id, body=FRAME).status == 200

        signed()
        plain()
        subject, baseline = in_turn(
            lambda: cpu_us(signed, 3) / len(IDS), lambda: cpu_us(plain, 3) / len(IDS), rounds
        )
    return Figure(
        "post to a connection",
        "ApiGateway.post_each (boto3, threads)",
        "urllib3, unsigned, one after another",
        "CPU µs",
        subject,
        baseline,
        rounds,
    )


@contextmanager
def _sink() -> Iterator[int]:
    """A process that answers 200 to whatever it is posted, so that its work is not measured."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = multiprocessing.get_context("fork").Process(target=_answer, args=(listener,))
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


def _answer(listener: socket.socket) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, sock=listener)
        await server.serve_forever()

    asyncio.run(main())
