from client.inbox import Inbox, InboxCounts, MarkedInbox


def test_a_page_of_an_inbox() -> None:
    entry = {"id": "n1", "title": "Approved", "topic": "user:alice", "seq": 4, "read_at": "noon"}
    page = Inbox.read(
        {
            "entries": [entry],
            "page": {"next_cursor": "c", "has_more": True},
            "counts": {"unread": 1, "unseen": 0, "total": 9},
        }
    )

    (found,) = page.entries
    assert (found.notification.id, found.notification.seq) == ("n1", 4)
    assert (found.seen_at, found.read_at, found.archived_at) == (None, "noon", None)
    assert (page.counts, page.next_cursor) == (InboxCounts(1, 0, 9), "c")


def test_the_last_page_leads_nowhere() -> None:
    page = {"next_cursor": None, "has_more": False}

    assert Inbox.read({"entries": [], "page": page}).next_cursor is None


def test_a_mark_all_does_not_say_how_many() -> None:
    body = {"unread": 0, "unseen": 0, "total": 3}

    assert MarkedInbox.read({"count": 2, **body}).count == 2
    assert MarkedInbox.read(body).count is None
