import json

import pytest

from handlers import documents
from notify.asyncapi import asyncapi
from notify.openapi import openapi
from tests import events


@pytest.mark.parametrize(
    ("route", "document"),
    [("GET /api/v1/openapi.json", openapi()), ("GET /api/v1/asyncapi.json", asyncapi())],
)
def test_a_document_is_served_to_everybody(route: str, document: object) -> None:
    response = documents.handler(events.request(route), events.CONTEXT)
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == document
