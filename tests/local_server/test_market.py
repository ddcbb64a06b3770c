"""A foreign service from the ticket to the hammer: the auction house of sample/market."""

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_server.testing import Running, emulator_in_thread

MARKET = Path(__file__).parent / "sample" / "market" / "serverless.yml"
DOMAIN = "ws.market.example"


@pytest.fixture(scope="module")
def market() -> Iterator[Running]:
    with emulator_in_thread(MARKET, stage="test") as running:
        yield running


@pytest.fixture
async def office(market: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=market.http_url) as client:
        yield client


class House:
    """The clients of one lot."""

    def __init__(self, market: Running, office: httpx.AsyncClient, lot: str) -> None:
        self.market = market
        self.office = office
        self.lot = lot
        self.clients = AsyncExitStack()

    async def ticket(self, name: str) -> str:
        answer = await self.office.post("/tickets", json={"name": name, "lot": self.lot})
        assert answer.status_code == 201
        return str(answer.json()["ticket"])

    async def enter(self, name: str, address: str | None = None, **options: Any) -> "Client":
        url = f"{address or self.market.websocket_url}?ticket={await self.ticket(name)}"
        return Client(await self.clients.enter_async_context(connect(url, **options)))

    async def shown(self) -> Any:
        return (await self.office.get(f"/lots/{self.lot}")).json()


class Client:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def says(self, service: str, action: str, **more: Any) -> None:
        await self.socket.send(json.dumps({"service": service, "action": action, **more}))

    async def hears(self) -> Any:
        return json.loads(await self.socket.recv())


@pytest.fixture
async def house(market: Running, office: httpx.AsyncClient) -> AsyncIterator[House]:
    """A lot of the test's own, at ten."""
    house = House(market, office, uuid.uuid4().hex)
    answer = await office.put(f"/lots/{house.lot}", json={"price": 10})
    assert answer.status_code == 204
    async with house.clients:
        yield house


async def refused(address: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address, **options)
    return refusal.value.response.status_code


# The door


async def test_without_a_ticket_nobody_is_asked__1_3_3(market: Running) -> None:
    assert await refused(market.websocket_url) == 401


async def test_a_ticket_of_ones_own_making_is_forbidden__1_3_5(market: Running) -> None:
    assert await refused(f"{market.websocket_url}?ticket=mine") == 403


async def test_a_ticket_is_good_once(house: House) -> None:
    address = f"{house.market.websocket_url}?ticket={await house.ticket('ann')}"
    async with connect(address):
        assert await refused(address) == 403


async def test_who_speaks_the_protocol_is_answered_in_it__1_2_10(house: House) -> None:
    ann = await house.enter("ann", subprotocols=["chat", "auction.v1"])
    assert ann.socket.subprotocol == "auction.v1"


async def test_who_speaks_another_is_refused_by_connect__1_2_4(house: House) -> None:
    address = f"{house.market.websocket_url}?ticket={await house.ticket('ann')}"
    assert await refused(address, subprotocols=["chat"]) == 400


async def test_what_the_authorizer_said_is_known_ever_after__3_1_13(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("house", "me")
    seat = await ann.hears()
    assert (seat["name"], seat["lot"]) == ("ann", house.lot)


# Messages


async def test_a_bid_is_answered_and_the_outbid_hear_of_it__2_4_3(house: House) -> None:
    ann, bob = await house.enter("ann"), await house.enter("bob")
    await ann.says("auction", "bid", amount=20)
    assert await ann.hears() == {"bid": 20, "accepted": True}
    await bob.says("auction", "bid", amount=20)
    assert await bob.hears() == {"bid": 20, "accepted": False}
    await bob.says("auction", "bid", amount=30)
    assert await bob.hears() == {"bid": 30, "accepted": True}
    assert await ann.hears() == {"outbid": 30, "by": "bob"}
    assert (await house.shown())["leader"] == "bob"


async def test_applause_is_heard_by_all_and_answered_to_nobody__2_4_1(house: House) -> None:
    ann, bob = await house.enter("ann"), await house.enter("bob")
    await ann.says("auction", "applaud")
    assert await ann.socket.recv() == await bob.socket.recv() == "clap"
    await ann.says("house", "me")
    assert (await ann.hears())["name"] == "ann"


@pytest.mark.parametrize("text", ["hello", "{}", '{"service": "auction", "action": "Bid"}'])
async def test_what_is_no_route_is_answered_by_default__2_1_2__2_1_3(
    house: House, text: str
) -> None:
    ann = await house.enter("ann")
    await ann.socket.send(text)
    assert await ann.socket.recv() == f"what do you mean by {text!r}?"


async def test_a_route_of_the_resources_invokes_its_function(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("auction", "appraise", guess=21)
    assert await ann.hears() == {"guess": 21, "worth": 42}


async def test_a_message_that_does_not_fit_its_model_never_arrives__2_3_7(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("house", "me")
    connection = (await ann.hears())["connectionId"]
    await ann.says("auction", "appraise", guess="a lot")
    frame = str(await ann.socket.recv())
    message = json.loads(frame)["messageId"]
    assert frame == (
        f'{{"message" : "Bad request body", "connectionId": "{connection}",'
        f' "messageId": "{message}"}}'
    )
    await ann.says("auction", "appraise", guess=1)
    assert (await ann.hears())["worth"] == 2


async def test_a_route_may_have_less_patience_than_the_gateway__2_3_6(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("auction", "appraise", guess=13)
    assert (await ann.hears())["message"] == "Endpoint request timed out"


async def test_a_ping_is_answered_by_nobody(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("house", "me")
    connection = (await ann.hears())["connectionId"]
    await ann.says("house", "ping", nonce={"n": [1, 2]})
    assert await ann.hears() == {
        "pong": {"n": [1, 2]},
        "house": "market-test",
        "you": connection,
    }


async def test_stage_variables_are_in_the_events__3_1_1__3_1_3(house: House) -> None:
    ann = await house.enter("ann")
    await ann.says("house", "me")
    seat = await ann.hears()
    assert seat["house"] == "market-test"
    assert seat["lots"] == house.market.environment["LOTS"]


# The end


async def test_who_leaves_loses_the_seat__3_1_4(house: House) -> None:
    ann, bob = await house.enter("ann"), await house.enter("bob")
    assert (await house.shown())["present"] == ["ann", "bob"]
    await bob.socket.close()
    assert await ann.hears() == {"left": "bob"}
    assert (await house.shown())["present"] == ["ann"]


async def test_the_hammer_sells_and_shows_everybody_out__2_2_6__4_16(house: House) -> None:
    ann, bob = await house.enter("ann"), await house.enter("bob")
    await ann.says("auction", "bid", amount=50)
    assert (await ann.hears())["accepted"]
    assert (await house.office.post(f"/lots/{house.lot}/close")).status_code == 202
    for client in (ann, bob):
        news = [json.loads(text) async for text in client.socket]
        assert {"sold": house.lot, "to": "ann", "for": 50} in news
        assert client.socket.close_code == 1000
    assert (await house.shown())["lotState"] == "sold"


# A domain of one's own


def at_domain(market: Running, key: str) -> tuple[str, dict[str, Any]]:
    """The address a client in the world would use, and where it really leads."""
    here = urlsplit(market.websocket_url)
    there = {"host": here.hostname, "port": here.port}
    return f"ws://{DOMAIN}:{here.port}/{key}", there


@pytest.mark.parametrize("key", ["live", "rooms/v1"])
async def test_a_mapping_key_replaces_the_stage__1_1_5__3_1_12(house: House, key: str) -> None:
    address, there = at_domain(house.market, key)
    ann = await house.enter("ann", address, **there)
    await ann.says("house", "me")
    assert (await ann.hears())["endpoint"] == f"https://{urlsplit(address).netloc}/test"


@pytest.mark.parametrize("key", ["test", "", "live/more"])
async def test_on_its_domain_only_the_key_leads_to_the_api__1_1_5(house: House, key: str) -> None:
    address, there = at_domain(house.market, key)
    assert await refused(f"{address}?ticket={await house.ticket('ann')}", **there) == 403


@pytest.mark.parametrize(("key", "case"), [("live", "Host"), ("rooms/v1", "host")])
async def test_a_key_of_several_levels_lowers_header_names__1_1_6(
    house: House, key: str, case: str
) -> None:
    address, there = at_domain(house.market, key)
    ann = await house.enter("ann", address, **there)
    await ann.says("house", "me")
    names = (await ann.hears())["headers"]
    assert case in names
    assert all(name == name.lower() for name in names) is (key == "rooms/v1")


async def test_a_mapping_is_reached_by_this_machines_own_name_too(house: House) -> None:
    address = house.market.websocket_url.replace("/test", "/live")
    assert address in house.market.websocket_urls
    ann = await house.enter("ann", address)
    await ann.says("auction", "applaud")
    assert await ann.socket.recv() == "clap"


async def test_connections_of_a_domain_are_managed_under_its_key__4_16(house: House) -> None:
    address, there = at_domain(house.market, "live")
    ann = await house.enter("ann", address, **there)
    await ann.says("house", "me")
    path = f"@connections/{quote((await ann.hears())['connectionId'])}"
    headers = {"Host": DOMAIN}
    wrong = await house.office.post(f"/test/{path}", content=b"x", headers=headers)
    right = await house.office.post(f"/live/{path}", content=b"psst", headers=headers)
    assert (wrong.status_code, right.status_code) == (403, 200)
    assert await ann.socket.recv() == "psst"


async def test_a_function_that_posts_to_the_stage_of_a_domain_fails__4_16(house: House) -> None:
    """As in the cloud: `https://{domainName}/{stage}` is right on execute-api alone."""
    address, there = at_domain(house.market, "live")
    ann = await house.enter("ann", address, **there)
    await ann.says("auction", "applaud")
    assert (await ann.hears())["message"] == "Internal server error"
