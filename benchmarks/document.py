"""`python -m benchmarks.document`: docs/performance.md and its chart, of the results kept here."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import results
from benchmarks.chart import Bar, Panel, number, svg
from benchmarks.goals import GOALS, Outcome, outcomes
from benchmarks.measure import Figure, Measured
from benchmarks.profiles import hottest
from benchmarks.results import Results
from infra.settings import POSTS_AT_ONCE
from notify.ports import PAGE_SIZE

DOCS = Path(__file__).parent.parent / "docs"
TEMPLATE = Path(__file__).parent / "performance.template.md"
PAGE, CHART = DOCS / "performance.md", DOCS / "performance.svg"
PROFILE_LINES = 12

# Of what there is a panel: the names of figures, and their unit.
PANELS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("A post to a connection, over TLS", ("a post",), "CPU µs"),
    ("What a post consists of", ("a post, layer by layer",), "CPU µs"),
    ("A page of 1,000 subscribers", ("a page of 1,000 subscribers",), "CPU µs"),
    ("A recipient of a broadcast, from page to post", ("a recipient of a broadcast",), "CPU µs"),
    ("The most memory that a broadcast takes its worker", ("memory of deliver",), "MiB"),
    (
        "A cold start, to the first answer",
        tuple(f"cold start of {name}" for name in ("connect", "message", "send", "deliver")),
        "CPU ms",
    ),
    ("The emulator: a two-way echo", ("two-way echo",), "ms p50"),
    ("The emulator: an echo by boto3's post", ("echo by boto3's post",), "ms p50"),
    (
        "The service on the emulator: a send to its receipt",
        ("send-realtime to receipt", "send-realtime to receipt, dynoxide"),
        "ms p50",
    ),
)


def write_documents() -> None:
    found = results.read()
    PAGE.write_text(page(found, read_profiles()))
    CHART.write_text(chart(found))


class Profiles(NamedTuple):
    """As text."""

    fanout: str
    emulator: str


def read_profiles() -> Profiles:
    return Profiles(results.FANOUT_PROFILE.read_text(), results.EMULATOR_PROFILE.read_text())


def page(found: Results, profiles: Profiles) -> str:
    reached = outcomes(found.figures)
    return TEMPLATE.read_text().format(
        machine=_machine(found),
        title=_title(found),
        met=_met(reached),
        goals=_goals(reached),
        reasons=_reasons(reached),
        at_once=POSTS_AT_ONCE,
        page_size=PAGE_SIZE,
        fanout_profile=hottest(profiles.fanout, PROFILE_LINES),
        emulator_profile=hottest(profiles.emulator, PROFILE_LINES),
        **{name: _section(part) for name, part in found.parts.items()},
    )


def chart(found: Results) -> str:
    return svg(_title(found), _panels(found.figures))


def _title(found: Results) -> str:
    return f"Heliograph beside its baselines, {found.machine['date']}"


def _machine(found: Results) -> str:
    on = found.machine
    rounds = max(figure.rounds for figure in found.figures)
    took = f"{found.seconds // 60} min {found.seconds % 60} s"
    return (
        f"Python {on['python']}, {on['system']}, {on['processor']}, {on['cores']} cores,"
        f" load {on['load']} at the start, {on['date']}.\n"
        f"Medians of {rounds} rounds, or of what the table says; {took} in all."
    )


def _met(reached: list[Outcome]) -> str:
    known = [each for each in reached if each.value is not None]
    met = [each for each in known if not each.missed_by]
    unknown = len(reached) - len(known)
    asked = f" {unknown} could not be asked in this run." if unknown else ""
    return f"{len(met)} of {len(known)} are met.{asked}"


def _goals(reached: list[Outcome]) -> str:
    return _table("| | goal | measured | |", "|---|---|---:|---|", map(_goal, reached))


def _goal(outcome: Outcome) -> str:
    goal = outcome.goal
    limit = f"{goal.bound.value} {goal.limit:,g} {goal.reading.unit}"
    if outcome.value is None:
        return f"| {goal.title} | {limit} | | not measured |"
    verdict = f"**missed by {outcome.missed_by:.0%}**" if outcome.missed_by else "met"
    return f"| {goal.title} | {limit} | {number(outcome.value)} | {verdict} |"


def _reasons(reached: list[Outcome]) -> str:
    """What keeps those from their goals that miss them."""
    titles: dict[str, list[str]] = {}
    for each in reached:
        if each.missed_by and each.goal.reason:
            titles.setdefault(each.goal.reason, []).append(each.goal.title)
    lines = [f"- *{'; '.join(names)}*: {reason}" for reason, names in titles.items()]
    return "\n".join(["What keeps the others from theirs:", "", *lines, ""]) if lines else ""


def _section(part: Measured) -> str:
    head = "| | unit | | | baseline | | ratio | rounds |"
    table = _table(head, "|---|---|---|---:|---|---:|---:|---:|", map(_row, part.figures))
    missing = [f"\nLeft out in this run: {what}: {why}.\n" for what, why in part.left_out.items()]
    return table + "".join(missing)


def _table(head: str, rule: str, rows: Iterable[str]) -> str:
    return "\n".join([head, rule, *rows]) + "\n"


def _row(figure: Figure) -> str:
    cells = (
        figure.name,
        figure.unit,
        figure.subject,
        number(figure.subject_median),
        figure.baseline,
        number(figure.baseline_median),
        times(figure),
        str(figure.rounds),
    )
    return f"| {' | '.join(cells)} |"


def times(figure: Figure) -> str:
    """How the subject stands to its baseline."""
    if 0.98 < figure.ratio < 1.02:
        return "the same"
    if figure.ratio < 1:
        return f"{number(1 / figure.ratio)}× less"
    return f"{number(figure.ratio)}× more"


def _panels(figures: list[Figure]) -> Iterator[Panel]:
    for title, names, unit in PANELS:
        chosen = [each for each in figures if each.name in names and each.unit == unit]
        if chosen:
            yield Panel(title, unit, tuple(_bars(chosen)), _limit(names, unit))


def _bars(figures: list[Figure]) -> Iterator[Bar]:
    """Each subject once, then each baseline, which says by how much it is more."""
    several = len({each.name for each in figures}) > 1
    subjects = {each.name: each for each in figures}
    for name, figure in subjects.items():
        label = name.removeprefix("cold start of ") if several else figure.subject
        yield Bar(label, figure.subject_median, ours=True)
    baselines = {each.baseline: each for each in figures}
    for name, figure in baselines.items():
        note = "" if several else f"{number(1 / figure.ratio)}×"
        yield Bar(name.partition(":")[0], figure.baseline_median, note=note)


def _limit(names: tuple[str, ...], unit: str) -> float | None:
    """Of the goals about the figures themselves, if they are of one mind."""
    about = [goal for goal in GOALS if goal.is_absolute and goal.figure[1] == unit]
    limits = {goal.limit for goal in about if goal.figure[0] in names}
    return limits.pop() if len(limits) == 1 else None


if __name__ == "__main__":
    write_documents()
