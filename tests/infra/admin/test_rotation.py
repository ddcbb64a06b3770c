import json

import pytest

from infra.admin.command_line import main
from infra.admin.rings import LIFE_MS, new_key
from infra.wiring import clock
from tests.aws import client

PLACE = ["--parameter", "/heliograph/dev/jwt-keys"]
ROTATE = ["--stage", "dev", "rotate-key", *PLACE]


def stored() -> dict[str, dict[str, str]]:
    answer = client("ssm").get_parameter(Name=PLACE[1], WithDecryption=True)
    return dict(json.loads(answer["Parameter"]["Value"]))


def store(ring: dict[str, dict[str, str]]) -> None:
    client("ssm").put_parameter(Name=PLACE[1], Value=json.dumps(ring), Type="SecureString")


def test_keys_are_rotated_and_none_is_printed(
    bare_aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [main(ROTATE, client), main(ROTATE, client)] == [0, 0]
    newer, older = stored()
    printed = capsys.readouterr()
    assert printed.out.splitlines()[2:4] == [
        "parameter /heliograph/dev/jwt-keys",
        f"  {newer}  HS256  signs",
    ]
    assert f"  {older}  HS256  verifies, until --retire after " in printed.out
    for fields in stored().values():
        assert fields["key"] not in printed.out + printed.err


def test_a_dry_run_changes_nothing(bare_aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ROTATE, "--dry-run"], client) == 0
    assert "(dry run: nothing is changed)" in capsys.readouterr().out
    with pytest.raises(client("ssm").exceptions.ParameterNotFound):
        stored()


def test_what_has_served_is_retired(bare_aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    current, older = new_key("HS256", clock() - LIFE_MS - 1000), new_key("HS256", 0)
    store(dict([current, older]))
    assert main([*ROTATE, "--retire"], client) == 0
    assert list(stored()) == [current[0]]
    assert f"  {older[0]}  HS256  retired" in capsys.readouterr().out


def test_where_there_is_nothing_to_do_nothing_is_written(bare_aws: None) -> None:
    store(dict([new_key("HS256", clock())]))
    assert main([*ROTATE, "--retire"], client) == 0
    answer = client("ssm").get_parameter(Name=PLACE[1])
    assert answer["Parameter"]["Version"] == 1


def test_a_leaked_key_is_dropped_once_another_signs(
    bare_aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    leaked = new_key("HS256", clock())
    store(dict([leaked]))
    drop = [*ROTATE, "--drop", leaked[0]]
    assert [main(drop, client), main(ROTATE, client), main(drop, client), main(drop, client)] == [
        1,
        0,
        0,
        1,
    ]
    assert leaked[0] not in stored()
    errors = capsys.readouterr().err.splitlines()
    assert "rotate first" in errors[0]
    assert errors[1] == f"infra.admin: there is no key {leaked[0]}"


def test_a_new_key_is_of_the_kind_of_the_old_one(bare_aws: None) -> None:
    assert [main([*ROTATE, "--algorithm", "ES256"], client), main(ROTATE, client)] == [0, 0]
    assert [fields["alg"] for fields in stored().values()] == ["ES256", "ES256"]


def test_a_machine_reads_what_has_become_of_each_key(
    bare_aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ROTATE, "--json"], client) == 0
    told = json.loads(capsys.readouterr().out)
    ((key_id, fields),) = stored().items()
    assert told == {
        "place": "parameter /heliograph/dev/jwt-keys",
        "dry_run": False,
        "keys": [{"id": key_id, "algorithm": "HS256", "state": "signs", "until": None}],
    }
    assert fields["key"] not in json.dumps(told)


def test_a_laptop_has_no_key_to_rotate(bare_aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "test-")
    assert main(["rotate-key"]) == 1
