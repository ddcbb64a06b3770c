"""Ids in API Gateway's shape."""

import os
import re

import pytest

from local_server import ids

RECORDED = ["R1knPc2ntjMCFIA=", "TXzPWdnOjoECGjA=", "eHrdFcnvvHcCE-w=", "Qyi07eCbtjMCJKw="]


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_recorded_id_is_a_connection_id__3_1_11(recorded: str) -> None:
    assert ids.is_connection_id(recorded)


@pytest.mark.parametrize(
    "bad", ["", "x", "R1knPc2ntjMCFIB=", "R1knPc2ntjMCFIA", "a" * 16, "R1knPc2ntjMCFIA=\n"]
)
def test_other_text_is_not(bad: str) -> None:
    assert not ids.is_connection_id(bad)


def test_new_ids_have_the_recorded_shape__3_1_11() -> None:
    assert all(ids.is_connection_id(ids.connection_id(os.urandom)) for _ in range(100))
    assert ids.is_connection_id(ids.request_id(os.urandom))


def test_ids_come_from_the_given_randomness() -> None:
    assert ids.connection_id(bytes) == "AAAAAAAAAAAAAAA="


def test_a_message_id_shares_the_last_seven_characters_with_its_connection__3_1_11() -> None:
    connection = ids.connection_id(os.urandom)
    message = ids.message_id(connection, os.urandom)
    assert message[-7:] == connection[-7:]
    assert message[:9] != connection[:9]
    assert ids.is_connection_id(message)


def test_an_invocation_id_is_a_version_4_uuid() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", ids.invocation_id(os.urandom))
    assert ids.invocation_id(os.urandom)[14] == "4"


def test_a_trace_id_carries_the_second_it_was_made_in__3_1_14() -> None:
    trace = ids.trace_id(0x65D2FF2E * 1000 + 999, bytes)
    assert trace == "Root=1-65d2ff2e-000000000000000000000000"
