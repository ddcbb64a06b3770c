"""Refresh families and tickets in DynamoDB, by their hashes."""

import json
import math

from infra.rows import DoesNotExist, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import CredentialRow
from notify.caps import parse_caps
from notify.credentials import Family, Ticket
from notify.model import Principal, Username
from notify.ports import NewId


class DynamoCredentials:
    """What is presented once is taken by one conditional write, so only once."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id

    @translated
    def add_family(self, family: Family) -> None:
        CredentialRow(
            family_key(family.sid),
            username=family.username,
            secret_hash=family.secret_hash,
            created_at=family.created_at,
            revoked_before=family.revoked_before,
            ends_at=family.expires_at,
            expires_at=math.ceil(family.expires_at / 1000),
        ).save()

    @translated
    def family(self, sid: str, now: int) -> Family | None:
        try:
            row = CredentialRow.get(family_key(sid), consistent_read=True)
        except DoesNotExist:
            return None
        if row.ends_at <= now:  # DynamoDB's TTL deletes hours late
            return None
        return _family(sid, row)

    @translated
    def rotate(self, family: Family, secret_hash: str, now: int) -> bool:
        newest = CredentialRow.secret_hash == family.secret_hash
        try:
            CredentialRow(family_key(family.sid)).update(
                actions=[CredentialRow.secret_hash.set(secret_hash)],
                condition=newest & (CredentialRow.ends_at > now),
            )
        except UpdateError as error:
            if not condition_failed(error):
                raise
            # botocore repeats a write whose answer it lost: then the newest is this very one.
            current = self.family(family.sid, now)
            return current is not None and current.secret_hash == secret_hash
        return True

    @translated
    def remove_family(self, sid: str) -> None:
        CredentialRow(family_key(sid)).delete()

    @translated
    def add_ticket(self, ticket: Ticket) -> None:
        CredentialRow(
            _ticket_key(ticket.hash),
            username=ticket.principal.username,
            principal=_encode(ticket.principal),
            ends_at=ticket.expires_at,
            expires_at=math.ceil(ticket.expires_at / 1000),
        ).save()

    @translated
    def take_ticket(self, hash: str, now: int) -> Principal | None:
        row, taker = CredentialRow(_ticket_key(hash)), self._new_id()
        try:
            row.update(
                actions=[CredentialRow.taken_by.set(taker), CredentialRow.ends_at.set(0)],
                condition=CredentialRow.ends_at > now,
            )
        except UpdateError as error:
            if not condition_failed(error):
                raise
            return _taken_by(taker, hash)
        return _decode(row.principal)


def _taken_by(taker: str, hash: str) -> Principal | None:
    """DynamoDB's client repeats a write whose answer is lost, and then finds the ticket taken."""
    try:
        row = CredentialRow.get(_ticket_key(hash), consistent_read=True)
    except DoesNotExist:
        return None
    return _decode(row.principal) if row.taken_by == taker else None


def _family(sid: str, row: CredentialRow) -> Family:
    revoked_before: float | None = row.revoked_before  # older rows have none
    return Family(
        sid=sid,
        username=Username(row.username),
        secret_hash=row.secret_hash,
        created_at=int(row.created_at),
        expires_at=int(row.ends_at),
        revoked_before=None if revoked_before is None else int(revoked_before),
    )


def family_key(sid: str) -> str:
    return f"family:{sid}"


def _ticket_key(hash: str) -> str:
    return f"ticket:{hash}"


def _encode(principal: Principal) -> str:
    return json.dumps(
        {
            "username": principal.username,
            "roles": sorted(principal.roles),
            "tenant": principal.tenant,
            "token_expires_at": principal.token_expires_at,
            "caps": {pattern: sorted(may) for pattern, may in principal.caps.items()},
            "sid": principal.sid,
            "issued_at": principal.issued_at,
        }
    )


def _decode(text: str) -> Principal:
    fields = json.loads(text)
    roles, caps = frozenset(fields.pop("roles")), parse_caps(fields.pop("caps"))
    return Principal(roles=roles, caps=caps, **fields)
