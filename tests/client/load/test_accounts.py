import json

import httpx
import pytest

from client.api import Api
from client.errors import ApiError
from client.load.accounts import TRIES, made_users


class Accounts:
    """Of a service that has room for so many."""

    def __init__(self, room: int = 100, tired: int = 0) -> None:
        self.tired = tired
        self.there: set[str] = set()
        self.removed: list[str] = []
        self._room = room

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE" and self.tired:
            self.tired -= 1
            return httpx.Response(500, json={"message": "Internal Server Error"})
        if request.method == "DELETE":
            name = request.url.path.rsplit("/", 1)[-1]
            self.removed.append(name)
            known = name in self.there
            self.there.discard(name)
            return httpx.Response(204) if known else httpx.Response(404, json={})
        body = json.loads(request.content)
        if request.url.path.endswith("/login"):
            return httpx.Response(200, json={"access_token": f"t-{body['username']}"})
        if len(self.there) == self._room:
            return httpx.Response(429, json={"detail": "slow down"})
        self.there.add(body["username"])
        return httpx.Response(201, json={"user_id": body["username"]})


def api(accounts: Accounts) -> Api:
    return Api("http://x", "t", transport=httpx.MockTransport(accounts.answer))


async def test_users_are_made_and_removed_again() -> None:
    accounts, troubles = Accounts(), list[str]()
    async with api(accounts) as opened, made_users(opened, 3, "r", troubles.append) as tokens:
        assert sorted(tokens) == ["t-load-r-0", "t-load-r-1", "t-load-r-2"]
        assert len(accounts.there) == 3

    assert (accounts.there, troubles) == (set(), [])


async def test_what_was_made_before_it_failed_is_removed() -> None:
    accounts, troubles = Accounts(room=2), list[str]()
    async with api(accounts) as opened:
        with pytest.raises(ApiError, match="slow down"):
            async with made_users(opened, 9, "r", troubles.append):
                raise AssertionError("nobody comes here")

    assert (accounts.there, troubles) == (set(), [])


async def no_sleep(seconds: float) -> None:
    """Time does not matter here."""


async def test_a_tired_service_is_asked_to_remove_them_again() -> None:
    accounts, troubles = Accounts(tired=TRIES - 1), list[str]()
    async with api(accounts) as opened, made_users(opened, 1, "r", troubles.append, no_sleep):
        pass

    assert (accounts.there, troubles) == (set(), [])


async def test_who_could_not_be_removed_is_named() -> None:
    accounts, troubles = Accounts(tired=TRIES), list[str]()
    async with api(accounts) as opened, made_users(opened, 1, "r", troubles.append, no_sleep):
        pass

    assert troubles == ["load-r-0 could not be removed: 4500 internal: Internal Server Error"]
