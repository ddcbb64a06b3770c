import json

import pytest

from infra.admin.errors import Refused
from infra.admin.rings import (
    LIFE_MS,
    adding,
    dropping,
    merged,
    new_key,
    read_ring,
    retiring,
    signing_id,
    states,
)
from infra.settings import SettingsError
from notify.model import Principal, Username
from notify.tokens import Keyring, parse_key, sign, verify

NOW = 1_780_000_000_000
SECRET = "a-secret-of-more-than-thirty-two-bytes"
BY_HAND = {"old": {"alg": "HS256", "key": SECRET}}
PUBLIC = {"alg": "ES256", "public_key": "PEM"}


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "RS256"])
def test_a_new_key_signs_what_it_verifies(algorithm: str) -> None:
    key = parse_key(*new_key(algorithm, NOW), None, None)
    token = sign(key, Principal(Username("alice"), frozenset(), None, NOW + 60_000), NOW)
    assert verify(token, Keyring([key]), NOW).username == "alice"


def test_keys_differ_and_name_their_day() -> None:
    (one, first), (other, second) = new_key("HS256", NOW), new_key("HS256", NOW)
    assert one != other
    assert first["key"] != second["key"]
    assert one.startswith("20260528-")


def test_an_added_key_signs_and_the_others_stay() -> None:
    add = adding(*new_key("HS256", NOW))
    ring = add(BY_HAND)
    assert signing_id(ring) != "old"
    assert "old" in ring
    assert list(add(ring)) == list(ring)


def test_a_key_is_retired_once_its_last_token_has_expired() -> None:
    ring = adding(*new_key("HS256", NOW))(BY_HAND)
    assert "old" in retiring(NOW + LIFE_MS - 1000)(ring)
    assert list(retiring(NOW + LIFE_MS)(ring)) == [signing_id(ring)]


def test_a_key_is_kept_where_nobody_knows_since_when_it_has_not_signed() -> None:
    ring = {"newer": {"alg": "HS256", "key": SECRET}, **BY_HAND}
    assert retiring(NOW)(ring) == ring


def test_a_key_of_somebody_else_is_not_ours_to_retire() -> None:
    ring = adding(*new_key("HS256", NOW))({"theirs": PUBLIC})
    assert "theirs" in retiring(NOW + 10 * LIFE_MS)(ring)


def test_the_key_that_signs_is_not_dropped() -> None:
    ring = adding(*new_key("HS256", NOW))(BY_HAND)
    assert "old" not in dropping("old")(ring)
    with pytest.raises(Refused, match="rotate first"):
        dropping(str(signing_id(ring)))(ring)


def test_what_two_operators_add_is_there_and_the_younger_signs() -> None:
    ours = adding(*new_key("HS256", NOW))(BY_HAND)
    theirs = adding(*new_key("HS256", NOW + 1000))(BY_HAND)
    ring = merged(BY_HAND, ours, theirs)
    assert ring.keys() == ours.keys() | theirs.keys()
    assert signing_id(ring) == signing_id(theirs)


def test_what_one_of_two_operators_drops_is_gone() -> None:
    ours = adding(*new_key("HS256", NOW))({**BY_HAND, "leaked": BY_HAND["old"]})
    assert "leaked" not in merged({**BY_HAND, "leaked": BY_HAND["old"]}, ours, BY_HAND)


def test_the_state_of_every_key_is_told_without_the_key() -> None:
    before = {**BY_HAND, "leaked": BY_HAND["old"]}
    after = dropping("leaked")(adding(*new_key("HS256", NOW))(before))
    found = list(states(before, after, NOW))
    assert [key.state for key in found] == ["signs", "verifies", "dropped"]
    assert found[1].until == NOW + LIFE_MS
    assert SECRET not in repr(found)
    later = list(states(after, retiring(NOW + LIFE_MS)(after), NOW + LIFE_MS))
    assert [(key.id, key.state) for key in later][1:] == [("old", "retired")]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '"x"', '{"k": {"alg": "none"}}', json.dumps({"k": {"alg": "HS256", "key": "hush"}})],
)
def test_what_is_no_ring_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_ring(text)
    assert "hush" not in str(error.value)
