"""Request models."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.models import BadModel, RequestModels, parse_model
from local_server.selection import parse_expression

BID = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"amount": {"$ref": "#/definitions/amount"}, "of": {"type": "string"}},
    "required": ["amount"],
    "definitions": {"amount": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
}


def models(expression: str, **schemas: Any) -> RequestModels:
    by_key = {key.replace("default", "$default"): schema for key, schema in schemas.items()}
    return RequestModels(
        parse_expression(expression), {key: parse_model(one) for key, one in by_key.items()}
    )


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ('{"amount": 1}', True),
        ('{"amount": 0}', False),
        ('{"amount": "1"}', False),
        ('{"of": "x"}', False),
        ("[]", False),
        ("no JSON", False),
        ("", False),
    ],
)
def test_a_message_fits_the_model_or_not__2_3_7(body: str, fits: bool) -> None:
    assert models("$default".replace("$", "\\$"), default=BID).accept(body) is fits


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ('{"kind": "bid", "amount": 1}', True),
        ('{"kind": "bid"}', False),
        ('{"kind": "other"}', True),
        ('{"kind": "other", "kind2": []}', True),
    ],
)
def test_the_expression_selects_the_model_or_else_default__2_3_7(body: str, fits: bool) -> None:
    chosen = models("$request.body.kind", bid=BID, default={"type": "object"})
    assert chosen.accept(body) is fits


def test_where_no_model_is_selected_nothing_fits__2_3_7() -> None:
    assert not models("$request.body.kind", bid=BID).accept('{"kind": "other"}')


def test_a_schema_may_be_text() -> None:
    assert parse_model('{"type": "string"}').is_valid("x")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "nothing"}, "no JSON schema of draft 4"),
        ({"pattern": "("}, "no JSON schema of draft 4"),
        ([], "no JSON schema of draft 4"),
        (None, "no JSON schema of draft 4"),
        ("{", "no JSON schema of draft 4"),
        ({"items": [{"$ref": "https://apigateway.amazonaws.com/restapis/a/models/B"}]}, "$ref"),
        ({"$ref": "#/definitions/nothing"}, "leads to no definition"),
    ],
)
def test_what_is_no_schema_of_its_own_is_refused(schema: Any, reason: str) -> None:
    with pytest.raises(BadModel) as refusal:
        parse_model(schema)
    assert reason in str(refusal.value)


def test_a_message_nested_beyond_reason_does_not_fit() -> None:
    endless = {"type": "array", "items": {"$ref": "#"}}
    assert not models("x", default=endless).accept("[" * 900 + "]" * 900)


@given(st.text())
def test_no_message_is_a_failure(body: str) -> None:
    assert models("$request.body.kind", default=BID).accept(body) in (True, False)
