"""What `make scale` simulates is what the service does, and what docs/scaling.md says."""

import json
from typing import Any

import pytest

from benchmarks.scale import FRAME, PLACE, RESULTS, run
from infra.admin import usage
from notify.pacing import Pace
from tests.aws import ROOT

RECIPIENTS = 10_000


def test_a_broadcast_reaches_everybody() -> None:
    done = run(RECIPIENTS, Pace())
    assert done.unreached == 0
    assert done.reads / RECIPIENTS == pytest.approx(usage.RECIPIENT_READS, rel=0.1)
    assert done.writes / RECIPIENTS == pytest.approx(usage.RECIPIENT_WRITES, rel=0.25)


def test_the_frame_is_one_of_a_kilobyte() -> None:
    assert len(FRAME) == pytest.approx(1024, abs=50)
    assert json.loads(FRAME).items() >= PLACE.items()


def test_the_document_tells_the_results() -> None:
    document = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))["posts_a_second"]
    rows = [*map(_long, results["2000"]), *map(_short, results["8000"])]
    assert [row for row in rows if row not in document] == []


def test_the_bill_reckons_with_the_largest() -> None:
    largest = json.loads(RESULTS.read_text(encoding="utf-8"))["posts_a_second"]["2000"][-1]
    reads, writes = (largest[used] / largest["recipients"] for used in ("reads", "writes"))
    assert reads == pytest.approx(usage.RECIPIENT_READS, rel=0.02)
    assert writes == pytest.approx(usage.RECIPIENT_WRITES, rel=0.02)


def _long(run: dict[str, Any]) -> str:
    return (
        "| {recipients:,} | {shards} | {balance:.3f} | {seconds:.0f} | {posts_a_second:,.0f}"
        " | {busiest_second:,} | {reads:,} | {writes:,} | {messages} | {dollars:.4f} |"
    ).format(**run)


def _short(run: dict[str, Any]) -> str:
    return (
        "| {recipients:,} | {seconds:.0f} | {posts_a_second:,.0f} | {busiest_second:,}"
        " | {dollars:.4f} |"
    ).format(**run)
