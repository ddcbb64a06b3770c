from pathlib import Path

import pytest

from infra.admin.prices import Prices, Step, read_prices
from infra.settings import SettingsError

STEPS = (Step(0, 10), Step(2, 20), Step(1, float("inf")))


@pytest.mark.parametrize(
    ("amount", "dollars"), [(0, 0), (10, 0), (15, 10), (20, 20), (30, 30), (0.5, 0)]
)
def test_each_step_has_its_price(amount: float, dollars: float) -> None:
    prices = Prices("r", "2025", {"thing": STEPS})
    assert prices.of("thing", amount) == dollars
    assert prices.first("thing") == 2


def test_the_list_says_whose_prices_they_are_and_of_when() -> None:
    prices = read_prices()
    assert (prices.region, prices.as_of[:2]) == ("us-east-1", "20")
    assert prices.of("websocket_message", 2e9) == pytest.approx(1800)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"region": "r", "as_of": "2025", "prices": {"thing": [{"up_to": 1}]}}']
)
def test_a_list_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"prices\.json is no list of prices"):
        read_prices(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"prices\.json cannot be read: No such file"):
        read_prices(tmp_path / "prices.json")
