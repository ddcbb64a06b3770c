"""A handler as Lambda's Python runtime treats it: found by its path, called, answered for.

The words are those of aws/aws-lambda-python-runtime-interface-client.
"""

import decimal
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from local_server.context import LambdaContext

Handler = Callable[[Any, LambdaContext], Any]

# They write JSON in UTF-8, those before them in ASCII.
_UTF8_RUNTIMES = frozenset(f"AWS_Lambda_python3.{minor}" for minor in (12, 13, 14, 15))

_OURS = os.path.join(os.path.dirname(__file__), "")


class RuntimeFault(Exception):
    """An error that Lambda's runtime found rather than the handler raised."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def load(path: str) -> Handler:
    """`folder/module.function` or `folder.module.function`. Raises RuntimeFault, or whatever the
    module raises.
    """
    module, _, name = path.rpartition(".")
    try:
        loaded = _imported(module)
    except ImportError as error:
        raise RuntimeFault(
            "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
        ) from error
    except SyntaxError as error:
        raise RuntimeFault(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}"
        ) from error
    if not hasattr(loaded, name):
        raise RuntimeFault(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'"
        )
    handler: Handler = getattr(loaded, name)
    return handler


def _imported(module: str) -> Any:
    if module.split(".")[0] in sys.builtin_module_names:
        raise RuntimeFault(
            "Runtime.BuiltInModuleConflict",
            f"Cannot use built-in module {module} as a handler module",
        )
    return importlib.import_module(module.replace("/", "."))


def call(handler: Handler, event: Any, context: LambdaContext) -> bytes:
    """The JSON text of the result. Raises RuntimeFault, or whatever the handler raises."""
    return encoded(handler(event, context))


def encoded(result: Any) -> bytes:
    """Raises RuntimeFault for what is no JSON."""
    try:
        if isinstance(result, bytes):
            # Passed on as it is; what is no JSON nobody behind an API could read.
            json.loads(result.decode())
            return result
        return _encoder(os.environ.get("AWS_EXECUTION_ENV")).encode(result).encode()
    except Exception as error:  # noqa: BLE001 - RecursionError too, and what a str() raises
        raise RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


@cache
def _encoder(runtime: str | None) -> json.JSONEncoder:
    return json.JSONEncoder(default=_plain, ensure_ascii=runtime not in _UTF8_RUNTIMES)


def _plain(value: Any) -> Any:
    """What simplejson, Lambda's encoder, writes and the standard library's does not."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def failure(error: Exception) -> dict[str, Any]:
    """What Lambda reports; the whole traceback and the place of the error are for the terminal."""
    if isinstance(error, RuntimeFault):
        return _fault(error)
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(_of_project(error.__traceback__)),
        "traceback": _traceback(error),
        "place": _place(error),
    }


def _fault(error: RuntimeFault) -> dict[str, Any]:
    cause = error.__cause__
    return {
        "errorType": error.kind,
        "errorMessage": str(error),
        "stackTrace": _line(cause) if isinstance(cause, SyntaxError) else [],
        "traceback": f"{_traceback(cause) if cause else ''}{error.kind}: {error}",
        "place": _place(cause) if cause else "",
    }


def _line(error: SyntaxError) -> list[str]:
    return [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']


def _traceback(error: BaseException) -> str:
    frames = _of_project(error.__traceback__)
    return "".join(traceback.format_exception(type(error), error, frames))


def _of_project(frames: TracebackType | None) -> TracebackType | None:
    """Without the frames of ours and of the import system that come before the project's."""
    while frames is not None and _is_machinery(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def _is_machinery(file: str) -> bool:
    return file == importlib.__file__ or file.startswith((_OURS, "<frozen importlib"))


def _place(error: BaseException) -> str:
    """`folder/module.py:12`, the last line of the project's own; empty if there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return _shown(error.filename, error.lineno)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_of_project(Path(frame.filename)):
            return _shown(frame.filename, frame.lineno)
    return ""


def _root() -> str:
    """Not the working directory: a handler may have left that."""
    return os.environ.get("LAMBDA_TASK_ROOT", "/")


def _is_of_project(file: Path) -> bool:
    return file.is_relative_to(_root()) and "site-packages" not in file.parts


def _shown(file: str, line: int | None) -> str:
    path = Path(file)
    return f"{path.relative_to(_root()) if path.is_relative_to(_root()) else path}:{line}"
