"""A handler as Lambda's Python runtime treats it."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.handler import RuntimeFault, encoded, failure, load

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("aé√\n\"'"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty task root."""
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def fault_of(path: str) -> RuntimeFault:
    with pytest.raises(RuntimeFault) as fault:
        load(path)
    return fault.value


# Loading


@pytest.mark.parametrize("path", ["folder.loaded.f", "folder/loaded.f"])
def test_a_module_is_named_with_dots_or_slashes(project: Path, path: str) -> None:
    (project / "folder").mkdir()
    (project / "folder" / "loaded.py").write_text("def f(event, context):\n    return event\n")
    assert load(path)(1, None) == 1  # type: ignore[arg-type]


def test_a_module_that_is_not_there(project: Path) -> None:
    fault = fault_of("nowhere.f")
    assert fault.kind == "Runtime.ImportModuleError"
    assert str(fault) == "Unable to import module 'nowhere': No module named 'nowhere'"


def test_a_handler_that_is_not_there(project: Path) -> None:
    (project / "without.py").write_text("")
    fault = fault_of("without.f")
    assert fault.kind == "Runtime.HandlerNotFound"
    assert str(fault) == "Handler 'f' missing on module 'without'"


def test_a_module_with_a_syntax_error(project: Path) -> None:
    (project / "unclosed.py").write_text("x = 1\ndef f(:\n")
    fault = fault_of("unclosed.f")
    assert fault.kind == "Runtime.UserCodeSyntaxError"
    assert str(fault).startswith("Syntax error in module 'unclosed': invalid syntax (unclosed.py")
    shown = failure(fault)
    assert shown["stackTrace"] == [f'  File "{project}/unclosed.py" Line 2\n    def f(:\n']
    assert shown["place"] == "unclosed.py:2"


def test_a_module_of_pythons_own_cannot_be_a_handlers(project: Path) -> None:
    fault = fault_of("sys.exit")
    assert fault.kind == "Runtime.BuiltInModuleConflict"
    assert str(fault) == "Cannot use built-in module sys as a handler module"


def test_what_the_module_itself_raises_is_passed_on(project: Path) -> None:
    (project / "raising.py").write_text("\n\nundefined\n")
    with pytest.raises(NameError) as error:
        load("raising.f")
    shown = failure(error.value)
    assert (shown["errorType"], shown["place"]) == ("NameError", "raising.py:3")


# Results


@given(JSON)
def test_json_is_written_as_it_is(result: Any) -> None:
    assert json.loads(encoded(result)) == result


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"n": Decimal("1.5")}, '{"n": 1.5}'),
        ({"body": b"text"}, '{"body": "text"}'),
        (b'{"already": "JSON"}', '{"already": "JSON"}'),
        ((1, 2), "[1, 2]"),
        (float("nan"), "NaN"),
    ],
)
def test_what_lambdas_encoder_makes_of_other_things(result: Any, text: str) -> None:
    assert encoded(result).decode() == text


@pytest.mark.parametrize(("python", "text"), [("3.11", b'"\\u00e9"'), ("3.12", '"é"'.encode())])
def test_newer_runtimes_write_utf8(
    python: str, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{python}")
    assert encoded("é") == text


async def later() -> None: ...


def endless() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (object(), "Object of type object is not JSON serializable"),
        ({1}, "Object of type set is not JSON serializable"),
        (b"\xff\xfe", "'utf-8' codec can't decode byte 0xff"),
        (b"no JSON", "Expecting value"),
        ({"body": b"\xff"}, "'utf-8' codec can't decode byte 0xff"),
        ("\ud800", "'utf-8' codec can't encode character"),
        (endless(), "Circular reference detected"),
    ],
)
def test_what_is_no_json_is_a_marshal_error(
    result: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    with pytest.raises(RuntimeFault) as fault:
        encoded(result)
    assert fault.value.kind == "Runtime.MarshalError"
    assert str(fault.value).startswith(f"Unable to marshal response: {reason}")


def test_an_async_handler_returns_a_coroutine_which_is_no_json() -> None:
    result = later()
    with pytest.raises(RuntimeFault) as fault:
        encoded(result)
    result.close()
    assert str(fault.value) == (
        "Unable to marshal response: Object of type coroutine is not JSON serializable"
    )


# Failures


def test_an_exception_is_told_with_its_type_message_and_trace(project: Path) -> None:
    (project / "failing.py").write_text("def f(event, context):\n    raise ValueError('no')\n")
    with pytest.raises(ValueError, match="no") as error:
        load("failing.f")(None, None)  # type: ignore[arg-type]
    shown = failure(error.value)
    assert (shown["errorType"], shown["errorMessage"]) == ("ValueError", "no")
    assert shown["stackTrace"][-1] == (
        f"  File \"{project}/failing.py\", line 2, in f\n    raise ValueError('no')\n"
    )
    assert shown["place"] == "failing.py:2"


def test_the_terminal_is_shown_what_caused_an_error(project: Path) -> None:
    (project / "chained.py").write_text(
        "def f(event, context):\n"
        "    try:\n"
        "        1 / 0\n"
        "    except ZeroDivisionError as error:\n"
        "        raise ValueError('no') from error\n"
    )
    with pytest.raises(ValueError, match="no") as error:
        load("chained.f")(None, None)  # type: ignore[arg-type]
    assert "ZeroDivisionError" in failure(error.value)["traceback"]
    assert "ZeroDivisionError" not in "".join(failure(error.value)["stackTrace"])


def test_the_place_of_an_error_is_the_last_of_the_projects_own(project: Path) -> None:
    (project / "calling.py").write_text(
        "import json\ndef f(event, context):\n    json.loads('{')\n"
    )
    with pytest.raises(json.JSONDecodeError) as error:
        load("calling.f")(None, None)  # type: ignore[arg-type]
    assert failure(error.value)["place"] == "calling.py:3"
