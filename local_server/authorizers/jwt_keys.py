"""An issuer's public keys, found by its discovery document and kept for a while."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from local_server.authorizers.jwt_claims import InvalidToken
from local_server.clock import Clock, Milliseconds
from local_server.template.issuers import is_fetchable, is_loopback

# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
FETCH_TIMEOUT_S = 1.5
# Of a key set, the same page; no more is read of a discovery document either.
DOCUMENT_BYTES = 150_000
KEPT_MS = 2 * 60 * 60 * 1000
# A token with an unknown key id makes us look again, as keys rotate; a flood of them does not.
REFETCH_MS = 5 * 1000

Keys = dict[str, RSAPublicKey]
Fetch = Callable[[str], Awaitable[Any]]


class FetchFailed(Exception):
    """No JSON came from there, or not in time."""


async def fetch_json(url: str) -> Any:
    """Raises FetchFailed."""
    if not is_fetchable(url):
        raise FetchFailed(f"neither https nor on this machine: {url}")
    try:
        async with asyncio.timeout(FETCH_TIMEOUT_S):
            return json.loads(await asyncio.to_thread(_read, url))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise FetchFailed(f"{url}: {type(error).__name__}") from error


def _read(url: str) -> bytes:
    # What is on this machine is not asked for through a proxy.
    proxies = [ProxyHandler({})] if is_loopback(urlsplit(url).hostname or "") else []
    with build_opener(*proxies).open(url, timeout=FETCH_TIMEOUT_S) as answer:
        document = bytes(answer.read(DOCUMENT_BYTES + 1))
    if len(document) > DOCUMENT_BYTES:
        raise ValueError("too large")
    return document


class IssuerKeys:
    """Finds keys by id, at one issuer. Fetching again is what forgets revoked ones."""

    def __init__(self, issuer: str, clock: Clock, fetch: Fetch = fetch_json) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetch = fetch
        self._keys: Keys = {}
        self._fetched_at: Milliseconds | None = None
        self._tried_at: Milliseconds | None = None
        self._trouble: str | None = None
        self._one_at_a_time = asyncio.Lock()

    async def find(self, key_id: str) -> RSAPublicKey:
        """Raises InvalidToken.

        Also where the issuer cannot be reached: AWS answers 401, and with these words
        (`OIDC discovery endpoint communication error`, recorded in HTTP APIs' access logs).
        """
        if key_id not in self._fresh():
            async with self._one_at_a_time:
                if key_id not in self._fresh() and self._may_try():
                    await self._refresh()
        if key_id not in (keys := self._fresh()):
            raise InvalidToken(self._trouble or "the key of the token is unknown")
        return keys[key_id]

    def _fresh(self) -> Keys:
        at = self._fetched_at
        return {} if at is None or self._clock.now() - at > KEPT_MS else self._keys

    def _may_try(self) -> bool:
        return self._tried_at is None or self._clock.now() - self._tried_at >= REFETCH_MS

    async def _refresh(self) -> None:
        self._tried_at = self._clock.now()
        self._trouble = "OIDC discovery endpoint communication error"
        try:
            where = await self._jwks_uri()
            self._trouble = "JWKS communication error"
            self._keys = parse_keys(await self._fetch(where))
        except FetchFailed:
            return
        self._trouble = None
        self._fetched_at = self._clock.now()

    async def _jwks_uri(self) -> str:
        document = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        where = document.get("jwks_uri") if isinstance(document, dict) else None
        if not isinstance(where, str):
            raise FetchFailed("the discovery document has no jwks_uri")
        return where


def parse_keys(document: Any) -> Keys:
    """The usable ones of a JSON Web Key Set: RSA, public, with an id. Raises FetchFailed."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise FetchFailed("no JSON Web Key Set")
    pairs = ((entry.get("kid"), _key(entry)) for entry in entries if isinstance(entry, dict))
    return {key_id: key for key_id, key in pairs if isinstance(key_id, str) and key is not None}


def _key(entry: dict[str, Any]) -> RSAPublicKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    try:
        key = RSAAlgorithm.from_jwk(entry)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAPublicKey) else None
