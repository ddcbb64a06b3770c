"""What goes to CloudFormation, stage by stage, without going there."""

import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from infra.stages import ROOT
from tests.deploy.conftest import run

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]

# The framework names dependencies that a Ref says already; it does no harm and cannot be helped.
OF_THE_FRAMEWORK = ["W3005"]
CERTIFICATE = f"arn:aws:acm:eu-central-1:123456789012:certificate/{uuid.UUID(int=0)}"
EDGE_CERTIFICATE = CERTIFICATE.replace("eu-central-1", "us-east-1")
STAGES = {
    "dev": {},
    "prod": {
        "customDomain": "own",
        "websocketDomain": "ws.example.com",
        "httpDomain": "api.example.com",
        "certificate": CERTIFICATE,
        "edge": "own",
        "edgeDomain": "notify.example.com",
        "edgeCertificate": EDGE_CERTIFICATE,
        "pong": "gateway",
    },
    "stand-in": {"websocketAccessLogs": "account-role", "edge": "cloudfront"},
}
DURABLE = {"TopicsTable", "NotificationsTable", "InboxTable", "UsersTable", "ScheduledTable"}

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory, osls: Path) -> dict[str, str]:
    """CloudFormation's template of each stage, packaged without credentials in a bare folder."""
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(ROOT / "serverless.yml", folder)
    (folder / "infra").symlink_to(ROOT / "infra")
    (folder / "build").mkdir()
    return {stage: template(folder, osls, stage, params) for stage, params in STAGES.items()}


def template(folder: Path, osls: Path, stage: str, params: dict[str, str]) -> str:
    (folder / "build" / f"{stage}.zip").write_bytes(b"a package")
    given = [f"--param={name}={value}" for name, value in params.items()]
    run(osls, "package", "--stage", stage, "--package", folder / stage, *given, folder=folder)
    return (folder / stage / "cloudformation-template-update-stack.json").read_text()


def resources(text: str, kind: str = "") -> Resources:
    found: Resources = json.loads(text)["Resources"]
    return {name: each for name, each in found.items() if kind in each["Type"]}


# dev has nothing that prod has not, and four seconds are four seconds.
@pytest.mark.parametrize("stage", ["prod", "stand-in"])
def test_cfn_lint_finds_nothing(templates: dict[str, str], stage: str) -> None:
    args = ManualArgs(regions=["eu-central-1"], ignore_checks=OF_THE_FRAMEWORK)
    assert lint(templates[stage], config=args) == []


def test_what_cannot_be_had_again_is_protected_in_prod(templates: dict[str, str]) -> None:
    protected = {
        name: each
        for name, each in resources(templates["prod"], "DynamoDB::Table").items()
        if each.get("DeletionPolicy") == each.get("UpdateReplacePolicy") == "Retain"
    }
    assert protected.keys() == DURABLE
    for table in protected.values():
        properties = table["Properties"]
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True
        }


def test_dev_can_be_removed_whole(templates: dict[str, str]) -> None:
    policies = {each.get("DeletionPolicy") for each in resources(templates["dev"]).values()}
    assert "Retain" not in policies


@pytest.mark.parametrize("stage", STAGES)
def test_every_log_group_forgets(templates: dict[str, str], stage: str) -> None:
    groups = resources(templates[stage], "Logs::LogGroup")
    functions = resources(templates[stage], "Lambda::Function")
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {30}
    assert len(groups) > len(functions)


def test_no_access_log_holds_a_query_string_and_with_it_a_token(templates: dict[str, str]) -> None:
    stages = resources(templates["prod"], "ApiGatewayV2::Stage")
    formats = [each["Properties"]["AccessLogSettings"]["Format"] for each in stages.values()]
    assert len(formats) == 2
    for text in formats:
        assert json.loads(text)["status"] == "$context.status"
        assert not {"$context.requestOverride", "$input", "$context.path"} & set(text.split('"'))
    settings = resources(templates["prod"])["WebsocketsDeploymentStage"]["Properties"]
    assert settings["DefaultRouteSettings"] == {"DataTraceEnabled": False, "LoggingLevel": "OFF"}


def test_a_domain_of_our_own_leads_to_each_api(templates: dict[str, str]) -> None:
    mappings = resources(templates["prod"], "ApiGatewayV2::ApiMapping")
    apis = {mapping["Properties"]["ApiId"]["Ref"] for mapping in mappings.values()}
    assert apis == {"WebsocketsApi", "HttpApi"}
    assert not resources(templates["dev"], "ApiGatewayV2::ApiMapping")
