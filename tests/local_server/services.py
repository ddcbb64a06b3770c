"""Services of a few lines, and their functions without a gateway before them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local_server.clock import Clock
from local_server.faults import Faults
from local_server.functions import Functions
from local_server.processes import Zygote
from local_server.runtime import Runtime
from local_server.template import Function, FunctionName, Template, load_template

F = FunctionName("f")

# Says who answers, and how often it has done so.
COUNTING = """
import os
count = 0
def f(event, context):
    global count
    count += 1
    return {"pid": os.getpid(), "count": count}
"""


def service_of(folder: Path, code: str, settings: str = "timeout: 5") -> Template:
    """One function `f`, whose code is `a.py`."""
    (folder / "serverless.yml").write_text(
        f"service: s\nfunctions: {{f: {{handler: a.f, {settings}}}}}\n"
    )
    (folder / "a.py").write_text(code)
    return load_template(folder / "serverless.yml")


def base_environment(function: Function) -> dict[str, str]:
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.deployed_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "LAMBDA_TASK_ROOT": str(function.place.file.parent),
        "ONLY": "this",
    }


def runtime_of(
    template: Template,
    workers: int = 100,
    clock: Clock | None = None,
    faults: Faults | None = None,
) -> Runtime:
    return Runtime(
        template.root,
        template.region,
        base_environment,
        os.urandom,
        workers,
        clock=clock or Clock(),
        faults=faults or Faults(),
    )


@asynccontextmanager
async def running(
    template: Template,
    *,
    workers: int = 100,
    clock: Clock | None = None,
    faults: Faults | None = None,
    freezes: bool = False,
) -> AsyncIterator[Functions]:
    zygote = Zygote(preloaded=(), freezes=freezes)
    runtime = runtime_of(template, workers, clock, faults)
    functions = Functions(template.functions, runtime, zygote)
    try:
        yield functions
    finally:
        await functions.stop()


async def answer_of(functions: Functions, event: Any = None) -> Any:
    return json.loads(await functions.invoke(F, event))


async def until_file(file: Path) -> str:
    """What a handler has written, once it has."""
    async with asyncio.timeout(30):
        while not (file.exists() and (text := file.read_text())):
            await asyncio.sleep(0.005)
    return text
