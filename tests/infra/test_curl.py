import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.access_keys import AccessKey
from infra.curl import Answer, Request, Retries, SignedRequests, ca_bundle, is_busy, up_to
from tests.aws import REGION
from tests.gateway_server import NO_ANSWER, GatewayServer

HERE, THERE = "here", "there"
KEY = AccessKey("id", "secret")


@pytest.fixture
def server(gateway_server: GatewayServer) -> GatewayServer:
    gateway_server.open |= {HERE, THERE}
    return gateway_server


Make = Callable[..., SignedRequests]


@pytest.fixture
def make() -> Make:
    def made(
        attempts: int = 1,
        pause: Callable[[int], float] = lambda attempt: 0.0,
        find: Callable[[], AccessKey] = lambda: KEY,
        at_once: int = 2,
        total_ms: int = 30_000,
        chunk: int = 10,
    ) -> SignedRequests:
        retries = Retries(attempts, pause)
        return SignedRequests(
            "execute-api",
            REGION,
            retries,
            at_once=at_once,
            total_ms=total_ms,
            find=find,
            chunk=chunk,
        )

    return made


def get(server: GatewayServer, connection_id: str = HERE) -> Request:
    return Request("GET", f"{server.url}/@connections/{connection_id}")


def post(server: GatewayServer, body: bytes = b"{}") -> Request:
    return Request("POST", f"{server.url}/@connections/{HERE}", body)


def test_an_answer_is_its_status_and_its_body(make: Make, server: GatewayServer) -> None:
    requests = make()
    assert requests.one(get(server)) == Answer(200, b"{}")
    assert requests.one(get(server, "lost")) == Answer(410, b"")


def test_each_answer_comes_under_its_key(make: Make, server: GatewayServer) -> None:
    asked = {number: get(server, HERE if number % 2 else "lost") for number in range(20)}
    answered = {key: answer.status for key, answer in make(at_once=4).each(asked.items())}
    assert answered == {number: 200 if number % 2 else 410 for number in range(20)}


def test_no_more_are_under_way_than_there_may_be(make: Make, server: GatewayServer) -> None:
    list(make(at_once=3).each((number, get(server)) for number in range(30)))
    assert server.sockets <= 3


def test_what_is_asked_is_read_as_it_is_needed(make: Make, server: GatewayServer) -> None:
    taken: list[int] = []

    def asked() -> Iterator[tuple[int, Request]]:
        for number in range(15):
            taken.append(number)
            yield number, get(server)

    answers = make(at_once=8, chunk=10).each(asked())
    next(answers)
    assert len(taken) == 10
    assert len(list(answers)) == 14


def test_who_takes_an_answer_may_ask_again(make: Make, server: GatewayServer) -> None:
    requests = make()
    for _ in requests.each([(1, get(server)), (2, get(server))]):
        assert requests.one(get(server)).status == 200


def test_each_thread_has_its_own(make: Make, server: GatewayServer) -> None:
    requests = make()
    server.together(4)  # a thread that waited for another would never be answered
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(requests.one, [get(server)] * 4))
    assert [answer.status for answer in answers] == [200] * 4
    assert server.answered_together


def test_a_body_is_of_its_own_request(make: Make, server: GatewayServer) -> None:
    requests = make(at_once=1)
    for body in (b'{"a":"a long one"}', b"{}"):
        requests.one(post(server, body))
    requests.one(get(server))
    assert [each.body for each in server.requests] == [b'{"a":"a long one"}', b"{}", b""]


def test_a_request_takes_over_nothing_from_the_one_before(
    make: Make, server: GatewayServer
) -> None:
    requests, url = make(at_once=1), get(server).url
    asked = [
        Request("POST", url, b"{}"),
        Request("GET", url),
        Request("POST", url, b"{}", ("X-Word: one",)),
        Request("POST", url, b"{}", ("X-Word: one",)),
        Request("POST", url, b"{}", ("X-Word: two",)),
        Request("GET", url, headers=("X-Word: two",)),
        Request("POST", url, b"[]"),
    ]
    for request in asked:
        requests.one(request)
    sent = [(each.method, each.body, *each.header_values("x-word")) for each in server.requests]
    words = [[each.removeprefix("X-Word: ") for each in request.headers] for request in asked]
    assert sent == [(each.method, each.body, *words.pop(0)) for each in asked]


# Trying again


def test_there_is_a_pause_in_front_of_each_attempt_but_the_first(
    make: Make, server: GatewayServer
) -> None:
    pauses: list[int] = []

    def pause(attempt: int) -> float:
        pauses.append(attempt)
        return 0.001

    server.first[HERE] = [NO_ANSWER, 500, 429]
    assert make(4, pause).one(get(server)).status == 200
    assert pauses == [2, 3, 4]


def test_the_last_attempt_is_what_counts(make: Make, server: GatewayServer) -> None:
    server.first[HERE] = [500, 429, 500]
    assert make(2).one(get(server)).status == 429
    assert len(server.requests) == 2


def test_who_waits_for_another_attempt_does_not_hold_the_others_up(
    make: Make, server: GatewayServer
) -> None:
    server.first[HERE] = [429]
    asked = [(HERE, get(server)), *((THERE, get(server, THERE)) for _ in range(5))]
    keys = [key for key, _ in make(2, lambda attempt: 0.2).each(asked)]
    assert keys == [*[THERE] * 5, HERE]


def test_pauses_are_random_and_double() -> None:
    pause = up_to(1.0)
    for attempt, most in ((2, 1), (3, 2), (4, 4)):
        assert all(0 <= pause(attempt) <= most for _ in range(20))
    assert pause(2) != pause(2)


def test_a_peer_that_hangs_is_given_up_and_not_tried_again(
    make: Make, server: GatewayServer
) -> None:
    server.hanging |= {HERE}
    answer = make(2, total_ms=300).one(get(server))
    assert (answer.status, is_busy(answer)) == (0, False)
    assert len(server.requests) == 1


def test_a_peer_that_hangs_holds_nobody_up(make: Make, server: GatewayServer) -> None:
    server.hanging |= {HERE}
    asked = [(HERE, get(server)), *((THERE, get(server, THERE)) for _ in range(5))]
    answers = list(make(total_ms=1500).each(asked))
    assert [answer.status for _, answer in answers] == [200] * 5 + [0]


def test_after_an_interruption_it_goes_on(make: Make, server: GatewayServer) -> None:
    def pause(attempt: int) -> float:
        raise KeyboardInterrupt

    requests = make(2, pause)
    server.first[HERE] = [429]
    with pytest.raises(KeyboardInterrupt):
        list(requests.each([(1, get(server)), (2, get(server, THERE))]))
    assert [answer.status for _, answer in requests.each([(1, get(server))])] == [200]


def test_it_keeps_nothing_of_what_it_has_sent(make: Make, server: GatewayServer) -> None:
    class Key:
        pass

    requests = make()
    list(requests.each((Key(), get(server)) for _ in range(5)))
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Key)]


# Signing


def test_a_key_that_has_changed_signs_from_the_next_call_on(
    make: Make, server: GatewayServer
) -> None:
    keys = [AccessKey("third", "s"), AccessKey("second", "s", "token"), AccessKey("first", "s")]
    requests = make(find=keys.pop)
    for _ in range(3):
        requests.one(get(server))
    signers = [value.partition("Credential=")[2].split("/")[0] for value in server.authorizations]
    assert signers == ["first", "second", "third"]
    tokens = [list(each.header_values("x-amz-security-token")) for each in server.requests]
    assert tokens == [[], ["token"], []]


def test_the_authorities_are_those_that_botocore_would_trust(tmp_path: Path) -> None:
    system = tmp_path / "ca.crt"
    system.touch()
    assert ca_bundle({"AWS_CA_BUNDLE": "mine"}, [str(system)]) == "mine"
    assert ca_bundle({"SSL_CERT_FILE": "mine"}, [str(system)]) == "mine"
    assert ca_bundle({}, [str(tmp_path / "none"), str(system)]) == str(system)
    botocores = ca_bundle({}, [])
    assert botocores is not None
    assert Path(botocores).name == "cacert.pem"
    assert Path(botocores).exists()


def test_a_proxy_is_used_where_the_environment_names_one(
    make: Make, server: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "near.invalid")
    assert make().one(Request("GET", "http://far.invalid/")).status == 403
    assert make().one(Request("GET", "http://near.invalid/")).status == 0
    assert [each.path for each in server.requests] == ["http://far.invalid/"]
