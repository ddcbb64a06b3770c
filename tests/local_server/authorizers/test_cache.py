"""Kept results."""

from local_server.authorizers.cache import ResultCache
from local_server.clock import Clock


def test_a_result_is_kept_until_its_time_is_over__6_4() -> None:
    clock = Clock(lambda: 0)
    cache: ResultCache[str] = ResultCache(clock)
    cache.put("key", "result", 10)
    clock.advance(9.999)
    assert cache.get("key") == "result"
    clock.advance(0.001)
    assert cache.get("key") is None


def test_another_key_has_nothing() -> None:
    cache: ResultCache[str] = ResultCache(Clock())
    cache.put(("a", ("1", "2")), "result", 10)
    assert cache.get(("a", ("2", "1"))) is None


def test_a_newer_result_takes_the_place_of_the_older() -> None:
    cache: ResultCache[str] = ResultCache(Clock())
    cache.put("key", "old", 10)
    cache.put("key", "new", 10)
    assert cache.get("key") == "new"


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    cache: ResultCache[int] = ResultCache(Clock(), entries=2)
    cache.put("a", 1, 10)
    cache.put("b", 2, 10)
    cache.get("a")
    cache.put("c", 3, 10)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
