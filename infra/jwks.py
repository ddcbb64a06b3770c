"""Keys of an identity provider, fetched from its JSON Web Key Set and kept for a while."""

import json
from urllib.parse import urlsplit

import urllib3

from infra.log import log
from notify.errors import Unavailable
from notify.ports import Clock
from notify.tokens import OUR_CLAIMS, Claims, Key, parse_jwks

KEPT_MS = 60 * 60 * 1000
# A token with an unknown key id makes us look again, as keys rotate; a flood of them does not.
REFETCH_MS = 30 * 1000
MAX_BYTES = 1024 * 1024


class Jwks:
    """Finds keys by id at one URL, which must be https unless it is on this machine."""

    def __init__(
        self,
        url: str,
        issuer: str | None,
        audience: str | None,
        clock: Clock,
        claims: Claims = OUR_CLAIMS,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("JWT_JWKS_URL must be https")
        self._url = url
        self._issuer = issuer
        self._audience = audience
        self._claims = claims
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at: int | None = None
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=1, read=2), retries=urllib3.Retry(2, redirect=0)
        )

    def find(self, key_id: str | None) -> Key | None:
        """Raises: Unavailable if no key was ever fetched and none can be."""
        if key_id is None:
            return None
        age = None if self._fetched_at is None else self._clock() - self._fetched_at
        if age is None or age > KEPT_MS or (key_id not in self._keys and age > REFETCH_MS):
            self._fetch()
        return self._keys.get(key_id)

    def _fetch(self) -> None:
        try:
            answer = self._pool.request("GET", self._url, preload_content=False)
            body = answer.read(MAX_BYTES)
            answer.release_conn()
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            self._keys = parse_jwks(json.loads(body), self._issuer, self._audience, self._claims)
        except (urllib3.exceptions.HTTPError, ValueError, AttributeError) as error:
            log("jwks_not_fetched", level="error", error=type(error).__name__)
            if self._fetched_at is None:
                raise Unavailable("the identity provider does not answer: try again") from error
        self._fetched_at = self._clock()
