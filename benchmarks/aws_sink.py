"""API Gateway's and DynamoDB's ends of a broadcast: TLS, and an answer ten milliseconds later."""

import asyncio
import json
import multiprocessing
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LATENCY_S = 0.010
FAR_MS = 4_102_444_800_000
POSTED = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n"
    b"x-amzn-RequestId: 8f0c6f3e-6a53-4a0e-9d5b-0f6b7a1c2d3e\r\n"
    b"x-amz-apigw-id: L0SM9cOFvHcCIhw=\r\n\r\n"
)


@contextmanager
def aws_sink(folder: Path, page_size: int) -> Iterator[str]:
    """Its URL, in a process of its own; `folder` gets the certificate, `ca.pem`. A POST of `/` is
    a Query, and finds a page that is not the last."""
    certificate, key = _certificate(folder)
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(there, certificate, key, _page(page_size))
    )
    process.start()
    try:
        yield f"https://127.0.0.1:{here.recv()}"
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


def _page(size: int) -> bytes:
    items = [
        {
            "connection_id": {"S": f"L0SM9cOFvHc{number:04}="},
            "username": {"S": f"user{number}"},
            "connected_at": {"N": "1767225600000"},
            "token_expires_at": {"N": str(FAR_MS)},
            "expires_at": {"N": str(FAR_MS // 1000)},
            "topic_shard": {"S": "bench#0"},
        }
        for number in range(size)
    ]
    last = {name: items[-1][name] for name in ("topic_shard", "connection_id")}
    answer = {"Items": items, "Count": size, "ScannedCount": size, "LastEvaluatedKey": last}
    body = json.dumps(answer, separators=(",", ":")).encode()
    head = f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body


def _serve(there: Connection, certificate: str, key: str, page: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Sink(page), "127.0.0.1", 0, ssl=context, backlog=512
        )
        there.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


class _Sink(asyncio.Protocol):
    def __init__(self, page: bytes) -> None:
        self._page = page
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if end and len(body) >= int(length or 0):
            self._received = b""
            answer = self._page if head.startswith(b"POST / ") else POSTED
            asyncio.get_running_loop().call_later(LATENCY_S, self._transport.write, answer)
