"""API Gateway's and DynamoDB's ends of a broadcast: TLS, and an answer ten milliseconds later."""

import asyncio
import functools
import json
import multiprocessing
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LATENCY_S = 0.010
PAGE = 1000
FAR_MS = 4_102_444_800_000
_ID = '"connection_id":{"S":"L%04d%09dI="}'
ITEM = (
    '{"topic_shard":{"S":"%s"},'
    + _ID
    + ',"username":{"S":"user%d"},"connected_at":{"N":"1767225600000"},'
    + f'"token_expires_at":{{"N":"{FAR_MS}"}},"expires_at":{{"N":"{FAR_MS // 1000}"}}}}'
)
KEY = ',"LastEvaluatedKey":{"topic_shard":{"S":"%s"},' + _ID + "}"
POSTED = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n"
    b"x-amzn-RequestId: 8f0c6f3e-6a53-4a0e-9d5b-0f6b7a1c2d3e\r\n"
    b"x-amz-apigw-id: L0SM9cOFvHcCIhw=\r\n\r\n"
)


@dataclass(frozen=True)
class Urls:
    """Of the same server, over TLS and in the clear."""

    tls: str
    plain: str


@contextmanager
def aws_sink(folder: Path, latency_s: float = LATENCY_S) -> Iterator[Urls]:
    """In a process of its own; `folder` gets the certificate, `ca.pem`.

    A POST of `/` is a Query of a shard of a topic, `bench:4000#17`, which has so many subscribers
    as the topic's name says. Any other request is a post that arrives.
    """
    certificate, key = _certificate(folder)
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(there, certificate, key, latency_s)
    )
    process.start()
    there.close()
    try:
        tls, plain = here.recv()
        yield Urls(f"https://127.0.0.1:{tls}", f"http://127.0.0.1:{plain}")
    finally:
        process.terminate()
        process.join()


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "ca.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(files[0]), str(files[1])


def _serve(there: Connection, certificate: str, key: str, latency_s: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started it ends it
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    sink = functools.partial(_Sink, latency_s)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(sink, "127.0.0.1", 0, ssl=each, backlog=512)
            for each in (context, None)
        ]
        there.send([server.sockets[0].getsockname()[1] for server in servers])
        orphaned = asyncio.Event()
        loop.add_reader(there.fileno(), orphaned.set)
        await orphaned.wait()

    uvloop.run(main())


class _Sink(asyncio.Protocol):
    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if end and len(body) >= int(length or 0):
            self._received = b""
            frame = answer(json.loads(body)) if head.startswith(b"POST / ") else POSTED
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, frame)


def answer(query: dict[str, Any]) -> bytes:
    """However the question is put: the shard is the value with a `#`, and where the page begins is
    another value, or a key of its own."""
    texts = [value["S"] for value in query["ExpressionAttributeValues"].values()]
    (topic_shard,) = (text for text in texts if "#" in text)
    behind = [text for text in texts if text != topic_shard]
    if "ExclusiveStartKey" in query:
        behind = [query["ExclusiveStartKey"]["connection_id"]["S"]]
    first = _number(behind[0]) + 1 if behind else 0
    return _page(topic_shard, first, query.get("Limit", PAGE))


@functools.lru_cache(8)
def _page(topic_shard: str, first: int, limit: int) -> bytes:
    topic, _, shard = topic_shard.partition("#")
    rows = range(first, min(first + limit, int(topic.rpartition(":")[2])))
    items = ",".join(ITEM % (topic_shard, int(shard), row, row) for row in rows)
    key = KEY % (topic_shard, int(shard), rows[-1]) if len(rows) == limit else ""
    body = f'{{"Items":[{items}],"Count":{len(rows)},"ScannedCount":{len(rows)}{key}}}'.encode()
    head = f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body


def _number(connection_id: str) -> int:
    return int(connection_id[5:-2])
