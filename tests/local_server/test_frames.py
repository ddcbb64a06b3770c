"""Error frames, byte for byte."""

from local_server.frames import (
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    TIMED_OUT,
    bad_request_frame,
    error_frame,
)
from local_server.ids import ConnectionId, MessageId, RequestId


def test_forbidden_reads_as_recorded() -> None:
    frame = error_frame(FORBIDDEN, ConnectionId("eHrdFcnvvHcCE-w="), RequestId("eHrjDEuVPHcFWMg="))
    assert frame == (
        '{"message": "Forbidden", "connectionId":"eHrdFcnvvHcCE-w=", '
        '"requestId":"eHrjDEuVPHcFWMg="}'
    )


def test_the_words_are_those_of_a_websocket_api() -> None:
    assert INTERNAL_SERVER_ERROR == "Internal server error"
    assert TIMED_OUT == "Endpoint request timed out"


def test_a_bad_request_has_spaces_of_its_own__2_3_7() -> None:
    frame = bad_request_frame(ConnectionId("eHrdFcnvvHcCE-w="), MessageId("R1knPc2ntjMCFIA="))
    assert frame == (
        '{"message" : "Bad request body", "connectionId": "eHrdFcnvvHcCE-w=", '
        '"messageId": "R1knPc2ntjMCFIA="}'
    )
