import pytest

from infra import tables
from infra.database import database
from infra.tables import MODELS, UserRow
from tests.aws import PREFIX, REGION


def test_all_tables_share_one_client(aws: None) -> None:
    used = {id(model._get_connection().connection.client) for model in MODELS}
    assert used == {id(database(REGION).client)}


def test_no_call_waits_for_long(aws: None) -> None:
    config = database(REGION).client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}


def test_tables_of_several_stages_are_reached_in_turn(aws: None) -> None:
    for prefix, region in (("other-", REGION), ("far-", "us-east-1"), (PREFIX, REGION)):
        tables.bind(prefix, region)
        reached = UserRow._get_connection()
        assert reached.table_name == f"{prefix}users"
        assert reached.get_meta_table().hash_keyname == "username"
        assert reached.connection.region == region
    with pytest.raises(UserRow.DoesNotExist):
        UserRow.get("nobody")
