"""The page at `/`, in a real browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.journeys.conftest import LOCAL_KEY, PASSWORD, ROOT, Service, mint

pytest.importorskip("selenium", reason="selenium wants urllib3 2, which macOS does not get")

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import text_to_be_present_in_element
from selenium.webdriver.support.wait import WebDriverWait

SECONDS = 20


@pytest.fixture
def browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = installed("chromium")
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = Chrome(options, Driver(installed("chromedriver")))
    yield made
    made.quit()


def installed(command: str) -> str:
    """Its path; without it the test is skipped, but never in CI."""
    path = shutil.which(command)
    if path is None:
        give_up = pytest.fail if "CI" in os.environ else pytest.skip
        give_up(f"{command} is not installed")
    return path


def sign_in(browser: Chrome, url: str, name: str) -> None:
    browser.get(f"{url}/")
    browser.find_element(By.ID, "username").send_keys(name)
    browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    wait_for(browser, f"connected as {name}")


def wait_for(browser: Chrome, text: str) -> None:
    shown = text_to_be_present_in_element((By.TAG_NAME, "body"), text)
    WebDriverWait(browser, SECONDS).until(shown, f"{text!r} is not shown")


def test_a_broadcast_from_the_command_line_shows_in_the_page(
    heliograph: Service, browser: Chrome
) -> None:
    name, _ = heliograph.user("readers")
    url = heliograph.running.http_url
    sign_in(browser, url, name)

    command = ["-m", "client", "--url", url, "broadcast", "role:readers", "Extra! Extra!"]
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"HELIOGRAPH_TOKEN": mint("root", "admin")},
        check=True,
        capture_output=True,
    )

    wait_for(browser, "Extra! Extra!")
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]
    assert errors == []


def test_a_bad_token_is_shown_as_4001(heliograph: Service, browser: Chrome) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name)
    browser.find_element(By.ID, "disconnect").click()
    browser.find_element(By.ID, "connect-badly").click()
    wait_for(browser, "4001 unauthorized")
    assert LOCAL_KEY not in browser.page_source
