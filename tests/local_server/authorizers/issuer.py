"""An identity provider that publishes its keys and signs tokens; it can be down or silent."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/some/keys"


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: RSAPrivateKey, key_id: str) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig"}


class Issuer:
    """`answers` may be changed at any time; a path that is not in it is a 404."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = new_key()
        self.answers: dict[str, Any] = {
            DISCOVERY: {"issuer": url, "jwks_uri": url + KEYS},
            KEYS: {"keys": [public_jwk(self.key, "one")]},
        }
        self.asked: list[str] = []
        self.silent = threading.Event()

    def token(self, /, _key_id: str | None = "one", **claims: Any) -> str:
        """Good for an hour, at `rooms`; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": "rooms", "sub": "u1", "iat": now, "exp": now + 3600}
        payload = {name: value for name, value in (usual | claims).items() if value is not None}
        headers = {} if _key_id is None else {"kid": _key_id}
        return jwt.encode(payload, self.key, "RS256", headers)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            while issuer.silent.is_set() and not stopped.wait(0.05):
                pass
            found = issuer.answers.get(self.path)
            body = b"" if found is None else json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    stopped = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield issuer
    finally:
        stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
