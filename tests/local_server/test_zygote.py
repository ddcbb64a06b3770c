"""What a forked worker starts with."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_server.processes import Zygote
from local_server.worker_process import Answer, WorkerProcess, checked

HANDLER = """
import sys
before = sorted(name.split(".")[0] for name in sys.modules)

def handler(event, context):
    import os, signal, subprocess
    return {
        "modules": before,
        "path": sys.path,
        "parent": os.getppid(),
        "command": subprocess.run(["true"]).returncode,
        "descriptors": sorted(os.listdir("/proc/self/fd"), key=int),
    }
"""
VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    "PATH": os.environ["PATH"],
}
CONTEXT = {"invoked_function_arn": "arn", "timeout_ms": 1000}


async def answer_of(worker: WorkerProcess) -> Any:
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    worker.invoke(b'{"request_id": "id", "ahead_ms": 0, "event": {}}', answer.set_result)
    return json.loads(checked(await answer))


def setup_of(root: Path) -> dict[str, Any]:
    return {
        "handler": "h.handler",
        "root": str(root),
        "environment": VARIABLES,
        "context": CONTEXT,
        "api_hosts": [],
        "ahead_ms": 0,
    }


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
async def test_a_worker_is_warm_but_knows_nothing_of_the_emulator(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(HANDLER)
    zygote = Zygote()
    try:
        workers = [await zygote.fork(setup_of(tmp_path), lambda _: None) for _ in range(2)]
        shown = [await answer_of(worker) for worker in workers]
    finally:
        await zygote.stop()
    first, second = shown
    assert "boto3" in first["modules"]
    assert not {"sanic", "time_machine", "websockets", "yaml"} & set(first["modules"])
    assert first["path"][0] == str(tmp_path)
    assert str(Path(__file__).parents[2]) not in first["path"]
    assert first["command"] == 0
    # The second holds no end of the first one's pipes.
    assert first["descriptors"] == second["descriptors"]


LOADER = """
import botocore.loaders, botocore.session

def handler(event, context):
    botocore.loaders.JSONFileLoader.load_file = None  # from here on nothing can be read
    first, second = (botocore.session.Session() for _ in range(2))
    first.get_component("data_loader").search_paths.append("/elsewhere")
    for service in ("dynamodb", "sqs", "apigatewaymanagementapi"):
        second.create_client(service, "eu-west-3")
    return second.get_component("data_loader").search_paths[-1]
"""


async def test_what_botocore_reads_of_its_own_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(LOADER)
    zygote = Zygote()
    try:
        worker = await zygote.fork(setup_of(tmp_path), lambda _: None)
        assert await answer_of(worker) != "/elsewhere"
    finally:
        await zygote.stop()


async def test_a_handler_may_open_as_many_files_as_in_lambda(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(
        "import resource\n"
        "def handler(event, context):\n"
        "    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]\n"
    )
    zygote = Zygote(preloaded=())
    try:
        worker = await zygote.fork(setup_of(tmp_path), lambda _: None)
        assert await answer_of(worker) <= 1024
    finally:
        await zygote.stop()
