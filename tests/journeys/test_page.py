"""The page at `/`, in a real browser: signing in to our service, and the inspector of any."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from benchmarks.processes import emulator
from tests.journeys.browsers import Browser, chromium
from tests.journeys.conftest import LOCAL_KEY, PASSWORD, ROOT, Service, mint

ECHO = ROOT / "tests/local_server/sample/echo/serverless.yml"
VIEWS = ("time", "connections", "tables", "faults")


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def browser(window: Browser) -> Iterator[Browser]:
    """Its console has nothing to say of the test."""
    window.errors()
    yield window
    assert window.errors() == []


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """A service that is none of ours."""
    with emulator(ECHO) as started:
        yield started.http


def sign_in(browser: Browser, url: str, name: str, **kind: int | bool) -> None:
    browser.open(f"{url}/")
    browser.run("sessionStorage.clear()")
    browser.open(f"{url}/", **kind)  # type: ignore[arg-type]
    begin(browser)
    browser.write("#username", name)
    browser.write("#password", PASSWORD)
    browser.click("#login .primary")
    browser.find("#state-text", f"connected as {name}")


def begin(browser: Browser) -> None:
    """With an empty time line: other tests share the emulator."""
    browser.find("#feed-words", "live")
    browser.run("document.getElementById('clear').click()")


def dial(browser: Browser, url: str) -> None:
    """Opens the page's own socket."""
    browser.open(f"{url}/#time")
    begin(browser)
    browser.click("#dial-open")
    browser.find("#client-state", "open")
    browser.find(".entry", "opened")


def send(browser: Browser, text: str) -> None:
    browser.write("#raw-text", text)
    browser.click("#raw-send")


# Our service


def test_a_broadcast_from_the_command_line_shows_in_the_page(
    heliograph: Service, browser: Browser
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

    browser.find("#notifications .title", "Extra! Extra!")


def test_who_signs_in_and_connects_by_keyboard_keeps_their_place(
    heliograph: Service, browser: Browser
) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name)
    for selector in ("#connect", "#disconnect"):
        browser.chrome.switch_to.active_element.send_keys("\ue007")  # Enter
        browser.find(selector)
        assert browser.run("return '#' + document.activeElement.id") == selector


def test_a_bad_token_is_shown_as_4001(heliograph: Service, browser: Browser) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name)
    browser.find("#pages a", "demo")
    browser.click("#disconnect")
    browser.click("#connect-badly")
    browser.find("#verdict", "4001 unauthorized")
    assert LOCAL_KEY not in browser.chrome.page_source


def test_a_frame_and_what_became_of_it_are_on_the_time_line_without_the_token(
    heliograph: Service, browser: Browser
) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name)
    send(browser, '{"type": "ping", "id": "mine"}')

    browser.find(".entry.frame", "ping")
    browser.find(".entry.event", "message")
    browser.find(".entry.frame", "pong")
    browser.click(".entry.event", "$connect")
    browser.find("#detail", "Belongs together")
    token = browser.run("return JSON.parse(sessionStorage['heliograph.login']).access_token")
    assert token not in browser.chrome.page_source
    browser.click("#secrets")
    browser.find("#detail", token)
    browser.click("#secrets")
    browser.gone("#detail", token)


def test_who_is_connected_and_what_is_stored_can_be_looked_at(
    heliograph: Service, browser: Browser
) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name)
    browser.click("#tab-connections")
    browser.find("#connections tr", name)
    browser.click("#tab-tables")
    browser.click("#tables button", "users")
    browser.find("#hash-label", "username")
    browser.write("#hash", name)
    browser.click("#lookup .primary")
    browser.find("#items li", name)
    browser.gone("#items li", "root")
    assert "$2b$" not in browser.chrome.page_source


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_stands_in_anybodys_way(heliograph: Service, browser: Browser, dark: bool) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name, dark=dark)
    browser.click(".entry.event", "$connect")
    browser.find("#detail", "Answer after")
    for view in VIEWS:
        browser.click(f"#tab-{view}")
        browser.find(f"#view-{view}")
        if view == "tables":
            browser.click("#tables button", "connections")
            browser.find("#items li")
        assert browser.faults_of_access() == []


def test_a_phone_shows_one_thing_at_a_time(heliograph: Service, browser: Browser) -> None:
    name, _ = heliograph.user()
    sign_in(browser, heliograph.running.http_url, name, width=390, height=844)
    for view in ("try", *VIEWS):
        browser.click(f"#tab-{view}")
        browser.find(f"#view-{view}")
        assert browser.run("return document.documentElement.scrollWidth") <= 390
    browser.gone("#view-try")


# Any service


def test_another_service_has_a_socket_and_no_sign_in(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    browser.find("#service", "echo · local")
    browser.gone("#sign-in")
    browser.gone("#pages a")
    send(browser, '{"action": "echo", "n": 1}')
    browser.find(".entry.frame", "→echo")
    browser.find(".entry.frame", "←echo")


def test_another_service_is_told_whose_the_demo_is(echo: str, browser: Browser) -> None:
    browser.open(f"{echo}/demo/")
    browser.find(".empty", "another one: echo")


def test_the_time_line_is_filtered_searched_and_paused_by_keys(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    send(browser, '{"action": "echo", "n": "needle"}')
    browser.find(".entry.frame", "←echo")
    browser.press("/")
    assert browser.run("return document.activeElement.id") == "search"
    browser.write("#search", "needle")
    browser.gone(".entry", "opened")
    browser.find(".entry", "needle")
    browser.write("#search", "")
    browser.press("\ue00c", "#search")  # Escape
    browser.click(".chip", "Frames")
    browser.gone(".entry.frame")
    browser.click(".chip", "Frames")
    browser.run("document.activeElement.blur()")

    browser.press("p")
    send(browser, '{"action": "echo", "n": "later"}')
    browser.find("#pause", "Resume (")
    browser.gone(".entry", "later")
    browser.run("document.activeElement.blur()")
    browser.press("p")
    browser.find(".entry", "later")

    browser.run("document.getElementById('rows').focus()")
    browser.press("\ue010", "#rows")  # End
    browser.press("\ue013", "#rows")  # up
    browser.find("#detail")
    browser.press("\ue00c")
    browser.gone("#detail")


def test_any_connection_is_posted_to_and_closed(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    browser.click("#tab-connections")
    browser.click("#connections button", "Post")
    send(browser, "from the page")
    browser.click("#tab-time")
    browser.find(".entry.frame", "from the page")
    browser.find(".entry.post", "200")
    browser.click("#tab-connections")
    browser.run("arguments[0].focus()", browser.find("#connections button", "Close"))
    connection = browser.find("#connections .link").text
    httpx.post(f"{echo}/_local/connections/{quote(connection)}", json={"text": "another"})
    browser.find("#connections .numbers:nth-child(7)", "2")
    browser.chrome.switch_to.active_element.send_keys("\ue007")  # Enter
    browser.find("#client-state", "closed with 1000")
    browser.find("#connections-empty", "Nobody")


def test_an_event_is_edited_and_replayed(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    send(browser, '{"action": "echo"}')
    browser.click(".entry.event", "echo")
    browser.click("#detail button", "Edit and replay")
    browser.run(
        """const area = document.getElementById("editor-text");
           area.value = JSON.stringify({ ...JSON.parse(area.value), body: "edited" });"""
    )
    browser.click("#editor-run")
    browser.find("#editor-answer", '"body": "edited"')
    browser.click("#editor-close")
    browser.find(".entry.answer", "edited")

    browser.click("#detail button", "Edit and replay")
    browser.run("document.getElementById('editor-text').value = '{}'")
    browser.click("#editor-run")
    browser.find("#editor-answer", "KeyError")
    browser.click("#editor-close")
    browser.click(".entry.answer", "KeyError")
    browser.find("#detail", "Traceback")
    browser.find("#detail", 'return {"statusCode": 200, "body": event["body"]}')


def test_a_copied_test_runs(echo: str, browser: Browser, tmp_path: Path) -> None:
    clipboard = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.devtools("Browser.grantPermissions", permissions=clipboard, origin=echo)
    dial(browser, echo)
    send(browser, '{"action": "echo", "odd": "\\"\\u00e9\\\\"}')
    browser.click(".entry.event", "echo")
    browser.click("#detail button", "Copy as pytest")
    browser.find("#said", "copied")
    copied = browser.clipboard()
    assert "tables are empty" in copied
    (tmp_path / "test_copied.py").write_text(copied)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout


def test_secrets_are_masked_wherever_they_stand_and_come_back(echo: str, browser: Browser) -> None:
    seen = {
        "password": "•••",
        "body": '{"username":"a","password":"•••","n":1}',
        "twice": '{"body": "{\\"refresh_token\\": \\"•••\\"}"}',
        "rawQueryString": "a=1&token=•••&b=2",
        "headers": {"Authorization": "•••", "x-api-key": "•••", "accept": "*/*"},
        "cookies": ["•••", "•••"],
        "printed": "got ••• and Bearer •••",
        "coded": {"isBase64Encoded": True, "body": "•••"},
        "token_exp": 5,
        "connection_id": "token",
        "empty": {"password": "", "ticket": None},
    }
    real = {
        "password": "secret",
        "body": '{"username":"a","password":"p\\"q","n":1}',
        "twice": '{"body": "{\\"refresh_token\\": \\"se\\\\\\"cret\\"}"}',
        "rawQueryString": "a=1&token=secret&b=2",
        "headers": {"Authorization": "Bearer secret", "x-api-key": "secret", "accept": "*/*"},
        "cookies": ["a=secret", "b=secret"],
        "printed": "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2VjcmV0 and Bearer secret-secret",
        "coded": {"isBase64Encoded": True, "body": "c2VjcmV0"},
        "token_exp": 5,
        "connection_id": "token",
        "empty": {"password": "", "ticket": None},
    }
    browser.open(f"{echo}/")
    assert browser.imported("mask.js", "it.hidden(given[0])", real) == seen
    assert browser.imported("mask.js", "it.restored(it.hidden(given[0]), given[0])", real) == real
    assert browser.imported("mask.js", "it.restored(given[1], given[0])", "abc", "•••") == "abc"


def test_what_arrives_is_text_and_never_markup(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    send(browser, '{"action": "echo", "n": "<i class=injected>", "type": "<i class=injected>"}')
    browser.click(".entry.frame", "←<i")
    browser.find("#detail pre", "<i class=injected>")
    browser.gone(".injected")


def test_the_clock_is_moved_and_a_fault_strikes(echo: str, browser: Browser) -> None:
    dial(browser, echo)
    browser.click("#tab-faults")
    browser.run("document.getElementById('fault-kind').value = 'connection-failed'")
    browser.write("#fault-times", "1")
    browser.click("#add-fault .primary")
    browser.find("#faults li", "connection-failed")
    send(browser, "anything")
    browser.find("#client-state", "closed with 1011")
    browser.click("#tab-time")
    browser.find(".entry.fault", "connection-failed")

    browser.click("#tab-faults")
    browser.find("#faults-empty")
    browser.click("[data-advance='60']")
    browser.find("#shift", "+1 min")
    browser.click("#tab-time")
    browser.find(".entry.clock", "60.0 s")


def test_it_goes_on_after_a_restart(browser: Browser) -> None:
    with emulator(ECHO) as first:
        dial(browser, first.http)
    browser.find("#feed-words", "does not answer")
    assert all("ERR_CONNECTION" in one for one in browser.errors())
    with emulator(ECHO, "--port", first.http.rpartition(":")[2]):
        browser.find(".entry", "restart")
        browser.find("#feed-words", "live")
        browser.click("#dial-open")
        browser.find("#client-state", "open")
        send(browser, '{"action": "echo", "n": "anew"}')
        browser.find(".entry.frame", "anew")
    # That nobody answered meanwhile is no fault of the page's.
    assert all("ERR_CONNECTION" in one for one in browser.errors())
