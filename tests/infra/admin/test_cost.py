import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.admin.command_line import main
from infra.admin.cost import alternatives, bill, total
from infra.admin.prices import Prices, Step, read_prices
from infra.admin.usage import Month

ALWAYS_ON = Month(users=10_000, hours=24, notifications=0, broadcasts=0, ping_seconds=30)


def without_logs(month: Month) -> float:
    """What is online costs, pings and minutes; the design's figures leave their log lines out."""
    made = bill(month, read_prices())
    online = [made["pings"], made["connection minutes"]]
    return sum(sum(row.values()) - row["CloudWatch"] for row in online)


@pytest.mark.parametrize(("seconds", "dollars"), [(30, 2100), (540, 250)])
def test_pings_cost_what_the_design_reckons_with(seconds: int, dollars: float) -> None:
    cost = without_logs(replace(ALWAYS_ON, ping_seconds=seconds))
    assert cost == pytest.approx(dollars, rel=0.12)


def test_each_purpose_pays_the_average_of_what_all_together_cost() -> None:
    month = Month(1, 24, 0, 0, ping_seconds=60)
    frames = sum(amounts.get("websocket_message", 0) for amounts in month.uses().values())
    steps = (Step(0, frames / 2), Step(1, float("inf")))
    made = bill(month, Prices("r", "2025", dict.fromkeys(read_prices().steps, steps)))
    assert made["pings"]["API Gateway"] == pytest.approx(24 * 60 * 30 * 2 / 2)


def test_nobody_online_costs_what_is_idle_alone() -> None:
    month = replace(ALWAYS_ON, hours=0)
    made = bill(month, read_prices())
    assert total(month, read_prices()) == pytest.approx(sum(made["idle"].values()))
    assert 1 < total(month, read_prices()) < 4


def test_pings_are_compared_with_rarer_ones_and_with_those_that_no_function_answers() -> None:
    found = {name: total(month, read_prices()) for name, month in alternatives(ALWAYS_ON).items()}
    assert found["every 540 s"] < found["every 60 s"] < found["every 30 s"]
    assert found["every 30 s, without a function"] < found["every 30 s"]


def test_the_bill_is_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # It asks nobody.
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert main(["cost", "--users", "10000", "--hours", "24", "--ping-seconds", "45"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "list prices of us-east-1, 2025" in lines[1]
    assert lines[3].split() == ["API", "Gateway", "Lambda", "DynamoDB", "SQS", "CloudWatch", "sum"]
    (sum_of_all,) = (line for line in lines if line.startswith("sum"))
    (now,) = (line for line in lines if line.startswith("every 45 s  "))
    assert now.split()[-2:] == [sum_of_all.split()[-1], "+0.00"]


def test_the_bill_is_for_machines_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--json", "--mock-pong"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sum"] == told["pings"]["every 540 s, without a function"]
    assert told["month"]["users"] == 1000


@pytest.mark.parametrize(
    "arguments", [["--hours", "25"], ["--users", "0"], ["--ping-seconds", "601"], ["--users", "x"]]
)
def test_a_month_that_cannot_be_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cost", *arguments])
    assert ended.value.code == 2


def test_prices_may_be_somebody_elses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--prices", str(tmp_path / "none.json")]) == 2
    assert "none.json cannot be read" in capsys.readouterr().err
