"""`python -m benchmarks`: measures everything and writes benchmarks/results/latest.json."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from benchmarks import cold_start, emulator, gateway, pages, posts
from benchmarks.measure import Figure, machine
from local_server.testing import Running, emulator_in_thread

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "latest.json"
PASSWORD = "bench password"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="medians are of this many (7)")
    rounds = parser.parse_args().rounds
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
    for limit in (
        "MAX_CONNECTIONS_PER_USER",
        "FRAMES_PER_MINUTE",
        "NEW_TOPICS_PER_DAY",
        "WRITES_PER_MINUTE",
    ):
        os.environ.setdefault(limit, "1000000")  # one user does everything here
    print("posts …", file=sys.stderr)
    figures = [posts.measure(rounds)]
    print("gateway …", file=sys.stderr)
    figures += gateway.measure(rounds)
    print("emulator …", file=sys.stderr)
    with emulator_in_thread(ROOT / "serverless.yml") as running:
        token = _token(running)
        figures += asyncio.run(emulator.measure(running, token, rounds))
        print("cold starts …", file=sys.stderr)
        figures += cold_start.measure(running, token, rounds)
        print("pages …", file=sys.stderr)
        figures.append(pages.measure(running, rounds))
    _report(figures)
    return 0


def _token(running: Running) -> str:
    """A login of a new admin, who also receives."""
    subprocess.run(
        [sys.executable, "-m", "infra.admin", "create-user", "bench", "--role", "admin"],
        cwd=ROOT,
        env=os.environ | running.environment | {"HELIOGRAPH_PASSWORD": PASSWORD},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    answer = httpx.post(
        f"{running.http_url}/api/v1/auth/login", json={"username": "bench", "password": PASSWORD}
    )
    return str(answer.json()["access_token"])


def _report(figures: list[Figure]) -> None:
    measured_on = machine()
    result = {"machine": measured_on, "figures": [figure.row() for figure in figures]}
    RESULTS.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    for figure in figures:
        print(
            f"{figure.name:<34} {figure.subject_median:10.1f} {figure.unit:<7}"
            f" {figure.ratio:7.2f}x {figure.baseline} ({figure.baseline_median:.2f})"
        )
    print(f"\n{', '.join(measured_on.values())}; written to {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
