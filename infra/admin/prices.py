"""What AWS asks for one of everything that we use, from a file with its date and region."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings import SettingsError

FILE = Path(__file__).parent.parent / "prices.json"


@dataclass(frozen=True)
class Step:
    """So much each, until so many of a month."""

    each: float
    up_to: float


@dataclass(frozen=True)
class Prices:
    """List prices, in dollars. What is free for every account is a first step that costs nothing;
    what is free for a year, or shared with everything else in the account, is not taken off."""

    region: str
    as_of: str
    steps: Mapping[str, tuple[Step, ...]]

    def of(self, thing: str, amount: float) -> float:
        """What so many of a month cost. Raises: KeyError for what is not in the file."""
        total, below = 0.0, 0.0
        for step in self.steps[thing]:
            within = min(amount, step.up_to) - below
            if within <= 0:
                break
            total += within * step.each
            below = step.up_to
        return total

    def first(self, thing: str) -> float:
        """What the first that is not free costs."""
        return next(step.each for step in self.steps[thing] if step.each)


def read_prices(path: Path = FILE) -> Prices:
    """Raises: SettingsError."""
    try:
        content = json.loads(path.read_text())
        steps = {name: _steps(entries) for name, entries in content["prices"].items()}
        return Prices(str(content["region"]), str(content["as_of"]), steps)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path} is no list of prices: {error!r}") from None


def _steps(entries: list[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(float(e["each"]), float(e.get("up_to", "inf"))) for e in entries)
