"""Keeps the house honest: routes, docs, errors, names, requirements and mirrored tests."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from notify import errors, idempotency, scheduled
from notify.codes import Code
from notify.deliveries import MAX_RECEIVES, RESERVE_MS
from notify.fanout import HANDSHAKE_GRACE_MS
from notify.noticing import JOIN_CHECK_SECONDS
from notify.pacing import PAGE_SECONDS, WORKERS
from notify.scheduling import SETTLE_MS

ROOT = Path(__file__).parent.parent
PACKAGES = ("notify", "infra", "handlers", "local_server", "client")
MODULES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)
WEB = ROOT / "web"
WEB_MODULES = sorted((WEB / "src").glob("*.ts"))
NOT_USED = re.compile(r"(?i)(^|_)(utils?|helpers?|managers?|processors?|infos?)($|_)")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix} {node.value}")
TEMPLATE = yaml.load((ROOT / "serverless.yml").read_text(), _Loader)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def http_routes() -> set[str]:
    return {
        event["httpApi"]
        for function in TEMPLATE["functions"].values()
        for event in function["events"]
        if "httpApi" in event
    }


# Routes and handlers


def test_every_handler_is_in_the_route_table_and_every_entry_has_one() -> None:
    files = {path.stem for path in (ROOT / "handlers").glob("*.py") if path.stem != "__init__"}
    entries = {entry["handler"] for entry in TEMPLATE["functions"].values()}
    assert entries == {f"handlers.{stem}.handler" for stem in files}


@pytest.mark.parametrize("function", sorted(TEMPLATE["functions"]))
def test_a_handler_can_be_imported_without_an_environment(function: str) -> None:
    module, _, attribute = TEMPLATE["functions"][function]["handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_handlers_are_thin() -> None:
    for path in (ROOT / "handlers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 25, f"{name(path)}: {node.name}"


def test_every_http_route_lies_under_the_base_path() -> None:
    assert all(route.split()[1].startswith("/api/v1/") for route in http_routes())


def test_connect_cannot_outlive_the_grace_of_a_young_connection() -> None:
    assert TEMPLATE["functions"]["connect"]["timeout"] * 1000 < HANDSHAKE_GRACE_MS


def timeout(function: str) -> int:
    entry = TEMPLATE["functions"][function]
    return int(entry.get("timeout", TEMPLATE["provider"]["timeout"]))


def test_a_lease_outlives_whoever_may_hold_it() -> None:
    of_http = [
        name
        for name, function in TEMPLATE["functions"].items()
        if any("httpApi" in event for event in function["events"])
    ]
    assert max(map(timeout, of_http)) * 1000 < idempotency.LEASE_MS
    assert timeout("later") * 1000 < scheduled.LEASE_MS


def test_a_minute_is_settled_once_nobody_can_write_into_it() -> None:
    assert max(timeout("send"), timeout("broadcast"), timeout("batch")) * 1000 < SETTLE_MS


def test_no_function_that_subscribes_outlives_the_check_of_a_join() -> None:
    assert timeout("message") < JOIN_CHECK_SECONDS


def test_a_queue_is_hidden_for_six_times_its_consumer_timeout() -> None:
    queues = yaml.load((ROOT / "infra/queues.yml").read_text(), _Loader)["Resources"]
    for function in TEMPLATE["functions"].values():
        for event in function["events"]:
            if "sqs" in event:
                logical_id = event["sqs"]["arn"].removeprefix("!GetAtt ").removesuffix(".Arn")
                timeout = function.get("timeout", TEMPLATE["provider"]["timeout"])
                assert queues[logical_id]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_every_queue_is_watched() -> None:
    queues = yaml.load((ROOT / "infra/queues.yml").read_text(), _Loader)["Resources"]
    alarms = yaml.load((ROOT / "infra/alarms.yml").read_text(), _Loader)["Resources"]
    watched = {
        (dimension["Value"], alarm["Properties"]["MetricName"])
        for alarm in alarms.values()
        for dimension in alarm["Properties"].get("Dimensions", ())
    }
    for queue in queues:
        dead = queue.endswith("DeadLetters")
        metric = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
        assert (f"!GetAtt {queue}.QueueName", metric) in watched


def test_every_schedule_is_watched() -> None:
    alarms = yaml.load((ROOT / "infra/alarms.yml").read_text(), _Loader)["Resources"]
    for name, function in TEMPLATE["functions"].items():
        if any("schedule" in event for event in function["events"]):
            alarm = alarms[f"{name.capitalize()}ErrorsAlarm"]["Properties"]
            assert alarm["Dimensions"][0]["Value"] == f"!Ref {name.capitalize()}LambdaFunction"


def test_every_alarm_tells_somebody_and_has_a_name_of_its_own() -> None:
    resources = yaml.load((ROOT / "infra/alarms.yml").read_text(), _Loader)["Resources"]
    alarms = [each["Properties"] for each in resources.values() if "Alarm" in each["Type"]]
    assert all(alarm["AlarmActions"] == ["!Ref AlarmsTopic"] for alarm in alarms)
    assert len({alarm["AlarmName"] for alarm in alarms}) == len(alarms)


def test_a_delivery_knows_when_it_comes_for_the_last_time() -> None:
    queues = yaml.load((ROOT / "infra/queues.yml").read_text(), _Loader)["Resources"]
    policy = queues["DeliveriesQueue"]["Properties"]["RedrivePolicy"]
    assert policy["maxReceiveCount"] == MAX_RECEIVES


def test_there_are_as_many_workers_as_share_the_pace() -> None:
    deliver = TEMPLATE["functions"]["deliver"]
    (event,) = deliver["events"]
    at_once = event["sqs"]["maximumConcurrency"]
    assert at_once == TEMPLATE["provider"]["environment"]["DELIVERY_WORKERS"]
    defaults = TEMPLATE["params"]["default"]
    assert deliver["reservedConcurrency"] == "${param:deliveryReserved}"
    assert defaults["deliveryWorkers"] == defaults["deliveryReserved"] == WORKERS
    assert deliver["timeout"] * 1000 > RESERVE_MS + PAGE_SECONDS * 1000


def test_nothing_scans() -> None:
    assert "Scan" not in re.sub(r"#.*", "", (ROOT / "infra/roles.yml").read_text())
    for path in MODULES:
        assert not re.search(r"\.scan\(", path.read_text()), name(path)


# Docs


def test_every_http_route_is_in_the_protocol_and_every_route_there_exists() -> None:
    text = (ROOT / "docs/protocol.md").read_text()
    documented = set(re.findall(r"`((?:GET|POST|PATCH|PUT|DELETE) /\S+)`", text))
    assert documented == {route.replace(" /api/v1", " ") for route in http_routes()}


def test_every_code_is_in_the_protocol() -> None:
    text = (ROOT / "docs/protocol.md").read_text()
    rows = set(re.findall(r"^\| (\d{4}) \| `([a-z_]+)`", text, re.MULTILINE))
    assert rows == {(str(int(code)), code.name.lower()) for code in Code}


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them: in small letters, spaces to hyphens, no signs."""
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_links_in_the_docs_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), WEB / "README.md"]:
        links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", path.read_text())
        for target, anchor in links:
            page = path.parent / target if target else path
            assert page.exists(), f"{name(path)}: {target}"
            assert not anchor or anchor in anchors(page), f"{name(path)}: {target}#{anchor}"


def test_every_alarm_is_in_the_guide_to_operations() -> None:
    resources = yaml.load((ROOT / "infra/alarms.yml").read_text(), _Loader)["Resources"]
    alarms = [each["Properties"] for each in resources.values() if "Alarm" in each["Type"]]
    names = {alarm["AlarmName"].removeprefix("${self:custom.prefix}") for alarm in alarms}
    text = (ROOT / "docs/operations.md").read_text()
    assert names <= set(re.findall(r"`([a-z0-9-]+)`", text))
    assert f"has {len(names)} of them" in text


def test_every_module_of_the_emulator_has_its_place_in_the_docs() -> None:
    words = set(re.findall(r"\w+", (ROOT / "docs/emulator.md").read_text()))
    modules = {path.stem for path in (ROOT / "local_server").glob("*.py")}
    folders = {path.parent.name for path in (ROOT / "local_server").glob("*/__init__.py")}
    assert (modules | folders) - {"__init__", "__main__"} <= words


def test_every_environment_variable_of_a_function_is_read_by_it() -> None:
    read = (ROOT / "infra/settings.py").read_text()
    for variable in TEMPLATE["provider"]["environment"]:
        assert f'"{variable}"' in read, variable


# Names, docstrings, errors


def definitions(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_opens_with_a_sentence_and_its_names_say_something(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert docstring.split("\n")[0].rstrip().endswith((".", "?", ":")), "no sentence"
    assert not [word for word in definitions(path) if NOT_USED.search(word)]


def test_the_tree_of_errors_is_drawn_as_it_grows() -> None:
    drawn = re.findall(r"[├└]── (\w+)\s+(\d{4})", errors.__doc__ or "")
    grown = [
        (kind.__name__, str(int(kind.code)))
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.HeliographError)
        and kind is not errors.HeliographError
    ]
    assert sorted(drawn) == sorted(grown)


# Tests


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.name not in ("__init__.py", "__main__.py")],
    ids=name,
)
def test_every_module_has_its_mirrored_tests(path: Path) -> None:
    relative = path.relative_to(ROOT)
    mirrored = ROOT / "tests" / relative.with_name(f"test_{relative.name}")
    whole_folder = ROOT / "tests" / relative.parent.with_name(f"test_{relative.parent.name}.py")
    assert mirrored.exists() or whole_folder.exists()


# The TypeScript client


@pytest.mark.parametrize("path", WEB_MODULES, ids=name)
def test_a_module_of_the_web_client_is_short_and_opens_with_a_sentence(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 200
    assert re.match(r"/\*\* .+[.?:]( \*/)?$", lines[0]), "no sentence"
    assert not NOT_USED.search(path.stem)
    assert "export default" not in path.read_text()


@pytest.mark.parametrize("path", sorted((WEB / "demo").glob("*.ts*")), ids=name)
def test_a_component_of_the_demo_is_short_and_opens_with_a_sentence(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 150
    assert re.match(r"/\*\* .+[.?:]( \*/)?$", lines[0]), "no sentence"
    assert not NOT_USED.search(path.stem)


def test_the_inspector_and_the_demo_have_their_colours_from_one_place() -> None:
    named: dict[str, str] = {}
    sheets = [*(ROOT / "local_server/inspector/css").glob("*.css"), WEB / "demo/main.css"]
    for sheet in sheets:
        for colour in set(re.findall(r"^ *(--[\w-]+):", sheet.read_text(), re.MULTILINE)):
            assert named.setdefault(colour, name(sheet)) == name(sheet), colour
    assert named["--ground"] == "local_server/inspector/css/palette.css"


# What is only types, and what only passes on.
WEB_WITHOUT_TESTS = {"index", "link", "options", "snapshot", "states"}


@pytest.mark.parametrize("path", WEB_MODULES, ids=name)
def test_a_module_of_the_web_client_has_its_mirrored_tests(path: Path) -> None:
    mirrored = [WEB / "tests" / f"{path.stem}.test.{suffix}" for suffix in ("ts", "tsx")]
    assert path.stem in WEB_WITHOUT_TESTS or any(each.exists() for each in mirrored)


# Requirements


IMPORTED_AS = {
    "axe-core-python": "axe_core_python",
    "cfn-lint": "cfnlint",
    "openapi-spec-validator": "openapi_spec_validator",
    "pyjwt[crypto]": "jwt",
    "pyyaml": "yaml",
    "moto[dynamodb,sqs,ssm]": "moto",
    "time-machine": "time_machine",
    "types-PyYAML": "yaml",
    "types-jsonschema": "jsonschema",
}
# Named for what uses them: moto's server imports flask; the others are commands.
USED_BY_NAME = {
    "flask": "moto",
    "flask-cors": "moto",
    "hatchling": "distributions/client/pyproject.toml",
    "ministack": "local_server/store.py",
    "pytest-asyncio": "asyncio_mode",
    "pytest-cov": "--cov",
    "pytest-timeout": "timeout = ",
    "pytest-xdist": "--numprocesses",
    "import-linter": "lint-imports",
    "mypy": "mypy",
    "ruff": "ruff",
    "uvicorn": "local_server/stores/programs.py",
}


def requirements() -> list[str]:
    lines = [
        line.split(" ;")[0].strip()
        for file in ("requirements.txt", "requirements-lambda.txt", "requirements-bench.txt")
        for line in (ROOT / file).read_text().splitlines()
    ]
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("requirement", requirements())
def test_a_requirement_is_bounded_and_used(requirement: str) -> None:
    package = re.split(r"[<>=]", requirement)[0]
    assert "<" in requirement or "==" in requirement
    if package in USED_BY_NAME:
        sources = [ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / "local_server/store.py"]
        wanted = USED_BY_NAME[package]
        assert (ROOT / wanted).exists() or any(wanted in path.read_text() for path in sources)
        return
    module = IMPORTED_AS.get(package, package)
    used = re.compile(rf"^\s*(?:import|from) {re.escape(module)}\b", re.MULTILINE)
    others = (path for folder in ("tests", "benchmarks") for path in ROOT.glob(f"{folder}/**/*.py"))
    assert any(used.search(path.read_text()) for path in [*MODULES, *others])


def test_the_floors_that_users_rely_on_stand() -> None:
    lines = (ROOT / "requirements-lambda.txt").read_text().splitlines()
    assert 'urllib3>=1.26.0,<2.0.0 ; sys_platform == "darwin"' in lines
    assert any(line.startswith("urllib3>=2.6.3") and '!= "darwin"' in line for line in lines)
    assert any(line.startswith("bcrypt>=4.0.0") for line in lines)


def asks_for_urllib3(installed: metadata.Distribution) -> list[Requirement]:
    asked = [Requirement(line) for line in installed.requires or ()]
    return [
        each
        for each in asked
        if each.name == "urllib3" and (each.marker is None or each.marker.evaluate({"extra": ""}))
    ]


def test_nothing_that_a_mac_needs_refuses_its_urllib3() -> None:
    refusing = {
        installed.name
        for installed in metadata.distributions()
        for each in asks_for_urllib3(installed)
        if "1.26.20" not in each.specifier
    }
    # It is not installed there.
    assert refusing <= {"selenium"}


# Starting


ENTRY_POINTS = [
    ["-m", "local_server", "--help"],
    ["-m", "client", "--help"],
    ["-m", "infra.admin", "--help"],
    ["-m", "tests.deploy", "--help"],
    *(
        ["-c", f"import {entry['handler'].removesuffix('.handler')}"]
        for entry in TEMPLATE["functions"].values()
    ),
    # What a cold start does first: tables, hashes, tokens, and a client of each kind.
    [
        "-c",
        "from infra.wiring.conversation import conversation; conversation(); "
        "from infra.wiring.sends import sends; sends(); "
        "from infra.wiring.queues import refusals; refusals(); "
        "from notify.passwords import PasswordHasher; PasswordHasher(4).hash('long enough')",
    ],
]


@pytest.mark.parametrize("arguments", ENTRY_POINTS, ids=lambda arguments: " ".join(arguments)[:60])
def test_an_entry_point_starts_without_a_warning(arguments: list[str]) -> None:
    environment = os.environ | {
        "AWS_REGION": "eu-central-1",
        "TABLE_PREFIX": "test-",
        "JWT_KEYS": '{"k": {"alg": "HS256", "key": "a-key-for-tests-of-at-least-32-bytes"}}',
        "CALLBACK_ENDPOINT": "http://127.0.0.1:9/test",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# What the repository says of itself


SUFFIXES = {".py", ".md", ".yml", ".toml", ".txt", ".json", ".html", ".js", ".css", ".ts", ".tsx"}


def test_no_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    forbidden = re.compile("/" + r"work/|/" + r"root/|/tmp/\w+/|pypi\." + "org|registry\\.npmjs")
    for file in listed.stdout.splitlines():
        path = ROOT / file
        if path.suffix in SUFFIXES:
            assert not forbidden.search(path.read_text()), file


@pytest.mark.parametrize("folder", [ROOT, WEB, WEB / "demo"], ids=name)
def test_the_lock_of_node_pins_each_package_by_its_hash_and_names_no_address(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    pinned = {path: each for path, each in packages.items() if path}
    assert not [path for path, each in pinned.items() if "resolved" in each]
    assert all("integrity" in each for each in pinned.values())


def test_what_deploys_is_pinned() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    (name, version), *others = json.loads((ROOT / "package.json").read_text())[
        "devDependencies"
    ].items()
    assert (name, others) == ("osls", [])
    assert packages["node_modules/osls"]["version"] == version


def test_the_web_client_depends_on_nothing_and_all_it_is_made_with_is_bounded() -> None:
    package = json.loads((WEB / "package.json").read_text())
    assert "dependencies" not in package
    assert all(re.match(r"[\^~]?\d", version) for version in package["devDependencies"].values())
