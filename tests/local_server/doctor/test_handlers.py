"""Whether handlers are there, and whether they can be imported."""

from pathlib import Path

import pytest

from local_server.doctor.findings import Finding
from local_server.doctor.handlers import import_handlers, look_at_handlers
from local_server.template import FunctionName, Template, load_template

ENVIRONMENT = {"GREETING": "hello"}


def template(folder: Path, handler: str, code: str = "", file: str = "shop/web.py") -> Template:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(code)
    (folder / "serverless.yml").write_text(
        f"service: s\nfunctions:\n  one: {{ handler: {handler} }}\n"
    )
    return load_template(folder / "serverless.yml")


def look(folder: Path, handler: str, code: str = "", file: str = "shop/web.py") -> Finding:
    (finding,) = look_at_handlers(template(folder, handler, code, file))
    return finding


@pytest.mark.parametrize("handler", ["shop.web.handle", "shop/web.handle"])
@pytest.mark.parametrize(
    "code",
    [
        "def handle(event, context): pass",
        "async def handle(event, context): pass",
        "handle = print",
        "first, handle = 1, print",
        "handle: object = print",
        "class handle: pass",
        "from builtins import print as handle",
        "from os.path import *",
        "try:\n    import json as handle\nexcept ImportError:\n    handle = None",
        "if True:\n    def handle(event, context): pass",
    ],
)
def test_a_handler_that_is_defined_is_found(tmp_path: Path, handler: str, code: str) -> None:
    assert look(tmp_path, handler, code).level == "ok"


def test_a_package_may_hold_one(tmp_path: Path) -> None:
    file = "shop/web/__init__.py"
    assert look(tmp_path, "shop.web.handle", "def handle(): pass", file).level == "ok"


def test_so_may_a_package_that_is_installed(tmp_path: Path) -> None:
    assert look(tmp_path, "json.dumps").level == "ok"


@pytest.mark.parametrize(
    "code", ["", "def other(): pass", "def other():\n    handle = 1", "class A:\n    handle = 1"]
)
def test_a_name_that_the_file_does_not_define_is_a_problem(tmp_path: Path, code: str) -> None:
    finding = look(tmp_path, "shop.web.handle", code)
    assert finding.level == "problem"
    assert finding.text == "serverless.yml:3: functions.one.handler: web.py defines no handle"


def test_a_file_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    finding = look(tmp_path, "shop.absent.handle")
    assert finding.level == "problem"
    assert f"there is no shop/absent.py in {tmp_path}" in finding.text


def test_so_is_one_that_is_no_python(tmp_path: Path) -> None:
    finding = look(tmp_path, "shop.web.handle", "def handle(:")
    assert finding.level == "problem"
    assert "web.py cannot be read: invalid syntax" in finding.text


def test_looking_runs_nothing_of_it(tmp_path: Path) -> None:
    code = "open('ran', 'w')\ndef handle(): pass"
    assert look(tmp_path, "shop.web.handle", code).level == "ok"
    assert not (tmp_path / "ran").exists()


def imported(folder: Path, code: str) -> Finding:
    one = FunctionName("one")
    (finding,) = import_handlers(template(folder, "shop.web.handle", code), {one: ENVIRONMENT})
    return finding


def test_an_import_has_the_environment_of_the_function_and_leaves_nothing(tmp_path: Path) -> None:
    code = "import os\nassert os.environ['GREETING'] == 'hello'\nhandle = print"
    finding = imported(tmp_path, code)
    assert (finding.level, finding.text) == ("ok", "handlers that were imported: 1")
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == ["web.py"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise ValueError('no key')", "ValueError: no key"),
        ("import os\nos._exit(3)", "exit code 3"),
    ],
)
def test_what_keeps_a_handler_from_being_imported_is_named(
    tmp_path: Path, code: str, reason: str
) -> None:
    finding = imported(tmp_path, f"{code}\nhandle = print")
    assert finding.level == "problem"
    assert finding.text == f"serverless.yml:3: functions.one.handler: {reason}"
