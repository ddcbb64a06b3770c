"""docs/fidelity.md is made of the statements and the tests, and is current."""

import pytest

from tests.local_server.fidelity import PAGE, numbers_of, page, proofs_by_number, statements

STATEMENTS = statements()


@pytest.mark.parametrize(
    "statement",
    [statement for statement in STATEMENTS if statement.needs_a_test],
    ids=lambda statement: statement.number,
)
def test_what_is_documented_or_observed_has_a_test(statement: object) -> None:
    assert statement.tests  # type: ignore[attr-defined]


def test_no_test_names_a_statement_that_does_not_exist() -> None:
    assert proofs_by_number().keys() <= {statement.number for statement in STATEMENTS}


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_a_name_carries_its_numbers_at_its_end() -> None:
    assert numbers_of("test_one__1_2_4__2_3") == ["1.2.4", "2.3"]
    assert numbers_of("test_of_4_2_none") == []
