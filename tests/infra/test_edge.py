"""The one host in front of both APIs: what it passes on, and how it rewrites a path."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from handlers._edge.http import WEBSOCKET_PATH
from tests.aws import ROOT, Loader

EDGE = yaml.load((ROOT / "infra/edge.yml").read_text(), Loader)
NODE = shutil.which("node")
each = pytest.mark.parametrize("section", ["cloudfront", "own"])


def distribution(section: str) -> Any:
    return EDGE[section]["Resources"]["Edge"]["Properties"]["DistributionConfig"]


def code() -> str:
    return str(EDGE["cloudfront"]["Resources"]["EdgeRewrite"]["Properties"]["FunctionCode"])


def rewritten(*uris: str) -> Any:
    """The requests that the function makes of others, which have a query string and headers."""
    requests = [
        {
            "method": "GET",
            "uri": uri,
            "querystring": {"token": {"value": "a.b.c"}, "again": {"value": "x", "multiValue": []}},
            "headers": {"sec-websocket-key": {"value": "k=="}},
        }
        for uri in uris
    ]
    call = f"{code()}; var all = {json.dumps(requests)};"
    call += "console.log(JSON.stringify(all.map(request => handler({request: request}))))"
    done = subprocess.run(
        [str(NODE), "-e", call], capture_output=True, text=True, timeout=60, check=True
    )
    return requests, json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_path_of_connections_is_the_root_of_the_stage_and_nothing_else_changes() -> None:
    paths = (WEBSOCKET_PATH, f"{WEBSOCKET_PATH}/")
    others = ("/api/v1/ws/realtime/more", "/api/v1/ws/other", "/api/v1/healthz", "/")
    given, made = rewritten(*paths, *others)
    assert [request["uri"] for request in made] == ["/", "/", *others]
    for before, after in zip(given, made, strict=True):
        assert {**after, "uri": None} == {**before, "uri": None}


def test_the_function_keeps_to_what_cloudfront_runs() -> None:
    """10 KB at most, and no `${`, which would be read as a variable of the template's."""
    assert len(code().encode()) < 10_240
    assert "${" not in code()


@each
def test_only_connections_go_to_the_websocket_api(section: str) -> None:
    config = distribution(section)
    (behaviour,) = config["CacheBehaviors"]
    assert re.fullmatch(behaviour["PathPattern"].replace("*", ".*"), WEBSOCKET_PATH)
    assert behaviour["FunctionAssociations"][0]["EventType"] == "viewer-request"
    origins = {origin["Id"]: origin for origin in config["Origins"]}
    assert "${WebsocketsApi}" in origins[behaviour["TargetOriginId"]]["DomainName"][1]
    assert (
        "${HttpApi}" in origins[config["DefaultCacheBehavior"]["TargetOriginId"]]["DomainName"][1]
    )


@each
def test_nothing_is_kept_at_the_edge(section: str) -> None:
    """No answer, and no log: its query string would hold tokens."""
    config = distribution(section)
    assert "Logging" not in config
    for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert "RealtimeLogConfigArn" not in behaviour


@each
def test_everything_is_encrypted_and_passed_on_but_the_host(section: str) -> None:
    config = distribution(section)
    for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert behaviour["ViewerProtocolPolicy"] == "https-only"
        assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert {"GET", "POST", "PATCH", "DELETE", "OPTIONS"} <= set(behaviour["AllowedMethods"])
    for origin in config["Origins"]:
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
