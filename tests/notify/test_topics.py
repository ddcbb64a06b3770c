import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notify.errors import HeliographError, Invalid
from notify.model import Action, Caps, Pattern, Principal, Topic, Username
from notify.topics import (
    ANYTHING,
    EVERYBODY,
    MAX_SUBSCRIPTIONS,
    TopicPolicy,
    WatchedTopics,
    covers,
    feeds,
    implicit_topics,
    is_wildcard,
    owner,
    parse_pattern,
    parse_segment,
    parse_topic,
    root,
    stream_of,
    user_topic,
    wildcards_over,
)
from tests.fakes import NOW

GRAMMAR = re.compile(r"[A-Za-z0-9_.@-]{1,64}(:[A-Za-z0-9_.@-]{1,64}){0,4}")
PROPERTY = settings(derandomize=True, deadline=None)
segments = st.text("ab.@-_Z9", min_size=1, max_size=3)
topics = st.lists(segments, min_size=1, max_size=5).map(":".join)
wildcards = st.lists(segments, min_size=1, max_size=4).map(lambda parts: ":".join(parts) + ":*")
patterns = st.one_of(topics, wildcards, st.just("*")).map(Pattern)
nearly_topics = st.text("a:*. #\n\0é", max_size=12)


def caps(**actions: list[str]) -> Caps:
    return {Pattern(pattern): frozenset(map(Action, may)) for pattern, may in actions.items()}


def alice(*roles: str, tenant: str | None = None, may: Caps | None = None) -> Principal:
    return Principal(Username("alice"), frozenset(roles), tenant, NOW, may or {})


@pytest.mark.parametrize(
    "text",
    ["general", "user:alice@example.com", "a:b:c:d:e", "Orders_2026.x-y:1", "x" * 64],
)
def test_topics_of_the_grammar_are_topics(text: str) -> None:
    assert parse_pattern(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "a:",
        ":a",
        "a::b",
        "a:b:c:d:e:f",
        "x" * 65,
        ":".join(["x" * 64] * 5),
        "a b",
        "a\n",
        "a#0",
        "é",
        "a/b",
        "a*",
        "\ud800",
    ],
)
def test_anything_else_is_no_topic(text: str) -> None:
    with pytest.raises(Invalid, match=r"^topic: "):
        parse_pattern(text)


def test_a_topic_may_have_256_bytes() -> None:
    longest = ":".join(["x" * 64, "x" * 64, "x" * 64, "x" * 61])
    assert len(parse_pattern(longest)) == 256
    with pytest.raises(Invalid):
        parse_pattern(longest + "x")


def test_a_refused_topic_is_quoted_in_part_only() -> None:
    with pytest.raises(Invalid) as raised:
        parse_pattern("!" * 10_000)
    assert len(raised.value.message) < 200


@pytest.mark.parametrize("text", ["*", "a:*", "a:b:c:d:*", "general"])
def test_a_pattern_is_a_topic_or_ends_in_a_star(text: str) -> None:
    assert parse_pattern(text) == text


@pytest.mark.parametrize(
    "text", ["", ":*", "**", "a*", "a:**", "*:a", "a:*:b", "a:*:*", "a:b:c:d:e:*"]
)
def test_a_star_stands_alone_and_last(text: str) -> None:
    with pytest.raises(Invalid):
        parse_pattern(text)


@PROPERTY
@given(st.one_of(st.text(), nearly_topics))
def test_exactly_the_grammar_is_a_topic(text: str) -> None:
    assume("*" not in text)
    expected = GRAMMAR.fullmatch(text) is not None and len(text) <= 256
    try:
        parse_pattern(text)
        accepted = True
    except HeliographError:
        accepted = False
    assert accepted == expected


@PROPERTY
@given(patterns)
def test_every_pattern_parses_as_itself(pattern: Pattern) -> None:
    assert parse_pattern(pattern) == pattern


@pytest.mark.parametrize("text", ["", "a:b", "a b", "*", "x" * 65, "a\n", "é"])
def test_a_name_that_is_no_segment_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Invalid, match=r"^tenant: "):
        parse_segment(text, "tenant")


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("a:b", "a:b", True),
        ("a:*", "a:b", True),
        ("a:*", "a:b:c", True),
        ("a:*", "a:b:*", True),
        ("a:*", "a:*", True),
        ("*", "a:*", True),
        ("*", "*", True),
        ("a:*", "a", False),
        ("a:*", "ab:c", False),
        ("a:*", "*", False),
        ("a:b:*", "a:*", False),
        ("a:b", "a:*", False),
        ("a:b", "a:c", False),
    ],
)
def test_wide_patterns_cover_narrow_ones(wide: str, narrow: str, covered: bool) -> None:
    assert covers(Pattern(wide), Pattern(narrow)) is covered


def matches(pattern: str, topic: str) -> bool:
    """The definition: `*` is one or more remaining segments."""
    want, have = pattern.split(":"), topic.split(":")
    if want[-1] != "*":
        return want == have
    return len(have) >= len(want) and have[: len(want) - 1] == want[:-1]


@PROPERTY
@given(patterns, patterns, topics)
def test_what_matches_the_narrow_matches_the_wide(
    wide: Pattern, narrow: Pattern, topic: str
) -> None:
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)


@PROPERTY
@given(patterns, topics)
def test_covering_a_topic_is_matching_it(wide: Pattern, topic: str) -> None:
    assert covers(wide, Pattern(topic)) == matches(wide, topic)


@pytest.mark.parametrize(
    ("pattern", "above"),
    [
        ("a", []),
        ("a:b", ["a:*"]),
        ("a:b:c", ["a:b:*", "a:*"]),
        ("a:b:*", ["a:b:*", "a:*"]),
        ("user:alice", ["user:*"]),
    ],
)
def test_the_wildcards_over_a_pattern(pattern: str, above: list[str]) -> None:
    assert wildcards_over(Pattern(pattern)) == above


@PROPERTY
@given(patterns)
def test_every_wildcard_over_a_pattern_covers_it(pattern: Pattern) -> None:
    assert all(covers(wide, pattern) and is_wildcard(wide) for wide in wildcards_over(pattern))


@pytest.mark.parametrize(
    ("pattern", "listed_under"),
    [
        ("general", "general"),
        ("orders:eu:1", "orders"),
        ("orders:*", "orders"),
        ("user:alice", "user#07"),
        ("user:alice:drafts", "user#07"),
        ("user:alice:*", "user#07"),
        ("user:bob", "user#00"),
        ("user:*", "user:*"),
        ("user", "user"),
        ("role:admin", "role"),
    ],
)
def test_users_are_not_listed_under_one_root(pattern: str, listed_under: str) -> None:
    assert root(Pattern(pattern)) == listed_under


@PROPERTY
@given(wildcards.filter(lambda text: not text.startswith("user:*")), topics)
def test_what_a_wildcard_covers_is_listed_under_its_root(wide: str, topic: str) -> None:
    if covers(Pattern(wide), Pattern(topic)):
        assert root(Pattern(wide)) == root(Pattern(topic))


def test_implicit_topics_are_general_the_user_the_roles_and_the_tenant() -> None:
    assert implicit_topics(alice("member", "editor", tenant="acme")) == {
        "general",
        "user:alice",
        "role:member",
        "role:editor",
        "tenant:acme",
    }


def test_without_roles_and_tenant_there_are_two_implicit_topics() -> None:
    assert implicit_topics(alice()) == {EVERYBODY, user_topic(Username("alice"))}


def test_a_connection_may_have_a_hundred_subscriptions() -> None:
    assert MAX_SUBSCRIPTIONS == 100


@pytest.mark.parametrize("text", ["orders:*", "*", "user:*", "no good", ""])
def test_a_wildcard_is_no_topic(text: str) -> None:
    with pytest.raises(Invalid, match=r"^topic: "):
        parse_topic(text)
    assert parse_topic("orders:eu") == "orders:eu"


OPEN = TopicPolicy((ANYTHING,))
CLOSED = TopicPolicy(())


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("general", True),
        ("orders:eu", True),
        ("orders:*", True),
        ("user:alice", True),
        ("user:alice:drafts", True),
        ("user:alice:*", True),
        ("role:member", True),
        ("tenant:acme", True),
        ("user:bob", False),
        ("user:bob:*", False),
        ("user:alice2", False),
        ("user:*", False),
        ("user", False),
        ("role:admin", False),
        ("role:*", False),
        ("role:member:*", False),
        ("tenant:other", False),
        ("tenant:*", False),
        ("*", False),
    ],
)
def test_who_may_subscribe_where_topics_are_public(pattern: str, allowed: bool) -> None:
    principal = alice("member", tenant="acme")
    assert OPEN.may_subscribe(principal, Pattern(pattern)) is allowed


@pytest.mark.parametrize("role", ["admin", "service"])
@pytest.mark.parametrize("pattern", ["user:bob", "role:member", "tenant:acme", "user:*", "*"])
def test_a_role_that_may_publish_anywhere_may_not_listen_everywhere(
    role: str, pattern: str
) -> None:
    assert not OPEN.may_subscribe(alice(role), Pattern(pattern))


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("general", True),
        ("user:alice", True),
        ("role:member", True),
        ("tenant:acme", True),
        ("orders:eu", False),
        ("orders:*", False),
        ("general:*", False),
        ("*", False),
    ],
)
def test_who_may_subscribe_where_no_topic_is_public(pattern: str, allowed: bool) -> None:
    principal = alice("member", tenant="acme")
    assert CLOSED.may_subscribe(principal, Pattern(pattern)) is allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [("news", True), ("orders:eu", True), ("orders:*", True), ("orders", False), ("x", False)],
)
def test_a_policy_may_name_what_is_public(pattern: str, allowed: bool) -> None:
    policy = TopicPolicy((Pattern("news"), Pattern("orders:*")))
    assert policy.may_subscribe(alice(), Pattern(pattern)) is allowed


@pytest.mark.parametrize("pattern", ["user:bob", "user:*", "role:admin", "tenant:acme"])
def test_no_policy_makes_a_reserved_topic_public(pattern: str) -> None:
    policy = TopicPolicy((ANYTHING, Pattern("user:*"), Pattern(pattern)))
    assert not policy.may_subscribe(alice(), Pattern(pattern))


@pytest.mark.parametrize(
    ("may", "pattern", "allowed"),
    [
        ({"orders:*": ["subscribe"]}, "orders:eu", True),
        ({"orders:*": ["subscribe"]}, "orders:*", True),
        ({"orders:*": ["subscribe"]}, "orders", False),
        ({"orders:*": ["publish", "presence", "history"]}, "orders:eu", False),
        ({"orders:eu": ["subscribe"]}, "orders:*", False),
        ({"user:bob": ["subscribe"]}, "user:bob", True),
        ({"user:bob": ["subscribe"]}, "user:carol", False),
        ({"role:*": ["subscribe"]}, "role:admin", True),
        ({"*": ["subscribe"]}, "tenant:other", True),
        ({"orders:*": []}, "orders:eu", False),
    ],
)
def test_a_capability_widens_what_a_token_may_subscribe_to(
    may: dict[str, list[str]], pattern: str, allowed: bool
) -> None:
    principal = alice(may=caps(**may))
    assert CLOSED.may_subscribe(principal, Pattern(pattern)) is allowed


@pytest.mark.parametrize("role", ["admin", "service"])
@pytest.mark.parametrize("pattern", ["general", "user:bob", "role:admin", "orders:*", "*"])
def test_admins_and_services_may_publish_anywhere(role: str, pattern: str) -> None:
    assert OPEN.may_publish(alice(role), Pattern(pattern))


@pytest.mark.parametrize("pattern", ["general", "user:alice", "role:member", "orders:eu", "*"])
def test_nobody_else_may_publish_even_where_topics_are_public(pattern: str) -> None:
    assert not OPEN.may_publish(alice("member", "administrator"), Pattern(pattern))


@pytest.mark.parametrize(
    ("may", "pattern", "allowed"),
    [
        ({"orders:*": ["publish"]}, "orders:eu", True),
        ({"orders:*": ["publish"]}, "orders:*", True),
        ({"orders:*": ["subscribe"]}, "orders:eu", False),
        ({"orders:eu": ["publish"]}, "orders:*", False),
        ({"orders:*": ["publish"]}, "*", False),
        ({"*": ["publish"]}, "*", True),
    ],
)
def test_a_capability_lets_a_token_publish(
    may: dict[str, list[str]], pattern: str, allowed: bool
) -> None:
    assert CLOSED.may_publish(alice(may=caps(**may)), Pattern(pattern)) is allowed


# Streams


@pytest.mark.parametrize(
    ("pattern", "stream"),
    [("*", "general"), ("user:*", "general"), ("orders:*", "orders:*"), ("user:bob", "user:bob")],
)
def test_what_everybody_shall_have_is_stored_where_everybody_is(pattern: str, stream: str) -> None:
    assert stream_of(Pattern(pattern)) == stream


@pytest.mark.parametrize(
    ("stream", "pattern", "fed"),
    [
        ("orders:eu", "orders:eu", True),
        ("orders:*", "orders:eu", True),
        ("orders:*", "orders:eu:berlin", True),
        ("orders:eu", "orders:*", True),
        ("orders:eu:*", "orders:*", True),
        ("role:*", "role:member", True),
        ("orders", "orders:*", False),
        ("orders:us", "orders:eu", False),
        ("orders:eu", "orders:eu:berlin", False),
        ("user:bob", "user:alice", False),
        ("user:*", "user:alice", False),
        ("*", "general", False),
    ],
)
def test_a_subscription_is_fed_by_its_topic_and_by_what_covers_it_or_is_covered(
    stream: str, pattern: str, fed: bool
) -> None:
    assert feeds(Pattern(stream), Pattern(pattern)) is fed


@PROPERTY
@given(stream=patterns, subscribed=patterns)
def test_what_a_broadcast_reaches_is_fed_by_its_stream(
    stream: Pattern, subscribed: Pattern
) -> None:
    assume(subscribed != ANYTHING and stream_of(stream) == stream)
    reached = covers(subscribed, stream) or covers(stream, subscribed)
    assert feeds(stream, subscribed) == reached


@pytest.mark.parametrize(
    ("stream", "allowed"),
    [
        ("user:alice", True),
        ("general", True),
        ("role:member", True),
        ("role:*", True),
        ("tenant:acme", True),
        ("tenant:*", True),
        ("user:alice:drafts", True),
        ("news", True),
        ("user:bob", False),
        ("user:*", False),
        ("role:admin", False),
        ("tenant:other", False),
        ("*", False),
    ],
)
def test_who_may_read_a_stream(stream: str, allowed: bool) -> None:
    policy = TopicPolicy((ANYTHING,))
    principal = alice("member", tenant="acme")
    assert policy.may_read(principal, Pattern(stream)) is allowed
    assert not policy.has_history(principal, Pattern(stream))


def test_a_capability_opens_the_history_and_nothing_else() -> None:
    policy, bob = TopicPolicy(()), Pattern("user:bob")
    watcher = alice(may=caps(**{"user:bob": ["history"]}))
    assert policy.may_read(watcher, bob)
    assert policy.has_history(watcher, bob)
    assert not policy.may_subscribe(watcher, bob)
    assert not policy.may_read(watcher, Pattern("user:eve"))


@pytest.mark.parametrize("role", ["admin", "service"])
@pytest.mark.parametrize("topic", ["general", "user:bob", "role:admin", "tenant:acme", "room:1"])
def test_admins_and_services_see_who_is_in_any_topic(role: str, topic: str) -> None:
    assert CLOSED.may_see_presence(alice(role), Topic(Pattern(topic)))


@pytest.mark.parametrize(
    ("topic", "held", "allowed"),
    [
        ("user:alice", (), True),
        ("user:bob", (), False),
        ("user:alice2", (), False),
        ("room:1", (), False),
        ("room:1", ("room:1",), True),
        ("room:1", ("room:*",), True),
        ("room:1:x", ("room:*",), True),
        ("room:1", ("room:2", "room:1:*"), False),
        ("role:member", (), False),
        ("role:member", ("role:member",), True),
        ("role:admin", ("role:member",), False),
        ("tenant:other", ("tenant:acme",), False),
        ("user:bob", ("user:alice", "general"), False),
        ("general", ("general", "user:alice"), False),
    ],
)
@pytest.mark.parametrize("policy", [OPEN, CLOSED])
def test_a_member_sees_themselves_and_who_is_where_they_are_subscribed(
    policy: TopicPolicy, topic: str, held: tuple[str, ...], allowed: bool
) -> None:
    principal = alice("member", tenant="acme")
    assert policy.may_see_presence(principal, Topic(Pattern(topic)), map(Pattern, held)) is allowed


@pytest.mark.parametrize(
    ("may", "topic", "allowed"),
    [
        ({"room:*": ["presence"]}, "room:1", True),
        ({"room:1": ["presence"]}, "room:2", False),
        ({"room:*": ["subscribe", "publish", "history"]}, "room:1", False),
        ({"user:bob": ["presence"]}, "user:bob", True),
        ({"user:*": ["presence"]}, "user:bob", True),
        ({"general": ["presence"]}, "general", True),
        ({"*": ["presence"]}, "role:admin", True),
    ],
)
def test_a_capability_shows_who_is_in_what_it_covers(
    may: dict[str, list[str]], topic: str, allowed: bool
) -> None:
    principal = alice(may=caps(**may))
    assert OPEN.may_see_presence(principal, Topic(Pattern(topic))) is allowed


@pytest.mark.parametrize(
    ("pattern", "watched"),
    [
        ("room:1", True),
        ("room:1:x", True),
        ("lobby", True),
        ("room", False),
        ("room:*", False),
        ("orders:eu", False),
        ("general", False),
    ],
)
def test_a_topic_is_watched_if_the_setting_covers_it(pattern: str, watched: bool) -> None:
    topics = WatchedTopics((Pattern("room:*"), Pattern("lobby")))
    assert (Pattern(pattern) in topics) is watched


@pytest.mark.parametrize(
    "pattern", ["general", "user:alice", "user:alice:x", "role:admin", "tenant:acme", "*", "user:*"]
)
def test_no_setting_watches_what_names_somebody_or_everybody(pattern: str) -> None:
    wide = WatchedTopics((ANYTHING, Pattern("user:*"), Pattern(pattern)))
    assert Pattern(pattern) not in wide
    assert Pattern("room:1") in wide


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("user:alice", "alice"),
        ("user:alice:drafts", "alice"),
        ("user:*", "*"),
        ("orders:alice", None),
    ],
)
def test_a_user_s_topics_have_an_owner(pattern: str, name: str | None) -> None:
    assert owner(Pattern(pattern)) == name
