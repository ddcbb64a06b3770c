from infra.admin.doctor.expected import ExpectedTable, expected_tables
from infra.admin.doctor.tables import look_at_table, look_at_tables
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
    assert "fail: inbox is missing" in short(look_at_tables(on_moto()))


def test_a_table_that_forgets_nothing_is_named(aws: None) -> None:
    table = ExpectedTable("users", expires=True, backed_up=False)
    assert short(look_at_table(on_moto(), table)) == ["fail: users has no time to live"]


def test_a_table_that_cannot_be_restored_is_named(aws: None) -> None:
    table = ExpectedTable("users", expires=False, backed_up=True)
    assert short(look_at_table(on_moto(), table)) == [
        "warn: users cannot be restored to a point in time"
    ]
