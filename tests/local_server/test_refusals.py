"""Errors in the shape that the SDKs read."""

import json

import pytest

from local_server import refusals
from local_server.refusals import Refusal, access_denied

RESOURCE = "arn:aws:execute-api:eu-west-3:000000001234:localwsapi/dev/POST/@connections/x"


def test_the_kind_is_a_header_and_the_message_json() -> None:
    response = Refusal(413, "PayloadTooLargeException", "Payload too large").response
    assert response.status == 413
    assert dict(response.headers)["x-amzn-ErrorType"] == "PayloadTooLargeException"
    assert json.loads(response.body) == {"message": "Payload too large"}


def test_without_a_message_there_is_no_body() -> None:
    assert Refusal(410, "GoneException").response.body == b""


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (refusals.missing_token(), "MissingAuthenticationTokenException"),
        (refusals.invalid_token(), "UnrecognizedClientException"),
        (refusals.incomplete_signature("x"), "IncompleteSignatureException"),
        (refusals.invalid_signature("x"), "InvalidSignatureException"),
        (access_denied("u", "a:b", RESOURCE, False), "AccessDeniedException"),
    ],
)
def test_whoever_cannot_be_let_in_gets_a_403(refusal: Refusal, kind: str) -> None:
    assert (refusal.kind, refusal.response.status) == (kind, 403)


def test_a_denial_names_everything_but_the_account__4_6() -> None:
    body = access_denied("arn:aws:sts::1:assumed-role/r/f", "a:b", RESOURCE, False).response.body
    assert json.loads(body) == {
        "Message": "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: a:b "
        "on resource: arn:aws:execute-api:eu-west-3:********1234:localwsapi/dev/POST/@connections/x"
    }


def test_an_explicit_denial_says_so() -> None:
    message = access_denied("u", "a:b", RESOURCE, True).message or ""
    assert message.endswith(" with an explicit deny")
