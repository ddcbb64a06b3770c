import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra import wiring
from infra.curl_gateway import CurlGateway
from infra.engines import OVER_CURL
from infra.gateway import ApiGateway
from infra.stores.subscriber_pages import CurlSubscriptions
from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring.accounts import accounts
from infra.wiring.deliverer import deliverer
from infra.wiring.gateway import gateway
from infra.wiring.hub import hub
from infra.wiring.sends import sends
from infra.wiring.subscriptions import subscriptions
from notify.account_requests import CreateUser
from notify.errors import Unauthorized
from notify.model import Principal, Username
from tests.infra.test_jwks import Provider, jwk, provider

__all__ = ["provider"]


def test_ids_differ_and_later_ones_sort_behind() -> None:
    earlier, later = wiring.new_id(), wiring.new_id()
    assert earlier != later
    assert earlier[:16] <= later[:16]


def test_each_part_is_made_once(service: dict[str, str]) -> None:
    assert hub() is hub()
    assert sends() is sends()
    assert deliverer() is deliverer()


@pytest.mark.parametrize(("engine", "made"), [("curl", CurlGateway), ("boto3", ApiGateway)])
def test_posts_go_over_the_engine_that_is_set(
    service: dict[str, str], monkeypatch: pytest.MonkeyPatch, engine: str, made: type
) -> None:
    monkeypatch.setenv("HTTP_ENGINE", engine)
    wiring.reset()
    assert type(gateway()) is made


def test_pages_are_read_over_the_engine_of_the_rows(service: dict[str, str]) -> None:
    assert type(subscriptions()) is (CurlSubscriptions if OVER_CURL else DynamoSubscriptions)


def test_tokens_of_an_identity_provider_are_checked_against_its_keys(
    service: dict[str, str], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    provider.keys = [{**public, "kid": "idp", "alg": "RS256"}, jwk("other")]
    monkeypatch.setenv("JWT_JWKS_URL", provider.url)
    monkeypatch.setenv("JWT_JWKS_USERNAME_CLAIM", "cognito:username")
    monkeypatch.setenv("JWT_JWKS_ROLES_CLAIM", "cognito:groups")
    wiring.reset()
    claims = {"sub": "b1c6", "cognito:username": "dora", "cognito:groups": ["manager"]}
    token = jwt.encode(
        {**claims, "exp": 4_102_444_800}, private, algorithm="RS256", headers={"kid": "idp"}
    )

    # The signature is good, so it is the user who is missing.
    with pytest.raises(Unauthorized):
        accounts().authenticate(token)
    root = Principal(Username("root"), frozenset({"admin"}), None, token_expires_at=0)
    accounts().create(root, CreateUser("dora"))
    principal = accounts().authenticate(token)
    assert principal.username == "dora"
    assert principal.roles == {"manager"}
    assert provider.fetches == 1
