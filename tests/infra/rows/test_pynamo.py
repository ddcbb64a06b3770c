from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute

from infra.rows.pynamo import Table, database
from tests.aws import PREFIX, REGION
from tests.infra.rows.both import THEIRS


class Users(Table):
    class Meta:
        table_name = f"{PREFIX}users"
        region = REGION

    username = UnicodeAttribute(hash_key=True)
    tenant = UnicodeAttribute(null=True)


def test_all_tables_share_one_client() -> None:
    used = {id(model._get_connection().connection) for model in (THEIRS.Thing, THEIRS.Lone)}
    assert used == {id(database(THEIRS.Thing.Meta.region))}


def test_no_call_waits_for_long() -> None:
    config = database(REGION).client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}


def test_tables_of_several_stages_are_reached_in_turn(aws: None) -> None:
    meta: Any = Users.Meta
    for prefix, region in (("other-", REGION), ("far-", "us-east-1"), (PREFIX, REGION)):
        meta.table_name, meta.region = f"{prefix}users", region
        reached = Users._get_connection()
        assert reached.table_name == f"{prefix}users"
        assert reached.get_meta_table().hash_keyname == "username"
        assert reached.connection.region == region
    with pytest.raises(Users.DoesNotExist):
        Users.get("nobody")


def test_a_deleted_item_is_returned_to_one_caller_only(aws: None) -> None:
    Users("alice", tenant="acme").save()
    assert Users.delete_returning("alice") == {"username": {"S": "alice"}, "tenant": {"S": "acme"}}
    assert Users.delete_returning("alice") is None
