import json
from pathlib import Path

import pytest

from tests.client.command_line import ask, run_line
from tests.client.scripted import HttpAnswer, HttpRequest, ScriptedApi
from tests.client.terminals import FakeTerminal

COUNTS = {"unread": 1, "unseen": 0, "total": 3}


def entry(id_: str, **fields: object) -> dict[str, object]:
    return {"id": id_, "title": id_.upper(), "topic": "user:alice", "timestamp": "?", **fields}


def page(*entries: dict[str, object], cursor: str | None = None) -> HttpAnswer:
    told = {"next_cursor": cursor, "has_more": cursor is not None}
    return HttpAnswer(200, {"entries": list(entries), "page": told, "counts": COUNTS})


async def list_(fake: FakeTerminal, answer: HttpAnswer, *line: str) -> HttpRequest:
    path = "GET /api/v1/inbox"
    status, request = await ask(path, answer, ["inbox", *line], fake)
    assert status == 0, fake.err
    return request


async def test_the_inbox_is_a_table_with_its_counts(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    entries = (
        entry("n3", message="more"),
        entry("n2", seen_at="t", read_at="t"),
        entry("n1", seen_at="t", title="\x1b[2J"),
    )

    await list_(fake, page(*entries))

    assert [line.rstrip() for line in fake.out.splitlines()] == [
        "state  when  topic       title      id",
        "new    ?     user:alice  N3 — more  n3",
        "read   ?     user:alice  N2         n2",
        "seen   ?     user:alice   [2J       n1",
        "",
        "1 unread, 0 unseen, 3 in all",
    ]


async def test_an_empty_inbox(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    await list_(fake, page())

    assert fake.out.splitlines()[0] == "nothing"


async def test_filters_may_stand_before_or_after_list(tmp_path: Path) -> None:
    for line in (
        ["--status", "unread", "--limit", "7"],
        ["--status", "unread", "list", "--limit", "7"],
        ["list", "--status", "unread", "--limit", "7"],
    ):
        request = await list_(FakeTerminal(tmp_path), page(), *line)
        assert request.query == {"status": "unread", "limit": "7"}


async def test_more_than_a_page_is_read_page_by_page(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    first = [entry(f"n{number}") for number in range(100)]
    answers = {"GET /api/v1/inbox": [page(*first, cursor="c"), page(entry("last"))]}
    async with ScriptedApi(answers) as server:
        line = ["--url", server.url, "--token", "t", "inbox", "--limit", "150", "--json"]
        await run_line(line, fake)

    assert [request.query for request in server.requests] == [
        {"status": "all", "limit": "100"},
        {"status": "all", "limit": "50", "cursor": "c"},
    ]
    document = json.loads(fake.out)
    assert len(document["entries"]) == 101
    assert document["page"] == {"next_cursor": None, "has_more": False}
    assert document["counts"] == COUNTS


async def mark(tmp_path: Path, path: str, *line: str) -> tuple[object, str]:
    fake = FakeTerminal(tmp_path)
    answer = HttpAnswer(200, {"count": 2, **COUNTS} if path == "mark" else COUNTS)
    status, request = await ask(f"POST /api/v1/inbox/{path}", answer, ["inbox", *line], fake)
    assert status == 0, fake.err
    return request.body, fake.out


async def test_marks(tmp_path: Path) -> None:
    body, said = await mark(tmp_path, "mark", "mark", "n1", "n2")
    assert body == {"ids": ["n1", "n2"], "state": "read"}
    assert said == "2 notifications marked as read: 1 unread, 0 unseen, 3 in all\n"

    body, _ = await mark(tmp_path, "mark", "mark", "n1", "--state", "unread")
    assert body == {"ids": ["n1"], "state": "unread"}

    body, said = await mark(tmp_path, "mark", "archive", "n1", "--json")
    assert body == {"ids": ["n1"], "state": "archived"}
    assert json.loads(said)["count"] == 2


async def test_everything_or_what_is_older_is_marked_at_once(tmp_path: Path) -> None:
    body, said = await mark(tmp_path, "mark-all", "mark-all")
    assert body == {"state": "read"}
    assert said.startswith("everything marked as read: 1 unread")

    line = ["mark-all", "--before", "2026-01-31T13:00:00+01:00"]
    body, said = await mark(tmp_path, "mark-all", *line)
    assert body == {"state": "read", "before": "2026-01-31T12:00:00.000Z"}
    assert said.startswith("everything before 2026-01-31T12:00:00.000Z marked as read: 1 unread")


@pytest.mark.parametrize(("found", "status"), [(1, 0), (0, 1)])
async def test_what_is_not_in_the_inbox_is_less_than_was_asked_for(
    tmp_path: Path, found: int, status: int
) -> None:
    fake = FakeTerminal(tmp_path)
    answer = HttpAnswer(200, {"count": found, **COUNTS})

    line = ["inbox", "mark", "n1", "n1"]
    done, _ = await ask("POST /api/v1/inbox/mark", answer, line, fake)

    assert done == status
    assert fake.out.startswith(f"{found} notification")
