"""The page at `/demo/` in a real browser: two users, and a hook that keeps both up to date."""

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.journeys.browsers import Browser, chromium
from tests.journeys.conftest import Service, rows

ALICE, BOB = "[data-user=alice]", "[data-user=bob]"

# What an element has said, also for a moment only.
_NOTE = """const element = document.querySelector(arguments[0]);
  window.noted = [];
  new MutationObserver(() => window.noted.push(element.textContent))
    .observe(element, { subtree: true, childList: true, characterData: true });"""


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


def connections(heliograph: Service) -> Counter[str]:
    """How many each user has that are open."""
    answer = httpx.get(f"{heliograph.running.http_url}/_local/connections").json()
    is_open = {each["connection_id"] for each in answer["connections"]}
    known = rows(heliograph, "connections")
    return Counter(each["username"] for each in known if each["connection_id"] in is_open)


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
        assert connections(heliograph) == {"alice": 1, "bob": 1}
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
        send(browser, ALICE, f"At {width}")
        browser.find(f"{BOB} .toast", f"At {width}")
        browser.run("for (const each of document.getAnimations()) each.finish()")
        assert browser.faults_of_access() == []
        assert browser.run("return document.documentElement.scrollWidth") <= width
