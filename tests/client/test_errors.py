import inspect
import re

import pytest

from client import errors
from client.errors import ApiError, HeliographError, Refused, RequestRefused, TopicsRefused


def test_every_error_is_in_the_tree_that_is_drawn() -> None:
    drawn = set(re.findall(r"(?:── |\n)([A-Z]\w+)", errors.__doc__ or ""))
    classes = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, HeliographError)
    }

    assert drawn == classes


def test_a_refusal_says_code_name_and_message() -> None:
    assert str(Refused(4001, "Authentication failed")) == "4001 unauthorized: Authentication failed"


def test_the_servers_own_name_for_a_code_counts_most() -> None:
    assert str(Refused(4999, "why", "brand_new")) == "4999 brand_new: why"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ApiError(401, "Authentication failed", code=4001),
            "4001 unauthorized: Authentication failed",
        ),
        (
            ApiError(422, "title: required", title="Unprocessable Content"),
            "4422 invalid: title: required",
        ),
        (ApiError(418, "short", title="I'm a Teapot"), "4418 i'm a teapot: short"),
    ],
)
def test_a_problem_reads_like_a_refusal(error: ApiError, text: str) -> None:
    assert str(error) == text


def test_refused_topics_are_all_named() -> None:
    refused = tuple(
        RequestRefused(4403, f"not allowed: {topic}", topic=topic) for topic in ("a", "b")
    )

    error = TopicsRefused(refused, accepted=("c",))

    assert str(error) == "4403 forbidden_topic: not allowed: a; not allowed: b"
