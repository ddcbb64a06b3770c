from typing import Any

import pytest

from infra.rows import Attribute, Table, TransactWriteError
from infra.tables import (
    MODELS,
    ConnectionRow,
    SubscriptionRow,
    bind,
    delete_returning,
    transaction,
)
from tests.aws import PREFIX, REGION, resources

TABLES = {
    resource["Properties"]["TableName"]: resource["Properties"]
    for resource in resources("infra/tables.yml").values()
}
by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def table_of(model: type[Table]) -> dict[str, Any]:
    meta: Any = model.Meta
    properties: dict[str, Any] = TABLES[PREFIX + meta.suffix]
    return properties


def attributes(model: type[Table]) -> dict[str, Attribute[Any]]:
    return dict(model.get_attributes())


def test_every_table_has_a_model_and_every_model_a_table() -> None:
    metas: list[Any] = [model.Meta for model in MODELS]
    assert sorted(PREFIX + meta.suffix for meta in metas) == sorted(TABLES)


@by_name
def test_the_keys_are_those_of_the_table(model: type[Table]) -> None:
    keys = {
        attribute.attr_name: "HASH" if attribute.is_hash_key else "RANGE"
        for attribute in attributes(model).values()
        if attribute.is_hash_key or attribute.is_range_key
    }
    declared = {key["AttributeName"]: key["KeyType"] for key in table_of(model)["KeySchema"]}
    assert keys == declared


@by_name
def test_the_keys_have_the_types_of_the_table(model: type[Table]) -> None:
    types = {
        attribute.attr_name: attribute.attr_type
        for attribute in attributes(model).values()
        if attribute.is_hash_key or attribute.is_range_key
    }
    declared = {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in table_of(model)["AttributeDefinitions"]
    }
    assert types == declared


@by_name
def test_rows_that_expire_are_in_tables_that_let_them(model: type[Table]) -> None:
    declared = table_of(model).get("TimeToLiveSpecification")
    expires_at = attributes(model).get("expires_at")
    assert (expires_at is not None) == (declared is not None)
    if declared is not None and expires_at is not None:
        assert declared == {"AttributeName": expires_at.attr_name, "Enabled": True}
        assert (expires_at.attr_type, expires_at.null) == ("N", False)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_are_paid_by_request_and_have_no_index(name: str) -> None:
    assert TABLES[name]["BillingMode"] == "PAY_PER_REQUEST"
    assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & TABLES[name].keys()


def test_binding_names_the_tables_and_their_region() -> None:
    bind(PREFIX, REGION)
    metas: list[Any] = [model.Meta for model in MODELS]
    assert sorted(meta.table_name for meta in metas) == sorted(TABLES)
    assert {meta.region for meta in metas} == {REGION}


def a_row(connection_id: str) -> SubscriptionRow:
    return SubscriptionRow(
        "a#0", connection_id, username="alice", connected_at=1, token_expires_at=2, expires_at=3
    )


def test_a_deleted_item_is_returned_to_one_caller_only(aws: None) -> None:
    a_row("c1").save()
    deleted = delete_returning(SubscriptionRow, "a#0", "c1")
    assert deleted is not None
    assert deleted["username"] == {"S": "alice"}
    assert delete_returning(SubscriptionRow, "a#0", "c1") is None


def test_a_table_with_one_key_is_deleted_from_by_it(aws: None) -> None:
    assert delete_returning(ConnectionRow, "c1") is None


def test_a_transaction_writes_all_or_nothing(aws: None) -> None:
    a_row("c1").save()
    absent = SubscriptionRow.connection_id.does_not_exist()
    with pytest.raises(TransactWriteError), transaction() as write:  # noqa: PT012
        write.save(a_row("c2"), condition=absent)
        write.save(a_row("c1"), condition=absent)
    assert [row.connection_id for row in SubscriptionRow.query("a#0")] == ["c1"]
