"""`doctor`: what would keep the emulator from running."""

import argparse

from local_server.commands.arguments import add_address, add_service, add_store
from local_server.doctor.findings import Finding, as_json, as_table, has_problems, warning
from local_server.doctor.installation import look_at_installation

EPILOG = """\
Takes the emulator's own options, starts nothing and changes nothing. Exit code 0 if there is no
problem, 2 if there is one; warnings are none.

examples:
  python -m local_server doctor                          would ./serverless.yml run on port 3001?
  python -m local_server doctor --import                 imports the handlers as well
  python -m local_server doctor --json                   the same for machines
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    add_address(parser)
    add_store(parser)
    add = parser.add_argument
    add("--import", action="store_true", dest="imports",
        help="import every handler, each in a process with its function's variables")  # fmt: skip
    add("--json", action="store_true", help="findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    findings = list(look_at_installation())
    findings += [_not_looked_at()] if has_problems(findings) else _examined(arguments)
    print(as_json(findings) if arguments.json else as_table(findings))  # noqa: T201 - the answer
    return 2 if has_problems(findings) else 0


def _examined(arguments: argparse.Namespace) -> list[Finding]:
    # Only now: it imports the packages that were looked at.
    from local_server.doctor.examination import Question, examine

    question = Question(
        template=arguments.template,
        stage=arguments.stage,
        region=arguments.region,
        host=arguments.host,
        port=arguments.port,
        store=arguments.store,
        data=arguments.data,
        imports=arguments.imports,
    )
    return list(examine(question))


def _not_looked_at() -> Finding:
    return warning("service", "not looked at: that needs the packages above")
