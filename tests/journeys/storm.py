"""Users, their devices and their callers in a service where everything goes wrong."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Self

import boto3
import httpx

from client import Heliograph
from client.errors import NoAnswer
from client.frames import Notification
from client.gaps import Gap
from infra.gateway import ApiGateway
from local_server.testing import Fault, FaultKind, FunctionError
from notify.model import ConnectionId, Principal, Username
from notify.topics import implicit_topics
from tests.journeys.conftest import DAY_SECONDS, PASSWORD, Service, mint
from tests.promised import Device

LEASE_SECONDS = 35  # what a caller who died holds its key for
TRIES = 100
QUEUES = ("REFUSALS", "DELIVERIES", "LATER")
QUEUED = ("deliver", "later")
STRUCK = ("connect", "message", "disconnect", "send", "broadcast", "inbox", *QUEUED)


@dataclass
class Online:
    """A device and the client that runs on it."""

    device: Device
    client: Heliograph
    heard: list[Notification] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [notification.id for notification in self.heard]

    @property
    def connection_id(self) -> ConnectionId:
        assert self.client.welcome is not None
        return ConnectionId(self.client.welcome.connection_id)

    async def listen(self) -> None:
        async for notification in self.client.notifications():
            self.heard.append(notification)

    async def subscribe(self, topic: str) -> None:
        self.device.ever.add(topic)
        await self._until_answered(self.client.subscribe, topic)
        self.device.subscribe(topic)

    async def unsubscribe(self, topic: str) -> None:
        await self._until_answered(self.client.unsubscribe, topic)
        self.device.topics.discard(topic)

    async def ping(self) -> None:
        await self._until_answered(self.client.ping)

    async def _until_answered(self, ask: Any, *topics: str) -> None:
        """A function that dies answers nothing."""
        for _ in range(TRIES):
            with suppress(NoAnswer):
                await ask(*topics)
                return
        raise AssertionError("nothing is ever answered")


class Storm:
    """The service, and everybody who uses it. What happens is drawn from one seed."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service = service
        self.running = service.running
        self.random = Random(seed)
        self.online: dict[str, Online] = {}
        self.offline: dict[str, Online] = {}
        self._devices = self._keys = 0
        self._admin = self._headers("root", "admin", "service")
        environment = self.running.environment
        self._gateway = ApiGateway(environment["CALLBACK_ENDPOINT"], environment["AWS_REGION"])
        self._sqs = boto3.client("sqs", **service.store)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        url = f"{self.running.http_url}/api/v1"
        self._http = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=url, timeout=60)
        )
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for online in self.online.values():
            await online.client.close()
        await self._stack.__aexit__(kind, error, trace)

    # Who is there

    def add_user(self, name: str, roles: tuple[str, ...], tenant: str | None) -> Principal:
        body = {"username": name, "password": PASSWORD, "roles": roles, "tenant": tenant}
        answer = self.service.http.post("/admin/users", json=body, headers=self.service.admin)
        assert answer.status_code == 201, answer.text
        return Principal(Username(name), frozenset(roles), tenant, 0)

    async def connect(self, principal: Principal) -> None:
        self._devices += 1
        topics = {str(topic) for topic in implicit_topics(principal)}
        device = Device(f"{principal.username}-{self._devices}", principal, topics)
        gaps: list[Gap] = []
        client = Heliograph(
            self.running.http_url,
            _token(principal),
            on_gap=gaps.append,
            random=lambda: 0.2,
            last_ceiling=0.5,
            answer_timeout=5,
        )
        online = Online(device, client, gaps=gaps)
        self._group.create_task(online.listen())
        await client.open()
        self.online[device.id] = online

    async def leave(self, online: Online) -> None:
        self.offline[online.device.id] = self.online.pop(online.device.id)
        await online.client.close()

    def vanish(self, online: Online) -> tuple[ConnectionId, int]:
        """From now on the gateway takes what is for it, and nothing arrives."""
        connection_id = online.connection_id
        lost = Fault(FaultKind.POST_LOST, connection=connection_id)
        return connection_id, self.running.faults.add(lost)

    async def come_back(self, connection_id: ConnectionId, fault: int) -> None:
        """Its connection is found dead, and the client makes another one."""
        for _ in range(TRIES):
            await asyncio.to_thread(self._gateway.disconnect, connection_id)
            if str(connection_id) not in map(str, self.running.open_connections):
                break
        self.running.faults.remove(fault)

    # What goes wrong

    def break_out(self) -> None:
        faults = self.running.faults
        faults.add(Fault(FaultKind.POST_THROTTLED, probability=0.15))
        faults.add(Fault(FaultKind.POST_FAILED, probability=0.05))
        faults.add(Fault(FaultKind.POST_DELAYED, probability=0.05, delay_ms=200))
        faults.add(Fault(FaultKind.DISCONNECT_LOST, probability=0.4))
        for function in STRUCK:
            faults.add(Fault(FaultKind.FUNCTION_THROTTLED, function=function, probability=0.03))
            for delay_ms in (1, 10, 30, 70):
                killed = Fault(
                    FaultKind.WORKER_KILLED,
                    function=function,
                    probability=0.03,
                    delay_ms=delay_ms,
                )
                faults.add(killed)

    async def hand_out_twice(self) -> None:
        """SQS does that with any message."""
        queued = [
            each for each in self.running.invocations if each.function in ("deliver", "later")
        ]
        if queued:
            again = self.random.choice(queued)
            with suppress(FunctionError):
                await self.running.invoke(again.function, again.event)

    # What callers ask for

    async def publish(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Repeated until it is answered, and once more at that. Returns the answer."""
        self._keys += 1
        headers = self._admin | {"idempotency-key": f"storm-{self._keys}"}
        first = await self.insist("POST", path, body, headers)
        again = await self.insist("POST", path, body, headers)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.text == first.text
        answer: dict[str, Any] = first.json()
        return answer

    async def insist(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        for _ in range(TRIES):
            answer = await self._http.request(method, path, json=body, headers=headers)
            if answer.status_code < 400:
                return answer
            assert answer.status_code in (409, 429) or answer.status_code >= 500, answer.text
            if answer.status_code == 409:
                await self.running.advance(LEASE_SECONDS)
        raise AssertionError(f"{path} is never answered: {answer.status_code} {answer.text}")

    async def ask(self, principal: Principal, path: str, body: object = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {_token(principal)}"}
        method = "GET" if body is None else "POST"
        answer: dict[str, Any] = (await self.insist(method, path, body, headers)).json()
        return answer

    async def inbox(self, principal: Principal) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Every page, and the counts."""
        entries: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.ask(principal, f"/inbox?status=all&limit=50{cursor}")
            entries += page["entries"]
            if not page["page"]["has_more"]:
                return entries, page["counts"]
            cursor = f"&cursor={page['page']['next_cursor']}"

    async def job(self, broadcast_id: str) -> dict[str, Any]:
        path = f"/notifications/broadcasts/{broadcast_id}"
        answer: dict[str, Any] = (await self.insist("GET", path, None, self._admin)).json()
        return answer

    # What is left behind

    def waiting(self) -> dict[str, list[int]]:
        """Of each queue that is not empty the messages that wait, are in work and are put off."""
        urls = [url for queue in QUEUES for url in self._urls(queue)]
        found = {url.rpartition("/")[2]: self._waiting(url) for url in urls}
        return {name: numbers for name, numbers in found.items() if any(numbers)}

    def redrive(self) -> None:
        """What an operator does whom the alarm has woken up."""
        for queue in QUEUES:
            url, dead = self._urls(queue)
            while messages := self._sqs.receive_message(QueueUrl=dead).get("Messages"):
                for message in messages:
                    self._sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
                    handle = message["ReceiptHandle"]
                    self._sqs.delete_message(QueueUrl=dead, ReceiptHandle=handle)

    def _urls(self, queue: str) -> tuple[str, str]:
        url = self.running.environment[f"{queue}_QUEUE_URL"]
        return url, f"{url}-dead"

    def _waiting(self, url: str) -> list[int]:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return [
            int(answer["Attributes"][f"ApproximateNumberOfMessages{state}"])
            for state in ("", "NotVisible", "Delayed")
        ]

    def _headers(self, name: str, *roles: str) -> dict[str, str]:
        return {"authorization": f"Bearer {mint(name, *roles, seconds=DAY_SECONDS)}"}


def _token(principal: Principal) -> str:
    return mint(
        principal.username,
        *sorted(principal.roles),
        seconds=DAY_SECONDS,
        tenant=principal.tenant,
    )
