"""One user, two devices, and an inbox that is the same on both."""

import json
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.journeys.conftest import Service, receive, say


def call(heliograph: Service, token: str, path: str, body: object = None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    method = "GET" if body is None else "POST"
    answer = heliograph.http.request(method, path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def receive_two(socket: ClientConnection) -> dict[str, dict[str, Any]]:
    """The next two frames by type: the gateway promises no order."""
    frames = [await receive(socket), await receive(socket)]
    return {frame["type"]: frame for frame in frames}


async def test_what_is_marked_on_one_device_is_so_on_the_other(heliograph: Service) -> None:
    role = heliograph.user()[0]
    name, token = heliograph.user(role)
    _, other_token = heliograph.user(role)
    missed = heliograph.send(name, title="While away")["notification_id"]
    async with (
        heliograph.connect(token) as phone,
        heliograph.connect(token) as laptop,
        heliograph.connect(other_token) as other,
    ):
        welcome = await say(phone, type="hello")
        heliograph.broadcast(f"role:{role}", title="To all")
        announced = [await receive(socket) for socket in (phone, laptop, other)]
        heliograph.send(name, title="To you")
        pushed = [await receive(phone), await receive(laptop)]

        marked = await say(phone, type="mark", id="m", ids=[missed], state="read")
        heard = await receive_two(laptop)
        listed = call(heliograph, token, "/inbox?status=unread&limit=1")
        more = call(
            heliograph,
            token,
            f"/inbox?status=unread&limit=1&cursor={listed['page']['next_cursor']}",
        )

        counts = call(heliograph, token, "/inbox/mark-all", {"state": "read"})
        on_phone, on_laptop = await receive_two(phone), await receive_two(laptop)
        back = await say(laptop, type="mark", ids=[missed], state="unread")
        undone = await receive_two(phone)
        again = await say(laptop, type="hello")
        pong = await say(other, type="ping")

    assert (welcome["unread"], welcome["unseen"]) == (1, 1)
    assert [frame["unread"] for frame in announced] == [None] * 3
    assert [(frame["unread"], frame["unseen"]) for frame in pushed] == [(3, 3)] * 2
    assert (marked["count"], marked["unread"], marked["unseen"]) == (1, 2, 2)
    assert heard["notification_updated"]["ids"] == [missed]
    assert heard["unread_count_changed"]["unread"] == 2
    titles = [entry["title"] for page in (listed, more) for entry in page["entries"]]
    assert titles == ["To you", "To all"]
    assert (listed["counts"]["unread"], more["page"]["has_more"]) == (2, False)
    assert counts == {"unread": 0, "unseen": 0, "total": 3}
    assert on_phone == on_laptop
    assert on_phone["notification_updated"]["ids"] is None
    assert (back["count"], back["unread"], back["unseen"]) == (1, 1, 0)
    assert undone["unread_count_changed"]["unread"] == again["unread"] == 1
    assert pong["type"] == "pong"


async def test_who_comes_after_a_user_of_the_same_name_finds_an_empty_inbox(
    heliograph: Service,
) -> None:
    name, _ = heliograph.user()
    heliograph.send(name, title="Private")
    body = {"username": name, "password": "correct horse"}
    assert heliograph.http.delete(f"/admin/users/{name}", headers=heliograph.admin).is_success
    created = heliograph.http.post("/admin/users", json=body, headers=heliograph.admin)
    login = heliograph.http.post("/auth/login", json=body)
    inbox = call(heliograph, login.json()["access_token"], "/inbox?status=all")
    archived = call(heliograph, login.json()["access_token"], "/inbox?status=archived")
    assert created.status_code == 201
    assert inbox["counts"]["total"] == 0
    assert "Private" not in json.dumps([inbox, archived])
