from typing import Any

from infra.admin.doctor.expected import (
    expected_alarms,
    expected_functions,
    expected_reserved,
    expected_tables,
    reserved_in,
)
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


def test_what_a_stage_reserves_is_what_its_params_say() -> None:
    assert expected_reserved("dev") == {"deliver": 10, "sweep": 1}
    functions = {
        "deliver": {"reservedConcurrency": "${param:deliveryReserved}"},
        "sweep": {"reservedConcurrency": "${param:sweepReserved}"},
        "send": {},
    }
    params: dict[str, Any] = {"default": {"deliveryReserved": 10, "sweepReserved": 1}, "prod": None}
    params["dev"] = {"deliveryReserved": None, "sweepReserved": "2"}  # None: `!Ref AWS::NoValue`
    template = {"params": params, "functions": functions}
    assert reserved_in(template, "dev") == {"deliver": 0, "sweep": 2}
    assert reserved_in(template, "prod") == {"deliver": 10, "sweep": 1}
    params["prod"] = {"deliveryReserved": "${env:RESERVED}"}
    assert reserved_in(template, "prod") == {"sweep": 1}
