import json
import re
import typing
from typing import Any

import pytest

from notify.asyncapi import asyncapi
from notify.frames import Frame
from notify.messages import TYPES


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi()


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert references
    assert all(resolve(document, reference) for reference in references)


def names(document: dict[str, Any], operation: str) -> set[str]:
    references = [each["$ref"] for each in document["operations"][operation]["messages"]]
    channel = [resolve(document, reference)["$ref"] for reference in references]
    return {resolve(document, reference)["name"] for reference in channel}


def test_the_server_takes_every_type_of_message(document: dict[str, Any]) -> None:
    assert names(document, "receive") == set(TYPES)


def test_the_server_sends_every_type_of_frame(document: dict[str, Any]) -> None:
    tags = {kind.__struct_config__.tag for kind in typing.get_args(Frame)}
    assert names(document, "send") == tags


def test_a_payload_names_its_type(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["Ping"]["properties"]["type"] == {"enum": ["ping"]}
