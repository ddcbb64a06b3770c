from infra.admin.doctor.expected import expected_alarms, expected_functions, expected_tables
from tests.aws import PREFIX, resources


def test_what_is_expected_is_what_is_deployed() -> None:
    tables = {table.name: table for table in expected_tables()}
    assert tables.keys() == {
        table["Properties"]["TableName"].removeprefix(PREFIX)
        for table in resources("infra/tables.yml").values()
    }
    assert tables["connections"].expires
    assert not tables["users"].expires
    assert "sweep-errors" in expected_alarms()
    assert {"connect", "users"} <= set(expected_functions())
