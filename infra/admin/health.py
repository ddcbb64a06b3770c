"""`doctor`: whether a deployed stage is well, and what to do if it is not."""

import argparse

from infra.admin.errors import Refused
from infra.admin.stage import Stage
from infra.wiring import clock

SUBJECT_WIDTH = 9
EXAMPLES = """examples:
  python -m infra.admin --stage dev doctor
  python -m infra.admin --stage dev doctor --json
  python -m infra.admin --stage dev doctor --url https://app.example.com \\
      --websocket-url wss://app.example.com/api/v1/ws/realtime          behind one host

It changes nothing. What it may not look at it says, and goes on. Exit code 0 if nothing has failed,
warnings or not; 1 if something has; 2 if there are no credentials.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--url", help="of the HTTP API, without /api/v1 (default: the stack's)")
    add("--websocket-url", help="of the WebSocket API (default: the stage's)")
    add("--json", action="store_true", help="the same for machines")


def run(options: argparse.Namespace, stage: Stage) -> int:
    """Prints each finding as soon as it is made: the whole takes some seconds."""
    # Only now: nothing else here needs YAML, HTTP and WebSockets.
    from infra.admin.doctor.examination import examine
    from infra.admin.doctor.findings import as_json, as_lines, has_failed, verdict
    from infra.admin.doctor.patient import Patient

    if not stage.name:
        raise Refused("give --stage; of the emulator: python -m local_server doctor")
    findings = []
    for finding in examine(Patient(stage, clock, options.url, options.websocket_url)):
        findings.append(finding)
        if not options.json:
            print("\n".join(as_lines(finding, SUBJECT_WIDTH)), flush=True)
    print(as_json(findings) if options.json else f"\n{verdict(findings)}")
    return int(has_failed(findings))
