"""Rings of signing keys as they are stored: key ids to keys, the one that signs first.

`{"20261126-3f9c1e": {"alg": "HS256", "key": "…", "since": "2026-11-26T16:00:00Z"}, …}`. `since`,
when the key began to sign, is ours: the functions read past it.
"""

import datetime
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from infra.admin.errors import Refused
from infra.keys import KEPT_MS
from infra.settings import SettingsError
from notify.accounts import TOKEN_SECONDS
from notify.errors import Invalid
from notify.tokens import parse_key

Ring = Mapping[str, Mapping[str, Any]]
Edit = Callable[[Ring], Ring]
State = Literal["signs", "verifies", "retired", "dropped"]

# A function may sign with a key for as long as it keeps it, and the token lives on. The rest is for
# this machine's clock: one that is further off cannot talk to AWS at all (SigV4).
CLOCK_MS = 15 * 60 * 1000
LIFE_MS = TOKEN_SECONDS * 1000 + KEPT_MS + CLOCK_MS
SECRET_BYTES = 48


@dataclass(frozen=True)
class KeyState:
    """What can be said of a key in public. `until`: its last token has expired by then, in ms."""

    id: str
    algorithm: str
    state: State
    until: int | None = None


def read_ring(text: str) -> dict[str, Any]:
    """Raises: SettingsError, without any part of a key in its text."""
    try:
        ring = json.loads(text)
        for key_id, fields in ring.items():
            parse_key(key_id, fields, None, None)
    except Invalid as error:
        raise SettingsError(f"what is stored is not a ring of keys: {error.message}") from None
    except (ValueError, AttributeError):
        raise SettingsError("what is stored is not a JSON object of keys by id") from None
    return dict(ring)


def new_key(algorithm: str, now: int) -> tuple[str, dict[str, str]]:
    """An id and a key that nobody has seen."""
    moment = datetime.datetime.fromtimestamp(now // 1000, datetime.UTC)
    key_id = f"{moment:%Y%m%d}-{secrets.token_hex(3)}"
    return key_id, {
        "alg": algorithm,
        **_material(algorithm),
        "since": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }


def adding(key_id: str, fields: Mapping[str, Any]) -> Edit:
    """Puts a key first, so that it signs; doing it again changes nothing."""
    return lambda ring: {key_id: fields, **ring}


def retiring(now: int) -> Edit:
    """Takes out what no living token can have been signed with."""
    return lambda ring: {
        key_id: ring[key_id]
        for key_id in ring
        if (until := _until(ring, key_id)) is None or until > now
    }


def dropping(key_id: str) -> Edit:
    """Takes one out, whatever has been signed with it."""

    def drop(ring: Ring) -> Ring:
        if key_id == signing_id(ring):
            raise Refused(f"{key_id} signs: rotate first, so that another one does")
        return {each: fields for each, fields in ring.items() if each != key_id}

    return drop


def merged(base: Ring, ours: Ring, theirs: Ring) -> Ring:
    """What two who have both begun at `base` want together; of two that sign, the younger."""
    gone = base.keys() - theirs.keys()
    both = {key_id: fields for key_id, fields in ours.items() if key_id not in gone}
    both |= {key_id: fields for key_id, fields in theirs.items() if key_id not in base}
    return dict(sorted(both.items(), key=lambda item: str(item[1].get("since", "")), reverse=True))


def signing_id(ring: Ring) -> str | None:
    """As notify.tokens.Keyring chooses it."""
    return next((key_id for key_id, fields in ring.items() if _can_sign(fields)), None)


def states(before: Ring, after: Ring, now: int) -> Iterator[KeyState]:
    """Every key that is or was there, none of them with what makes it a key."""
    for key_id, fields in (dict(after) | {k: before[k] for k in before if k not in after}).items():
        ring = after if key_id in after else before
        until = _until(ring, key_id)
        yield KeyState(key_id, str(fields["alg"]), _state(key_id, after, until, now), until)


def _state(key_id: str, after: Ring, until: int | None, now: int) -> State:
    if key_id in after:
        return "signs" if key_id == signing_id(after) else "verifies"
    return "retired" if until is not None and until <= now else "dropped"


def _until(ring: Ring, key_id: str) -> int | None:
    """When the last token of a key has expired; None while that cannot be said: it signs, or is
    somebody else's and only verifies, or nobody has noted when another took its place."""
    signing = [each for each, fields in ring.items() if _can_sign(fields)]
    place = signing.index(key_id) if key_id in signing else 0
    if place == 0:
        return None
    since = str(ring[signing[place - 1]].get("since", ""))
    try:
        moment = datetime.datetime.fromisoformat(since)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000) + LIFE_MS


def _can_sign(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("private_key") or (fields.get("alg") == "HS256" and fields.get("key")))


def _material(algorithm: str) -> dict[str, str]:
    if algorithm == "HS256":
        return {"key": secrets.token_urlsafe(SECRET_BYTES)}
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"public_key": public.decode(), "private_key": secret.decode()}
