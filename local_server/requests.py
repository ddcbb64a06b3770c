"""A client's HTTP request as the gateway sees it, apart from the server that received it."""

import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from local_server.clock import Milliseconds

# They belong to one hop; API Gateway's integration events never carry them.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True)
class Request:
    """`headers` are as sent, in order and in the client's case; `path` is still encoded."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    port: int
    protocol: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The last value of the header, whatever its case."""
        values = self.header_values(name)
        return values[-1] if values else None

    def header_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def host(self) -> str:
        return self.header("host") or f"127.0.0.1:{self.port}"

    @property
    def decoded_path(self) -> str:
        return unquote(self.path)

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def forwarded_headers(self, trace: str) -> list[tuple[str, str]]:
        """What an integration gets: no hop-by-hop headers, and the gateway's own ones."""
        own = {"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}
        kept = [
            (name, value)
            for name, value in self.headers
            if name.lower() not in _HOP_BY_HOP and name.lower() not in own
        ]
        chain = ", ".join([*self.header_values("x-forwarded-for"), self.source_ip])
        return [
            *kept,
            ("X-Amzn-Trace-Id", self.header("x-amzn-trace-id") or trace),
            ("X-Forwarded-For", chain),
            ("X-Forwarded-Port", str(self.port)),
            ("X-Forwarded-Proto", "http"),
        ]


def clf_time(now: Milliseconds) -> str:
    """`20/Jan/2024:11:55:00 +0000`, always UTC and always English."""
    return _clf_second(now // 1000)


@lru_cache(maxsize=1)
def _clf_second(second: int) -> str:
    moment = time.gmtime(second)
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
        moment.tm_mon - 1
    ]
    return time.strftime(f"%d/{month}/%Y:%H:%M:%S +0000", moment)
