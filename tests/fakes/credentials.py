"""Refresh families and tickets in memory."""

from msgspec.structs import replace

from notify.credentials import Family, Ticket
from notify.model import Principal


class FakeRandomBytes:
    """Different every time, and the same in every run."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self, length: int) -> bytes:
        self.given += 1
        return self.given.to_bytes(length, "big")


class FakeCredentials:
    """`families` by sid, which accounts may share; `tickets` by hash."""

    def __init__(self, families: dict[str, Family] | None = None) -> None:
        self.families = {} if families is None else families
        self.tickets: dict[str, Ticket] = {}

    def add_family(self, family: Family) -> None:
        self.families[family.sid] = family

    def family(self, sid: str, now: int) -> Family | None:
        family = self.families.get(sid)
        return family if family is not None and family.expires_at > now else None

    def rotate(self, family: Family, secret_hash: str, now: int) -> bool:
        current = self.family(family.sid, now)
        if current is None or current.secret_hash != family.secret_hash:
            return False
        self.families[family.sid] = replace(current, secret_hash=secret_hash)
        return True

    def remove_family(self, sid: str) -> None:
        self.families.pop(sid, None)

    def add_ticket(self, ticket: Ticket) -> None:
        self.tickets[ticket.hash] = ticket

    def take_ticket(self, hash: str, now: int) -> Principal | None:
        ticket = self.tickets.pop(hash, None)
        return ticket.principal if ticket is not None and ticket.expires_at > now else None
