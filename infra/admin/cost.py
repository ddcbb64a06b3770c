"""`cost`: what a month would cost, and what of it are pings."""

import argparse
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from infra.admin.prices import FILE, Prices, read_prices
from infra.admin.stage import Stage
from infra.admin.usage import Month, together
from notify.greeting import PING_INTERVAL_MS

PING_SECONDS = PING_INTERVAL_MS // 1000
COMPARED_SECONDS = (30, 60, 300, PING_SECONDS)
COLUMNS = {
    "API Gateway": ("websocket_message", "websocket_minute", "http_request"),
    "Lambda": ("lambda_request", "lambda_gb_second"),
    "DynamoDB": ("dynamodb_read", "dynamodb_write", "dynamodb_gb_month"),
    "SQS": ("sqs_request",),
    "CloudWatch": ("log_gb", "alarm", "metric"),
}
Bill = Mapping[str, Mapping[str, float]]  # purposes to columns to dollars

EXAMPLES = f"""examples:
  python -m infra.admin cost                                  1,000 users, 8 hours a day
  python -m infra.admin cost --users 10000 --hours 24 --ping-seconds 30
  python -m infra.admin cost --notifications 50 --broadcasts 4 --json

It asks nobody: no stage, no credentials. Prices are of {FILE.name}, which names their date and
region; take --prices FILE for others. Not counted: data transfer (about 9 cents a GB), what an
account has free, taxes, cold starts, retries, acknowledgements, watched topics.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--users", type=_count, default=1000, metavar="N", help="with one device each (1000)")
    add("--hours", type=_hours, default=8.0, metavar="H", help="that each is online a day (8)")
    add("--notifications", type=_amount, default=20.0, metavar="N", help="a user and day (20)")
    add("--broadcasts", type=_amount, default=1.0, metavar="N", help="to everybody, a day (1)")
    add("--ping-seconds", type=_seconds, default=PING_SECONDS, metavar="S",
        help=f"between two pings of a client ({PING_SECONDS})")  # fmt: skip
    add("--mock-pong", action="store_true", help="API Gateway answers pings by itself")
    add("--prices", type=Path, default=FILE, metavar="FILE", help="another list of prices")
    add("--json", action="store_true", help="the same for machines")


def run(options: argparse.Namespace, stage: Stage | None = None) -> int:
    """Prints the bill."""
    prices = read_prices(options.prices)
    month = Month(
        users=options.users,
        hours=options.hours,
        notifications=options.notifications,
        broadcasts=options.broadcasts,
        ping_seconds=options.ping_seconds,
        lambda_pongs=not options.mock_pong,
    )
    print(_json(month, prices) if options.json else _text(month, prices))
    return 0


def bill(month: Month, prices: Prices) -> Bill:
    """Steps are taken by everything together, so each purpose pays the average price."""
    uses = month.uses()
    each = {
        thing: prices.of(thing, amount) / amount if amount else 0
        for thing, amount in together(*uses.values()).items()
    }
    return {
        purpose: {
            column: sum(amounts.get(thing, 0) * each.get(thing, 0) for thing in things)
            for column, things in COLUMNS.items()
        }
        for purpose, amounts in uses.items()
    }


def total(month: Month, prices: Prices) -> float:
    return sum(sum(row.values()) for row in bill(month, prices).values())


def alternatives(month: Month) -> dict[str, Month]:
    """The same month with other pings."""
    intervals = sorted({*COMPARED_SECONDS, month.ping_seconds})
    found = {}
    for seconds in intervals:
        for by_lambda in (True, False):
            name = f"every {seconds} s{'' if by_lambda else ', without a function'}"
            found[name] = dataclasses.replace(month, ping_seconds=seconds, lambda_pongs=by_lambda)
    return found


def _text(month: Month, prices: Prices) -> str:
    made = bill(month, prices)
    width = max(map(len, made))
    lines = [
        f"{month.users:,} users, {month.hours:g} hours a day; {month.notifications:g} notifications"
        f" a user and {month.broadcasts:g} broadcasts a day; a ping every {month.ping_seconds} s",
        f"dollars a month of {month.days} days, list prices of {prices.region}, {prices.as_of}",
        "",
        " ".join([" " * width, *(f"{column:>11}" for column in COLUMNS), f"{'sum':>11}"]),
    ]
    lines += [_row(purpose, row, width) for purpose, row in made.items()]
    columns = {column: sum(row[column] for row in made.values()) for column in COLUMNS}
    lines += [_row("sum", columns, width), "", *_comparison(month, prices)]
    return "\n".join(lines)


def _row(purpose: str, row: Mapping[str, float], width: int) -> str:
    cells = [*row.values(), sum(row.values())]
    return " ".join([f"{purpose:<{width}}", *(f"{dollars:>11,.2f}" for dollars in cells)])


def _comparison(month: Month, prices: Prices) -> list[str]:
    now, found = total(month, prices), alternatives(month)
    width = max(map(len, found))
    lines = [f"{'pings':<{width}} {'of pings':>11} {'sum':>11} {'more':>11}"]
    for name, other in found.items():
        pings, whole = sum(bill(other, prices)["pings"].values()), total(other, prices)
        lines.append(f"{name:<{width}} {pings:>11,.2f} {whole:>11,.2f} {whole - now:>+11,.2f}")
    return lines


def _json(month: Month, prices: Prices) -> str:
    content = {
        "month": dataclasses.asdict(month),
        "prices": {"region": prices.region, "as_of": prices.as_of},
        "dollars": bill(month, prices),
        "sum": total(month, prices),
        "pings": {name: total(other, prices) for name, other in alternatives(month).items()},
    }
    return json.dumps(content, indent=2)


def _count(text: str) -> int:
    return int(_within(int(text), 1, 10**9))


def _seconds(text: str) -> int:
    return int(_within(int(text), 1, 600))  # API Gateway closes what is idle for ten minutes


def _hours(text: str) -> float:
    return _within(float(text), 0, 24)


def _amount(text: str) -> float:
    return _within(float(text), 0, 10**9)


def _within(number: float, least: float, most: float) -> float:
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{least:,} to {most:,}")
    return number
