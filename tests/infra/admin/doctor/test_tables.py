from dataclasses import replace

from infra.admin.doctor.expected import ExpectedTable, expected_tables
from infra.admin.doctor.tables import look_at_tables
from tests.aws import PREFIX, client
from tests.infra.admin.doctor.patients import on_moto, short


def test_tables_that_are_as_they_are_written_are_counted(aws: None) -> None:
    for table in expected_tables():
        if table.backed_up:
            client("dynamodb").update_continuous_backups(
                TableName=PREFIX + table.name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
    count = len(expected_tables())
    text = f"ok: {count}, each as it is written in infra/tables.yml"
    assert short(look_at_tables(on_moto())) == [text]


def test_a_table_that_is_missing_is_named(aws: None) -> None:
    client("dynamodb").delete_table(TableName=PREFIX + "inbox")
    assert "fail: missing: inbox" in short(look_at_tables(on_moto()))


def test_tables_that_have_the_same_problem_are_named_together(aws: None) -> None:
    tables = [
        ExpectedTable("users", expires=True, backed_up=True),
        ExpectedTable("topics", expires=True, backed_up=False),
    ]
    assert short(look_at_tables(on_moto(), tables)) == [
        "fail: without a time to live: users, topics",
        "warn: without point-in-time recovery: users",
    ]


def test_in_production_everything_that_matters_can_be_restored(aws: None) -> None:
    patient = on_moto()
    production = replace(patient, stage=replace(patient.stage, name="prod"))
    tables = [ExpectedTable("users", expires=False, backed_up=True)]
    assert short(look_at_tables(production, tables)) == [
        "fail: without point-in-time recovery: users"
    ]


def test_a_table_that_is_going_is_told(aws: None) -> None:
    answer = {"Table": {"TableStatus": "DELETING"}}
    tables = [ExpectedTable("users", expires=False, backed_up=False)]
    (text,) = short(look_at_tables(on_moto(dynamodb={"describe_table": answer}), tables))
    assert text == "fail: neither active nor being updated: users"
