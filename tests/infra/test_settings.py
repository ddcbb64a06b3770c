import pytest

from infra.settings import SettingsError, read_settings, wants_curl
from notify.pacing import Pace
from tests.aws import REGION

ENVIRONMENT = {"AWS_REGION": REGION, "TABLE_PREFIX": "test-"}


def test_what_is_not_set_has_a_safe_default() -> None:
    settings = read_settings(ENVIRONMENT)
    assert settings.refusal_mode == "frame"
    assert (settings.http_engine, settings.posts_at_once) == ("curl", 64)
    assert settings.public_topics == ("*",)
    assert settings.presence_topics == ("room:*",)
    assert settings.pace == Pace(posts_a_second=2000, workers=10)
    assert (settings.inline_recipients, settings.probe_minutes) == (200, 15)
    assert (settings.max_connections_per_user, settings.writes_per_minute) == (20, 600)
    assert (settings.logins_per_minute, settings.frames_per_minute) == (30, 300)
    assert settings.new_topics_per_day == 1000
    assert (settings.reads_per_minute, settings.refreshes_per_minute_per_address) == (1200, 600)
    assert (settings.trusted_proxies, settings.websocket_url) == (0, "")
    assert (settings.issuer, settings.jwks_url) == (None, "")
    assert (settings.jwks_username_claim, settings.jwks_roles_claim) == ("sub", "roles")


@pytest.mark.parametrize(
    ("engine", "wanted"), [(None, True), ("", True), ("curl", True), ("boto3", False)]
)
def test_libcurl_is_wanted_unless_another_is(engine: str | None, wanted: bool) -> None:
    assert wants_curl({} if engine is None else {"HTTP_ENGINE": engine}) is wanted


def test_the_pace_of_broadcasts_is_set() -> None:
    pace = {"DELIVERY_POSTS_PER_SECOND": "500", "DELIVERY_WORKERS": "4"}
    assert read_settings({**ENVIRONMENT, **pace}).pace == Pace(500, 4)


def test_topics_may_be_several_or_none() -> None:
    several = read_settings({**ENVIRONMENT, "PUBLIC_TOPICS": "orders:*, news"})
    assert several.public_topics == ("orders:*", "news")
    assert read_settings({**ENVIRONMENT, "PUBLIC_TOPICS": ""}).public_topics == ()
    watched = read_settings({**ENVIRONMENT, "PRESENCE_TOPICS": "room:*,lobby"})
    assert watched.presence_topics == ("room:*", "lobby")
    assert read_settings({**ENVIRONMENT, "PRESENCE_TOPICS": ""}).presence_topics == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"AWS_REGION": ""}, "AWS_REGION is not set"),
        ({"TABLE_PREFIX": ""}, "TABLE_PREFIX is not set"),
        ({"WS_REFUSAL": "shout"}, "WS_REFUSAL is 'shout'; it can be frame or reject"),
        ({"HTTP_ENGINE": "wget"}, "HTTP_ENGINE is 'wget'; it can be curl or boto3"),
        ({"POSTS_AT_ONCE": "0"}, "POSTS_AT_ONCE is 0; it must be at least 1"),
        ({"INLINE_RECIPIENTS": "many"}, "INLINE_RECIPIENTS is 'many'; it must be a whole number"),
        ({"DELIVERY_WORKERS": "0"}, "DELIVERY_WORKERS is 0; it must be at least 1"),
        ({"DELIVERY_POSTS_PER_SECOND": "-1"}, "DELIVERY_POSTS_PER_SECOND is '-1'; it must be"),
        ({"PUBLIC_TOPICS": "a b"}, "PUBLIC_TOPICS: topic: "),
        ({"PRESENCE_TOPICS": "a b"}, "PRESENCE_TOPICS: topic: "),
    ],
)
def test_a_wrong_variable_is_named(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({**ENVIRONMENT, **change})
    assert str(raised.value).startswith(complaint)
