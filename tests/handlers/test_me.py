import pytest

from handlers import me
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "GET /api/v1/auth/me"


def test_me_says_who_the_token_is(heliograph: Service) -> None:
    response = me.handler(
        events.request(ROUTE, token=heliograph.token("alice", "member")), events.CONTEXT
    )
    body = answer(response)
    assert (body["user_id"], body["roles"], body["tenant"]) == ("alice", ["member"], None)
    assert body["token_expires_at"].endswith("Z")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x.y.z", "Basic YWxpY2U6cHc="])
def test_without_a_good_token_it_is_401(heliograph: Service, header: str | None) -> None:
    event = events.request(ROUTE)
    if header is not None:
        event["headers"]["authorization"] = header
    response = me.handler(event, events.CONTEXT)
    assert response["statusCode"] == 401
    assert response["headers"]["www-authenticate"] == "Bearer"
    assert answer(response)["code"] == 4001


def test_an_expired_token_is_401_and_says_so(heliograph: Service) -> None:
    token = heliograph.token("alice", seconds=-1)
    response = me.handler(events.request(ROUTE, token=token), events.CONTEXT)
    assert (response["statusCode"], answer(response)["code"]) == (401, 4002)
