"""The promise, kept by the running service while everything goes wrong that can.

Nothing published is lost, nothing reaches anyone whom it is not for, and in the end every inbox,
count and row is right. `tests/test_promises.py` shows it of the rules on a store in memory; this
shows it of handlers in processes that are killed, behind a gateway, on a store and queues.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import pytest

from notify.marks import State
from notify.model import Principal
from tests.journeys.conftest import rows, running_service
from tests.journeys.storm import QUEUES, Online, Storm
from tests.promised import Addressed, Promised

USERS = {
    "ann": (("member",), "acme"),
    "ben": (("manager", "member"), None),
    "cat": ((), "acme"),
}
TOPICS = ("orders:eu", "orders:us", "orders:*", "news")
PATTERNS = (
    *TOPICS, "general", "*", "user:*", "role:member", "role:*", "tenant:acme", "user:ben",
)  # fmt: skip
SAID = {"notification_type": "t", "title": "Hello", "message": "m"}
STEPS = 12
MOST_ONLINE = 8
PATIENCE_SECONDS = 90
# By then every row has reached its end, and whatever it was counted in has been looked at since.
MINUTES_OF_SWEEPS = 200


class Story:
    """What happens, step by step: things of one step happen at once."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self.random = storm.random
        self.principals = {
            name: storm.add_user(name, roles, tenant) for name, (roles, tenant) in USERS.items()
        }
        self.promised = Promised()
        self.jobs: list[str] = []

    async def step(self) -> None:
        """Whoever does something itself is not counted upon for what is published meanwhile."""
        busy = self._some(list(self.storm.online.values()), 2)
        vanished = self._some([each for each in self._online() if each not in busy], 1)
        lost = [self.storm.vanish(each) for each in vanished]
        due = [each for each in self._online() if each not in busy]
        doing: list[Coroutine[Any, Any, None]] = [self._do_something(each) for each in busy]
        if len(self._online()) < MOST_ONLINE:
            principal = self.random.choice(list(self.principals.values()))
            doing.append(self.storm.connect(principal))
        doing += [self._publish(due) for _ in range(self.random.randint(1, 3))]
        await asyncio.gather(*doing)
        await asyncio.gather(*(self.storm.come_back(*each) for each in lost))
        if self.random.random() < 0.5:
            await self.storm.hand_out_twice()
        if self.random.random() < 0.3:
            await asyncio.gather(*(self._mark(each) for each in self.principals.values()))
        if self.random.random() < 0.5:
            await self.storm.running.advance(self.random.choice([5, 30, 90]))

    def _online(self) -> list[Online]:
        return list(self.storm.online.values())

    def _some(self, of: list[Online], most: int) -> list[Online]:
        return self.random.sample(of, min(len(of), self.random.randint(0, most)))

    async def _do_something(self, online: Online) -> None:
        topic = self.random.choice(TOPICS)
        what = self.random.choice(["subscribe", "subscribe", "unsubscribe", "leave"])
        if what == "leave":
            await self.storm.leave(online)
        elif what == "unsubscribe":
            await online.unsubscribe(topic)
            self.promised.forgo(online.device)
        else:
            await online.subscribe(topic)

    async def _publish(self, present: list[Online]) -> None:
        if self.random.random() < 0.5:
            users = sorted(self._some_names(len(USERS)) or {"ann"})
            to = Addressed(frozenset(users))
            path, body = "/notifications/send-realtime", {**SAID, "user_ids": users}
        else:
            pattern, excluded = self.random.choice(PATTERNS), self._some_names(1)
            to = Addressed(pattern=pattern, excluded=frozenset(excluded))
            path = "/notifications/broadcast"
            body = {**SAID, "pattern": pattern, "exclude_user_ids": sorted(excluded)}
        due = [each.device.id for each in present if to.is_due_to(each.device)]
        answer = await self.storm.publish(path, body)
        self.promised.publish(answer["notification_id"], to, due)
        if "broadcast_id" in answer:
            self.jobs.append(answer["broadcast_id"])

    def _some_names(self, most: int) -> set[str]:
        return set(self.random.sample(sorted(USERS), self.random.randint(0, most)))

    async def _mark(self, principal: Principal) -> None:
        ids = self.promised.ids_of(principal)
        state = self.random.choice(list(State))
        if self.random.random() < 0.3 and state is not State.UNREAD:
            await self.storm.ask(principal, "/inbox/mark-all", {"state": state.value})
            self.promised.mark_all(principal, state)
        elif ids:
            chosen = self.random.sample(ids, min(3, len(ids)))
            body = {"ids": chosen, "state": state.value}
            await self.storm.ask(principal, "/inbox/mark", body)
            self.promised.mark(principal, chosen, state)


async def until(
    is_so: Callable[[], Awaitable[bool]], what: str, instead: Callable[[], object] = lambda: None
) -> None:
    """Raises: AssertionError, which says what there is `instead`."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await is_so():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"never: {what}, but {instead()}") from None


async def settle(story: Story) -> None:
    """The storm is over: the queues run empty, and the sweep goes round."""
    storm = story.storm
    storm.running.faults.clear()

    async def are_empty() -> bool:
        await asyncio.to_thread(storm.redrive)
        return not await asyncio.to_thread(storm.waiting)

    async def are_done() -> bool:
        return {(await storm.job(each))["state"] for each in story.jobs} <= {"done"}

    await until(are_empty, "the queues are empty", storm.waiting)
    await until(are_done, "every broadcast is done")


async def check_devices(story: Story) -> None:
    storm, promised = story.storm, story.promised

    def missing() -> dict[str, set[str]]:
        lacking = {
            each.device.id: promised.due_to(each.device) - set(each.ids)
            for each in storm.online.values()
        }
        return {name: ids for name, ids in lacking.items() if ids}

    async def have_all() -> bool:
        return not missing()

    await until(have_all, "everybody who was there got what was due", missing)
    known = {each.id for each in promised.published}
    for online in [*storm.online.values(), *storm.offline.values()]:
        assert set(online.ids) <= known
        assert set(online.ids) <= promised.allowed_to(online.device), online.device
        assert len(online.ids) == len(set(online.ids))
        places = [(each.stream, each.epoch, each.seq) for each in online.heard]
        assert len(places) == len(set(places))
        assert online.gaps == []


async def check_inboxes(story: Story) -> None:
    for principal in story.principals.values():
        expected = story.promised.inbox(principal)
        entries, counts = await story.storm.inbox(principal)
        found = {
            entry["id"]: {state for state in ("seen", "read") if entry[f"{state}_at"] is not None}
            for entry in entries
        }
        assert found == expected, principal
        assert len(entries) == len(found)
        assert counts == {
            "total": len(expected),
            "unread": sum("read" not in done for done in expected.values()),
            "unseen": sum("seen" not in done for done in expected.values()),
        }


async def check_rows(story: Story) -> None:
    """The connections that are there, and no other, in every table and count."""
    storm = story.storm
    expected = {
        "websocket_connections": len(storm.online),
        "user_connections": len({each.device.principal.username for each in storm.online.values()}),
        "topics": len({topic for each in storm.online.values() for topic in each.device.topics}),
    }
    for minute in range(MINUTES_OF_SWEEPS):
        if minute % 8 == 0:  # an idle connection is closed after ten
            await asyncio.gather(*(each.ping() for each in storm.online.values()))
        # After two hours they are others.
        members = {each.connection_id for each in storm.online.values()}
        found = counted(storm, expected), members_in(storm)
        if found == (expected, members):
            break
        await storm.running.advance(60)
    assert found == (expected, members)
    connections = {row["connection_id"]: row for row in rows(storm.service, "connections")}
    online = {each.connection_id: each.device for each in storm.online.values()}
    assert connections.keys() == online.keys()
    for connection_id, device in online.items():
        placed = connections[connection_id]["topics"]
        assert {place.rpartition("#")[0] for place in placed} == device.topics


def counted(storm: Storm, names: Iterable[str]) -> dict[str, int]:
    stats = storm.service.stats()
    return {name: stats[name] for name in names}


def members_in(storm: Storm) -> set[str]:
    """Of any topic."""
    return {row["connection_id"] for row in rows(storm.service, "subscriptions")}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 11))]
)
async def test_whatever_goes_wrong_nothing_is_lost_and_nothing_goes_astray(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INLINE_RECIPIENTS", "2")
    monkeypatch.setenv("PROBE_MINUTES", "1")
    monkeypatch.setenv("MAX_CONNECTIONS_PER_USER", "1000")
    with running_service(seed) as service:
        async with Storm(service, seed) as storm:
            story = Story(storm)
            service.hurry(*QUEUES, seconds=3)
            for principal in story.principals.values():
                await storm.connect(principal)
            storm.break_out()
            for _ in range(STEPS):
                await story.step()
            await settle(story)
            await check_devices(story)
            await check_inboxes(story)
            await check_rows(story)
