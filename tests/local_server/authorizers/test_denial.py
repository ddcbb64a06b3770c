"""What a denial says, and to whom."""

from local_server.authorizers.denial import UNAUTHORIZED, WEBSOCKET_ERROR, Denied


def test_the_client_hears_the_response_and_the_log_the_reason() -> None:
    denied = Denied(UNAUTHORIZED, "a header is missing")
    assert denied.response.body == b'{"message":"Unauthorized"}'
    assert str(denied) == denied.reason == "a header is missing"


def test_a_websocket_api_spells_its_errors_without_capitals() -> None:
    assert WEBSOCKET_ERROR.status == 500
    assert WEBSOCKET_ERROR.body == b'{"message":"Internal server error"}'
