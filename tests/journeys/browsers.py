"""Debian's Chromium without a head, and what the tests of pages do with it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NoReturn

import pytest

pytest.importorskip("selenium", reason="selenium wants urllib3 2, which macOS does not get")

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

SECONDS = 30

# The first element of a selector that is seen and holds a text.
_FOUND = """[...document.querySelectorAll(arguments[0])].find((one) =>
  one.checkVisibility() && one.textContent.includes(arguments[1]))"""


@contextmanager
def chromium() -> Iterator["Browser"]:
    options = ChromeOptions()
    options.binary_location = installed("chromium")
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options, Driver(installed("chromedriver")))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


def installed(command: str) -> str:
    """Its path; without it the test is skipped, but never in CI."""
    return shutil.which(command) or give_up(f"{command} is not installed")


def give_up(reason: str) -> NoReturn:
    if "CI" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


class Browser:
    """One window; elements are named by CSS selectors."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def open(self, url: str, *, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        """Anew, even if it is the page that is open."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setDeviceMetricsOverride", **size)
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        self.chrome.get("about:blank")
        self.chrome.get(url)

    def devtools(self, command: str, **arguments: Any) -> None:
        self.chrome.execute_cdp_cmd(command, arguments)

    def find(self, selector: str, text: str = "") -> WebElement:
        """The first that is seen and holds the text, once there is one."""

        def seen(_: Chrome) -> WebElement | None:
            found = self.run(f"return {_FOUND}", selector, text)
            return found if isinstance(found, WebElement) else None

        found: WebElement = self._until(seen, f"{selector} with {text!r} is not seen")
        return found

    def click(self, selector: str, text: str = "") -> None:
        """Found and clicked in one go: the page may draw it anew meanwhile."""

        def clicked(_: Chrome) -> bool:
            script = f"const one = {_FOUND}; one?.click(); return Boolean(one)"
            return bool(self.run(script, selector, text))

        self._until(clicked, f"{selector} with {text!r} is not seen")

    def write(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def press(self, keys: str, selector: str = "body") -> None:
        self.chrome.find_element(By.CSS_SELECTOR, selector).send_keys(keys)

    def gone(self, selector: str, text: str = "") -> None:
        """Returns once no such element is seen."""
        gone = f"return !({_FOUND})"
        self._until(lambda _: self.run(gone, selector, text), f"{selector} {text!r} is seen")

    def _until(self, met: Callable[[Chrome], Any], otherwise: str) -> Any:
        waiting = WebDriverWait(self.chrome, SECONDS, poll_frequency=0.05)
        return waiting.until(met, otherwise)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def imported(self, module: str, expression: str, *arguments: Any) -> Any:
        """What an expression says about a module, `it`, of the page that is open."""
        script = f"""const done = arguments[arguments.length - 1], given = [...arguments];
            import("/_inspector/js/{module}").then((it) => done({expression}))"""
        return self.chrome.execute_async_script(script, *arguments)

    def clipboard(self) -> str:
        text = self.chrome.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
        return str(text)

    def errors(self) -> list[str]:
        """What its console has said since it was asked last."""
        entries = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def faults_of_access(self) -> list[str]:
        """What axe finds serious or critical, each with the first element that has it."""
        self.run(_axe())
        found = self.chrome.execute_async_script(
            "axe.run({resultTypes: ['violations']}).then(arguments[0])"
        )
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]


def _axe() -> str:
    try:
        import axe_core_python
    except ImportError:
        give_up("axe-core-python is not installed")
    return files(axe_core_python).joinpath("axe.min.js").read_text()
