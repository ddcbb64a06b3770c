"""Taking parts out of a document by their paths."""

from pathlib import Path

import pytest

from local_server.template.document import Block, read_document
from local_server.template.pruning import STAND_IN, Pruned

TEXT = """\
service: shop
functions:
  one:
    handler: a.b
    environment: { a.b: 1, a: 2 }
    events:
      - s3: bucket
      - websocket: $connect
      - kafka: { topic: x, arn: y }
      - websocket: { route: $default, odd: 1 }
resources:
  - Resources: { First: { Type: A, Properties: { x: 1 } } }
  - Resources: { Second: { Type: B } }
"""


@pytest.fixture
def pruned(tmp_path: Path) -> Pruned:
    (tmp_path / "serverless.yml").write_text(TEXT)
    document = read_document(tmp_path / "serverless.yml")
    assert isinstance(document, Block)
    return Pruned(document)


def test_what_stands_at_a_path_goes(pruned: Pruned) -> None:
    assert pruned.take_out("functions.one.events[3].websocket.odd")
    events = pruned.document["functions"]["one"]["events"]
    assert events[3] == {"websocket": {"route": "$default"}}


def test_of_keys_with_dots_the_longest_is_meant(pruned: Pruned) -> None:
    pruned.take_out("functions.one.environment.a.b")
    assert pruned.document["functions"]["one"]["environment"] == {"a": 2}


def test_an_item_that_has_become_empty_goes_too(pruned: Pruned) -> None:
    pruned.take_out("functions.one.events[0].s3")
    events = pruned.document["functions"]["one"]["events"]
    assert [next(iter(event)) for event in events] == ["websocket", "kafka", "websocket"]


def test_positions_are_told_as_they_were(pruned: Pruned) -> None:
    pruned.take_out("functions.one.events[0].s3")
    assert pruned.original("functions.one.events[1].kafka") == "functions.one.events[2].kafka"
    pruned.take_out("functions.one.events[1].kafka")
    assert pruned.original("functions.one.events[1].x.y") == "functions.one.events[3].x.y"
    assert pruned.original("functions.one.events[0]") == "functions.one.events[1]"
    assert pruned.original("functions.two.events[0]") == "functions.two.events[0]"


def test_what_is_missing_is_stood_in_for_then_its_mapping_goes(pruned: Pruned) -> None:
    pruned.take_out("functions.one.handler")
    functions = pruned.document["functions"]
    assert "handler" not in functions["one"]
    pruned.take_out("functions.one.handler")
    assert functions["one"]["handler"] == STAND_IN
    pruned.take_out("functions.one.handler")
    assert functions == {}


def test_a_missing_section_is_stood_in_for_and_no_more(pruned: Pruned) -> None:
    assert pruned.take_out("provider")
    assert pruned.document["provider"] == STAND_IN
    assert not pruned.take_out("provider")


@pytest.mark.parametrize("name", ["First", "Second"])
def test_paths_of_resources_begin_anew_in_each_section(pruned: Pruned, name: str) -> None:
    pruned.take_out(f"Resources.{name}")
    left = [key for section in pruned.document["resources"] for key in section["Resources"]]
    assert left == [other for other in ("First", "Second") if other != name]


def test_a_path_that_leads_nowhere_still_takes_something_out(pruned: Pruned) -> None:
    before = len(pruned.document["functions"]["one"]["events"])
    assert pruned.take_out("functions.one.events[9].x")
    assert len(pruned.document["functions"]["one"].get("events", [])) < before
