"""The page at `/demo/` in a real browser: two users, and a hook that keeps both up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import pytest

from benchmarks.processes import emulator
from local_server.testing import Fault, FaultKind
from tests.journeys.browsers import Browser, chromium
from tests.journeys.conftest import ROOT, Service, rows

ALICE, BOB = "[data-user=alice]", "[data-user=bob]"

# What an element has said, also for a moment only.
_NOTE = """const element = document.querySelector(arguments[0]);
  window.noted = [];
  new MutationObserver(() => window.noted.push(element.textContent))
    .observe(element, { subtree: true, childList: true, characterData: true });"""

_TITLES = """return [...document.querySelectorAll(arguments[0])].map(
  (entry) => entry.querySelector(".entry-title").lastChild.textContent)"""


@pytest.fixture(scope="module")
def url(heliograph: Service) -> str:
    """Of a service that has the demo accounts."""
    heliograph.python("-m", "infra.admin", "demo")
    return heliograph.running.http_url


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def browser(window: Browser, url: str) -> Iterator[Browser]:
    """With both users connected, and nothing unread."""
    visit(window, url)
    for user in (ALICE, BOB):
        window.find(f"{user} .status", "Connected")
        window.find(f"{user} .presence", "online")
        window.run(f"document.querySelector('{user} .inbox-title button').click()")
        window.gone(f"{user} .badge")
    window.errors()
    yield window
    assert window.errors() == []


def visit(browser: Browser, url: str, **kind: int | bool) -> None:
    browser.open(f"{url}/demo/", **kind)  # type: ignore[arg-type]


def send(browser: Browser, user: str, title: str) -> None:
    browser.write(f"{user} [name=title]", title)
    browser.click(f"{user} .send .primary")


def connections(heliograph: Service) -> list[tuple[str, str]]:
    """Those that are open: their users and their ids."""
    answer = httpx.get(f"{heliograph.running.http_url}/_local/connections").json()
    is_open = {each["connection_id"] for each in answer["connections"]}
    known = [(each["username"], each["connection_id"]) for each in rows(heliograph, "connections")]
    return [each for each in known if each[1] in is_open]


def drop(heliograph: Service, username: str) -> None:
    for name, connection_id in connections(heliograph):
        if name == username:
            path = f"/_local/connections/{quote(connection_id)}"
            httpx.delete(heliograph.running.http_url + path).raise_for_status()


@contextmanager
def faulty(heliograph: Service, kinds: tuple[FaultKind, ...]) -> Iterator[None]:
    """They strike now and then, and at least once."""
    faults = heliograph.running.faults
    numbers = [faults.add(Fault(kind, probability=0.4, delay_ms=300)) for kind in kinds]
    try:
        yield
        assert sum(map(faults.strikes, numbers))
    finally:
        for number in numbers:
            faults.remove(number)


def test_what_is_read_in_one_tab_is_read_in_another_over_the_same_connection(
    heliograph: Service, url: str, browser: Browser
) -> None:
    send(browser, ALICE, "Lunch?")
    browser.find(f"{BOB} [aria-live=polite] .toast", "Lunch?")
    browser.find(f"{BOB} .badge", "1")
    browser.gone(f"{ALICE} .badge")

    first, windows = browser.chrome.current_window_handle, browser.chrome.switch_to
    windows.new_window("tab")
    try:
        visit(browser, url)
        browser.find(f"{BOB} .badge", "1")
        assert sorted(name for name, _ in connections(heliograph)) == ["alice", "bob"]
        browser.click(f"{BOB} .unread button", "Lunch?")
        browser.gone(f"{BOB} .badge")
        assert browser.errors() == []
    finally:
        browser.chrome.close()
        windows.window(first)
    browser.gone(f"{BOB} .badge")
    browser.find(f"{BOB} .entry:not(.unread)", "Lunch?")


def test_a_dropped_connection_comes_back_with_what_was_sent_meanwhile(browser: Browser) -> None:
    browser.run(_NOTE, f"{BOB} .connection")
    browser.click(f"{BOB} button", "Drop my connection")
    browser.find(f"{BOB} .entry", "Sent while you were away")
    browser.find(f"{BOB} .status", "Connected")
    said = "\n".join(browser.run("return window.noted"))
    assert "Lost" in said
    assert "the connection closed" in said
    browser.find(f"{BOB} .trouble", "got what it had missed")
    browser.gone(f"{BOB} [role=alert]")


def test_a_lost_post_is_asked_for_again(browser: Browser) -> None:
    browser.click(f"{ALICE} button", "Lose the next post")
    browser.find(f"{ALICE} .trouble", "Both are here, in order")
    browser.find(f"{ALICE} .entry:nth-child(1)", "Two of two")
    browser.find(f"{ALICE} .entry:nth-child(2)", "was missed, came later")
    browser.find(f"{ALICE} .badge", "2")


@pytest.mark.parametrize(
    "kinds",
    [
        (FaultKind.POST_LOST,),
        (FaultKind.POST_THROTTLED, FaultKind.POST_FAILED, FaultKind.POST_DELAYED),
    ],
    ids=lambda kinds: "-".join(kinds),
)
def test_whatever_goes_wrong_each_comes_once_and_in_order(
    heliograph: Service, browser: Browser, kinds: tuple[FaultKind, ...]
) -> None:
    titles = [f"{kinds[0]} {number}" for number in range(8)]
    with faulty(heliograph, kinds):  # a welcome that is lost would be waited for
        for title in titles[:6]:
            heliograph.send("bob", title=title)
    drop(heliograph, "bob")
    for title in titles[6:]:
        heliograph.send("bob", title=title)
    heliograph.send("bob", title="the last")  # a hole shows by what is behind it

    browser.find(f"{BOB} .badge", "9")
    for title in (*titles, "the last"):  # the welcome has counted it before it is here
        browser.find(f"{BOB} .entry.unread", title)
    assert browser.run(_TITLES, f"{BOB} .entry.unread") == ["the last", *reversed(titles)]


def test_who_is_thrown_out_is_told_and_does_not_come_back_by_itself(
    heliograph: Service, browser: Browser
) -> None:
    path = "/admin/users/bob/disconnect"
    answer = heliograph.http.post(path, headers=heliograph.admin, json={"reason": "Go home"})
    assert answer.json() == {"disconnected": 1}
    browser.find(f"{BOB} .status", "Refused")
    browser.find(f"{BOB} .connection", "Go home")
    browser.find(f"{ALICE} .status", "Connected")
    browser.click(f"{BOB} button", "Sign out")
    browser.click(f"{BOB} button", "Sign in")
    browser.find(f"{BOB} .status", "Connected")


def test_it_goes_on_after_a_restart(window: Browser) -> None:
    template = ROOT / "serverless.yml"
    with emulator(template) as first:
        visit(window, first.http)
        window.find(f"{BOB} .status", "Connected")
        send(window, ALICE, "Before")
        window.find(f"{BOB} .entry", "Before")
    window.gone(f"{BOB} .status", "Connected")
    with emulator(template, "--port", first.http.rpartition(":")[2]):
        window.find(f"{BOB} .status", "Connected")
        window.find(f"{ALICE} .status", "Connected")
        # The store was in memory.
        window.gone(f"{BOB} .entry", "Before")
        send(window, ALICE, "After")
        window.find(f"{BOB} .entry", "After")
    # That nobody answered meanwhile is no fault of the page's.
    # And the new store knows no tokens of before.
    expected = ("ERR_CONNECTION", "WebSocket", "status of 401")
    assert [one for one in window.errors() if not any(part in one for part in expected)] == []


def test_a_topic_reaches_who_has_subscribed_it(browser: Browser) -> None:
    browser.click(f"{ALICE} button", "Leave")
    browser.gone(f"{ALICE} .chip")
    browser.click(f"{ALICE} .switch label", "to a topic")
    browser.write(f"{ALICE} [name=topic]", "orders:12")
    send(browser, ALICE, "Packed")
    browser.find(f"{ALICE} .send", "Stored in orders:12")
    browser.find(f"{BOB} .entry", "Packed")
    browser.gone(f"{ALICE} .entry", "Packed")

    browser.write(f"{ALICE} [name=pattern]", "user:bob")
    browser.click(f"{ALICE} button", "Subscribe")
    browser.find(f"{ALICE} .topics [role=alert]")
    browser.gone(f"{ALICE} .chip")


def test_an_urgent_one_interrupts_and_is_dismissed_and_archived(browser: Browser) -> None:
    browser.run(f"document.querySelector('{ALICE} [name=priority]').value = 'urgent'")
    send(browser, ALICE, "Fire")
    browser.find(f"{BOB} [aria-live=assertive] .toast", "urgent")
    browser.click(f"{BOB} .toast button")
    browser.gone(f"{BOB} .toast")
    browser.click(f"{BOB} .entry button[title=Archive]")
    browser.gone(f"{BOB} .entry", "Fire")


def test_who_signs_out_sees_nothing_until_the_next_login(browser: Browser) -> None:
    browser.click(f"{BOB} button", "Sign out")
    browser.find(f"{BOB} .status", "Signed out")
    browser.find(f"{BOB} .empty")
    browser.click(f"{BOB} button", "Sign in")
    browser.find(f"{BOB} .status", "Connected")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_stands_in_anybodys_way(url: str, browser: Browser, dark: bool) -> None:
    for width in (1280, 390):
        visit(browser, url, width=width, dark=dark)
        browser.find(f"{BOB} .presence", "online")
        browser.run(f"document.querySelector('{ALICE} [name=message]').value = 'long '.repeat(700)")
        send(browser, ALICE, f"At {width}")
        browser.find(f"{BOB} .toast", f"At {width}")
        browser.run("for (const each of document.getAnimations()) each.finish()")
        assert browser.faults_of_access() == []
        assert browser.run("return document.documentElement.scrollWidth") <= width
        assert browser.run("return document.querySelector('.toast').offsetHeight") < 200
