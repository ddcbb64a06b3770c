"""Whether each handler of a template can be found, and, if asked for, imported."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_server.doctor.findings import Finding, ok, problem
from local_server.functions import INIT_TIMEOUT_S
from local_server.template import Function, FunctionName, Template
from local_server.template.pruning import STAND_IN

_IMPORT = "import importlib, sys; getattr(importlib.import_module(sys.argv[1]), sys.argv[2])"


@dataclass(frozen=True)
class Handler:
    """`folder/module.function` or `folder.module.function`."""

    module: str
    name: str

    @classmethod
    def of(cls, function: Function) -> "Handler":
        module, _, name = function.handler.rpartition(".")
        return cls(module.replace("/", "."), name)

    @property
    def files(self) -> tuple[str, str]:
        path = self.module.replace(".", "/")
        return f"{path}.py", f"{path}/__init__.py"


def look_at_handlers(template: Template) -> Iterator[Finding]:
    """Reads the files; runs nothing of them."""
    functions = [one for one in template.functions.values() if one.handler != STAND_IN]
    findings = [found for one in functions if (found := _fault(one, template.root)) is not None]
    yield from findings
    if functions and not findings:
        yield ok("handlers", f"all are there: {len(functions)}")


def _fault(function: Function, root: Path) -> Finding | None:
    handler = Handler.of(function)
    file = _file(handler, root)
    if file is None:
        text = f"{function.place}: there is no {handler.files[0]} in {root}"
        return problem("handlers", text, "name the file as `folder/module.function` or create it")
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        text = f"{function.place}: {file.name} cannot be read: {error}"
        return problem("handlers", text, "mend it; this is the Python that runs it")
    if handler.name in (defined := set(_defined(tree))) or "*" in defined:
        return None
    text = f"{function.place}: {file.name} defines no {handler.name}"
    return problem("handlers", text, f"define {handler.name} in it or name another function")


def _file(handler: Handler, root: Path) -> Path | None:
    """Beside the template first, as Lambda looks in the task root first, then in packages."""
    for folder in (root, *map(Path, sys.path[1:])):
        for name in handler.files:
            if (folder / name).is_file():
                return folder / name
    return None


def _defined(tree: ast.AST) -> Iterator[str]:
    """Names of the module itself, also those in an `if` or `try`; `*` if they cannot be known."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        else:
            yield from _defined(node)


def import_handlers(
    template: Template, environments: Mapping[FunctionName, Mapping[str, str]]
) -> Iterator[Finding]:
    """Imports each in a process of its own, with its function's environment, as a start does."""
    imported = 0
    for name, environment in environments.items():
        function = template.functions[name]
        failure = _import(Handler.of(function), template.root, environment)
        if failure is not None:
            text = f"{function.place}: {failure}"
            yield problem("imports", text, "mend it; the function cannot start without")
        imported += failure is None
    if imported:
        yield ok("imports", f"handlers that were imported: {imported}")


def _import(handler: Handler, root: Path, environment: Mapping[str, str]) -> str | None:
    """Why it cannot be, None if it can."""
    # -B: nothing is written beside the handlers.
    words = [sys.executable, "-B", "-c", _IMPORT, handler.module, handler.name]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            words, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=INIT_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{handler.module} is not imported after {INIT_TIMEOUT_S:g} s"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return (lines[-1] if lines else f"exit code {done.returncode}") if done.returncode else None
