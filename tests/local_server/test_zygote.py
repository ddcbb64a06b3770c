"""What a forked worker starts with."""

import json
import os
from pathlib import Path

import pytest

from local_server.processes import Zygote

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
CONTEXT = {"aws_request_id": "id", "invoked_function_arn": "arn", "timeout_ms": 1000}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
async def test_a_worker_is_warm_but_knows_nothing_of_the_emulator(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text(HANDLER)
    setup = {"handler": "h.handler", "root": str(tmp_path), "environment": VARIABLES}
    zygote = Zygote()
    try:
        workers = [await zygote.fork(setup, lambda _: None) for _ in range(2)]
        shown = [json.loads(await worker.invoke({}, CONTEXT)) for worker in workers]
    finally:
        zygote.stop()
    for worker in workers:
        worker.kill()
    first, second = shown
    assert "boto3" in first["modules"]
    assert not {"sanic", "websockets", "yaml"} & set(first["modules"])
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
    setup = {"handler": "h.handler", "root": str(tmp_path), "environment": VARIABLES}
    zygote = Zygote()
    try:
        worker = await zygote.fork(setup, lambda _: None)
        assert await worker.invoke({}, CONTEXT) != '"/elsewhere"'
    finally:
        zygote.stop()
    worker.kill()
