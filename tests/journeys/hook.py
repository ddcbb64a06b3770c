"""The page of web/tests/chromium: the hook in a real browser, and the strings that pull it."""

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.client.in_memory import Json
from tests.journeys.browsers import Browser, give_up, installed
from tests.journeys.conftest import ROOT

WEB = ROOT / "web"
PATIENCE_SECONDS = 30
CONNECTING, OPEN, CLOSED = 0, 1, 3  # as browsers number them

# Of that origin, with nothing on it. One where a scenario has failed is not used again.
_IS_READY = "return location.origin === arguments[0] && 'begin' in window && !window.stage"


def built() -> str:
    """Its script, of the sources as they are."""
    npm = installed("npm")
    if not shutil.which("esbuild", path=str(WEB / "node_modules/.bin")):
        give_up("web/node_modules is not there: make test-web")
    command = [npm, "run", "--silent", "chromium"]
    done = subprocess.run(command, cwd=WEB, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


@dataclass(frozen=True)
class Seen:
    """What there was to see when nothing happened by itself any more."""

    status: str
    sockets: list[Json]
    tokens: int
    delay: float | None
    heard: list[Json]
    shown: list[Json]
    last: Json | None
    gaps: list[Json]
    refusals: list[int]
    ending: int | None

    def found(self, what: str) -> Json:
        """What an expectation of tests/scenarios.md looks at, in its own words."""
        found: dict[str, Json] = {
            "state": {"is": self.status},
            "notifications": {"ids": [each["id"] for each in self.heard]},
            "attempts": {"number": len(self.sockets)},
            "tokens": {"asked": self.tokens},
            "delay": {"ms": self.delay},
            "gaps": {"are": self.gaps},
            "error": {"code": self.ending},
            "refusals": {"codes": self.refusals},
        }
        return found[what]


class Page:
    """A window for one hook after another."""

    def __init__(self, browser: Browser, script: str) -> None:
        self.run = browser.run
        self._browser = browser
        self._script = script

    def open(self, url: str) -> None:
        if not self.run(_IS_READY, url):
            self._browser.open(f"{url}/api/v1/healthz")
            self.run(self._script)


class Hook:
    """One component that uses it; or two, of which the first has the connection."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_closed = False

    def mount(
        self,
        url: str,
        user: str = "alice",
        *,
        topics: Sequence[str] = (),
        tokens: Sequence[str] = (),
        follows: bool = False,
    ) -> None:
        """Without `tokens` it gets `token-1`, `token-2`, …"""
        self._page.open(url)
        setting = {"topics": topics, "tokens": tokens, "follows": follows}
        self._page.run("begin(arguments[0])", {"url": url, "user": user} | setting)

    def pull(self, string: str, *arguments: Any) -> Any:
        if string in ("open", "close"):
            self._is_closed = string == "close"
        return self._page.run(f"return stage.{string}(...arguments)", *arguments)

    def look(self) -> Seen:
        seen = Seen(**self.pull("look"))
        if not self._is_closed:
            return seen
        # Who has signed out is shown nothing, and not even that.
        assert (seen.status, seen.shown, seen.last) == ("idle", [], None), f"it shows {seen}"
        return replace(seen, status="disconnected")

    def until(self, holds: Callable[[Seen], bool], otherwise: Callable[[Seen], object]) -> None:
        """Raises AssertionError with what `otherwise` says."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds(seen := self.look()):
            assert time.monotonic() < end, otherwise(seen)

    def expect(self, expect: str, **wanted: object) -> None:
        """As in tests/scenarios.md; what is no word in Python has a `_` behind it."""
        words = {word.rstrip("_"): value for word, value in wanted.items()}
        self.until(
            lambda seen: seen.found(expect) == words,
            lambda seen: f"expected {expect} {words}, found {seen.found(expect)}",
        )

    def hears(self, *titles: str) -> None:
        """In this order, of all that it has been handed over."""
        self.until(
            lambda seen: tuple(each["title"] for each in seen.heard) == titles,
            lambda seen: f"expected {titles}, heard {seen.heard}",
        )

    def shows(self, *titles: str) -> None:
        """Newest first."""
        self.until(
            lambda seen: tuple(each["title"] for each in seen.shown) == titles,
            lambda seen: f"expected {titles}, shown {seen.shown}",
        )

    def later(self, ms: float) -> None:
        self.pull("advance", ms)

    def come_back(self, ms: float) -> None:
        """After a loss, once it has waited so long."""
        self.expect("state", is_="recovering")
        self.expect("delay", ms=ms)
        self.later(ms)
        self.expect("state", is_="connected")

    def end(self) -> None:
        """Raises AssertionError if it leaves something behind."""
        left = self.pull("end")
        assert left == {"timers": 0, "sockets": 0, "uncaught": []}, f"it leaves {left}"
        self._page.run("delete window.stage")
