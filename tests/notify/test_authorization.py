"""Every kind of principal, on every kind of topic, for every operation: who may.

A row is a topic and, for each operation, the principals who may; nobody else may. A principal's
letter stands for all that is special about them.
"""

import itertools
from collections.abc import Callable

import pytest

from notify.model import Action, Caps, Pattern, Principal, Topic, Username
from notify.topics import ANYTHING, TopicPolicy, is_wildcard
from tests.fakes import NOW


def caps(*actions: Action, on: str) -> Caps:
    return {Pattern(on): frozenset(actions)}


def principal(*roles: str, tenant: str | None = None, may: Caps | None = None) -> Principal:
    return Principal(Username("alice"), frozenset(roles), tenant, NOW, may or {})


EVERYTHING = tuple(Action)
PRINCIPALS = {
    "m": principal("member", tenant="acme"),
    "n": principal(),  # no role, no tenant
    "a": principal("admin"),
    "s": principal("service"),
    "x": principal("administrator", "Admin"),  # sounds like one
    "o": principal(may=caps(*EVERYTHING, on="orders:*")),
    "b": principal(may=caps(*EVERYTHING, on="user:bob")),
    "u": principal(may=caps(*EVERYTHING, on="user:*")),
    "*": principal(may=caps(*EVERYTHING, on="*")),
    "0": principal(may=caps(on="*")),  # a capability to do nothing
    "p": principal(may=caps(Action.PRESENCE, Action.HISTORY, on="*")),
}
ALL = "mnasxobu*0p"


# Each operation with its method. Whoever adds one adds a column.
def may_see_presence(policy: TopicPolicy, principal: Principal, topic: Pattern) -> bool:
    """Of who is subscribed to nothing but what everybody has; nobody is in a wildcard."""
    return not is_wildcard(topic) and policy.may_see_presence(principal, Topic(topic))


OPERATIONS: dict[str, Callable[[TopicPolicy, Principal, Pattern], bool]] = {
    "subscribe": TopicPolicy.may_subscribe,
    "publish": TopicPolicy.may_publish,
    "history": TopicPolicy.may_read,
    "presence": may_see_presence,
}
PUBLIC, CLOSED = TopicPolicy((ANYTHING,)), TopicPolicy(())
# Where a policy names what nobody can make public.
FOOLISH = TopicPolicy(tuple(map(Pattern, ("*", "user:*", "user:bob", "role:*", "tenant:*"))))

# topic: who may subscribe where topics are public, where none is, and who may publish.
TABLE = {
    # One's own, and what everybody has.
    "general": (ALL, ALL, "as*"),
    "user:alice": (ALL, ALL, "asu*"),
    "user:alice:drafts": (ALL, ALL, "asu*"),
    "user:alice:*": (ALL, ALL, "asu*"),
    # Somebody else's, and names that only look like one's own.
    "user:bob": ("bu*", "bu*", "asbu*"),
    "user:bob:drafts": ("u*", "u*", "asu*"),
    "user:bob:*": ("u*", "u*", "asu*"),
    "user:alice2": ("u*", "u*", "asu*"),
    "user:Alice": ("u*", "u*", "asu*"),
    # What would swallow everybody's.
    "user": ("*", "*", "as*"),
    "user:*": ("u*", "u*", "asu*"),
    "*": ("*", "*", "as*"),
    # Roles.
    "role:member": ("m*", "m*", "as*"),
    "role:member:x": ("*", "*", "as*"),
    "role:member:*": ("*", "*", "as*"),
    "role:admin": ("a*", "a*", "as*"),
    "role:service": ("s*", "s*", "as*"),
    "role:other": ("*", "*", "as*"),
    "role": ("*", "*", "as*"),
    "role:*": ("*", "*", "as*"),
    # Tenants.
    "tenant:acme": ("m*", "m*", "as*"),
    "tenant:acme:x": ("*", "*", "as*"),
    "tenant:acme:*": ("*", "*", "as*"),
    "tenant:other": ("*", "*", "as*"),
    "tenant": ("*", "*", "as*"),
    "tenant:*": ("*", "*", "as*"),
    # Anything else.
    "orders": (ALL, "*", "as*"),
    "orders:eu": (ALL, "o*", "aso*"),
    "orders:eu:1": (ALL, "o*", "aso*"),
    "orders:*": (ALL, "o*", "aso*"),
    "orders:eu:*": (ALL, "o*", "aso*"),
    "orders2:eu": (ALL, "*", "as*"),
    "general:x": (ALL, "*", "as*"),
    "general:*": (ALL, "*", "as*"),
    "users:bob": (ALL, "*", "as*"),
    "xuser:bob": (ALL, "*", "as*"),
}


# What is sent to every role, or tenant, is due to whoever has one, who could not subscribe to it.
READERS = {"role:*": "masx", "tenant:*": "m"}
# Who sees who is there beside admins, services and whoever has a capability for everything.
SEE_PRESENCE = {"user:alice": ALL, "user:bob": "b"}


def may(policy: TopicPolicy, operation: str, letter: str, topic: str) -> bool:
    return OPERATIONS[operation](policy, PRINCIPALS[letter], Pattern(topic))


def expected(topic: str, operation: str, policy: TopicPolicy) -> str:
    public, closed, publish = TABLE[topic]
    if operation == "publish":
        return publish
    if operation == "presence":
        return see_presence(topic)
    subscribers = closed if policy is CLOSED else public
    if operation == "history":
        return subscribers + "p" + READERS.get(topic, "")
    return subscribers


def see_presence(topic: str) -> str:
    if topic.endswith("*"):
        return ""
    below = {"user:": "u", "orders:": "o"}
    capable = "".join(who for wide, who in below.items() if topic.startswith(wide))
    return "as*p" + capable + SEE_PRESENCE.get(topic, "")


@pytest.mark.parametrize("policy", [PUBLIC, CLOSED, FOOLISH], ids=["public", "closed", "foolish"])
@pytest.mark.parametrize(("topic", "operation"), list(itertools.product(TABLE, OPERATIONS)))
def test_exactly_these_may(topic: str, operation: str, policy: TopicPolicy) -> None:
    allowed = {letter for letter in PRINCIPALS if may(policy, operation, letter, topic)}
    assert allowed == set(expected(topic, operation, policy))


def test_the_table_names_every_principal() -> None:
    assert set(ALL) == PRINCIPALS.keys()


@pytest.mark.parametrize("topic", TABLE)
def test_no_wildcard_gives_what_a_topic_below_it_does_not(topic: str) -> None:
    """Whoever may subscribe to a wildcard may subscribe to everything that it covers."""
    if not topic.endswith("*"):
        return
    below = [other for other in TABLE if topic == "*" or other.startswith(topic[:-1])]
    for policy, letter in itertools.product((PUBLIC, CLOSED), PRINCIPALS):
        if may(policy, "subscribe", letter, topic):
            assert all(may(policy, "subscribe", letter, other) for other in below)
