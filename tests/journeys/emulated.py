"""A user's hook in a browser, in front of the emulator, its faults and its clock."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from local_server.journal import Frame
from local_server.testing import Fault, FaultKind
from tests.client.in_memory import Json
from tests.journeys.conftest import Service, mint
from tests.journeys.hook import Hook, Page, Seen

_numbers = itertools.count(1)


class Emulated(Hook):
    """One user's. The clocks of both stand still until they are moved."""

    def __init__(self, page: Page, service: Service) -> None:
        super().__init__(page)
        self.service = service
        self.name = f"hook{next(_numbers)}"
        # By an identity provider: it takes long to hash a password.
        body = {"username": self.name}
        answer = service.http.post("/admin/users", json=body, headers=service.admin)
        assert answer.status_code == 201, answer.text
        service.running.faults.clear()  # of one that has failed
        self._begun = len(service.running.frames)

    # The page

    def begin(self, *topics: str, tokens: Sequence[str] = ()) -> None:
        url = self.service.running.http_url
        self.mount(url, self.name, topics=topics, tokens=tokens or [self.token()])

    def open(self, *topics: str, tokens: Sequence[str] = ()) -> None:
        self.begin(*topics, tokens=tokens)
        self.pull("open")

    def connect(self, *topics: str, tokens: Sequence[str] = ()) -> None:
        self.open(*topics, tokens=tokens)
        self.expect("state", is_="connected")

    # What there is to see

    def hears(self, *titles: str) -> None:
        """These, in order, and nothing else, of all that has been posted to it by now."""
        self.until(self._has_all, lambda seen: f"{seen.sockets} have not {self._traffic()}")
        super().hears(*titles)

    def answered(self, frames: int) -> None:
        """Its connection has heard so many by now."""
        self.until(
            lambda seen: bool(seen.sockets[-1]["heard"] == frames),
            lambda seen: f"expected {frames} frames, found {seen.sockets}",
        )

    def _has_all(self, seen: Seen) -> bool:
        sent, heard = self._traffic()
        return (seen.sockets[-1]["sent"], seen.sockets[-1]["heard"]) == (sent, heard)

    def _traffic(self) -> tuple[int, int]:
        """How many frames have come from the page, and gone to it."""
        ways = [each.direction for each in self._frames()]
        return ways.count("in"), ways.count("out")

    def has_said(self, type_: str, **fields: object) -> None:
        """The newest message of that type on the newest connection."""
        self.until(
            lambda _: all(self._said(type_).get(name) == each for name, each in fields.items()),
            lambda _: f"expected {fields}, it said {self._said(type_)}",
        )

    def _said(self, type_: str) -> Json:
        said = [json.loads(each.payload) for each in self._frames() if each.direction == "in"]
        newest: Json = ([{}] + [each for each in said if each["type"] == type_])[-1]
        return newest

    def _frames(self) -> list[Frame]:
        """What went over the connection that has said something last."""
        frames = self.service.running.frames[self._begun :]
        ids = [each.connection_id for each in frames if each.direction == "in"]
        return [each for each in frames if each.connection_id == ids[-1]] if ids else []

    # What happens to it

    def token(self, seconds: float = 24 * 3600) -> str:
        """Good for so long by the emulator's clock."""
        ahead = self.service.running.now / 1000 - time.time()
        return mint(self.name, seconds=round(ahead + seconds))

    def send(self, *titles: str) -> None:
        for title in titles:
            self.service.send(self.name, title=title)

    def tell(self, topic: str, *titles: str, **fields: Any) -> None:
        for title in titles:
            self.service.broadcast(topic, title=title, **fields)

    def fail(self, kind: FaultKind, **scope: Any) -> Callable[[], None]:
        """Once, unless `times` says more. Returns how to wait until it has struck."""
        faults = self.service.running.faults
        fault = Fault(kind, **{"times": 1, **scope})
        number = faults.add(fault)
        return lambda: self.until(
            lambda _: faults.strikes(number) == fault.times,
            lambda _: f"{fault} has struck {faults.strikes(number)} times",
        )

    def lose(self, send: Callable[[], None]) -> None:
        """What it posts does not come."""
        lost = self.fail(FaultKind.POST_LOST)
        send()
        lost()

    def drop(self) -> None:
        """Its connection."""
        connection = quote(self._frames()[-1].connection_id)
        url = f"{self.service.running.http_url}/_local/connections/{connection}"
        httpx.delete(url).raise_for_status()

    def throw_out(self, **how: Any) -> None:
        """By an operator."""
        path = f"/admin/users/{self.name}/disconnect"
        answer = self.service.http.post(path, headers=self.service.admin, json=how)
        assert answer.json() == {"disconnected": 1}
