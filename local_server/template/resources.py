"""The CloudFormation resources of the template: which are held, which are harmless, which not."""

from dataclasses import dataclass, field
from typing import NoReturn

from local_server.errors import TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import LogicalId, Resource
from local_server.template.stack_names import WEBSOCKET_API, WEBSOCKET_STAGE

TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
HELD = (TABLE, QUEUE)
GATEWAY = "AWS::ApiGatewayV2::"
IAM = "AWS::IAM::"
API_KEYS = tuple(f"AWS::ApiGateway::{kind}" for kind in ("ApiKey", "UsagePlan", "UsagePlanKey"))
_KEY_SOURCE = "ApiKeySelectionExpression"
# They permit, watch or publish; a handler that runs here does not notice that they are missing.
# One that is referred to all the same is refused where it is referred to.
_HARMLESS = (
    "AWS::ApiGateway::Account",
    "AWS::Budgets::",
    "AWS::CertificateManager::",
    "AWS::CloudFront::",
    "AWS::CloudWatch::",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::Route53::",
    "AWS::SNS::",
    "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::",
    "AWS::XRay::",
)


@dataclass(frozen=True)
class Declared:
    """A resource of API Gateway or IAM, whose properties may hold intrinsics."""

    id: LogicalId
    kind: str
    fields: Fields


@dataclass
class Resources:
    """Tables and queues by logical id, what belongs to API Gateway or IAM, what is left out."""

    held: dict[LogicalId, Resource] = field(default_factory=dict)
    gateway: list[Declared] = field(default_factory=list)
    api_keys: list[Declared] = field(default_factory=list)
    iam: list[Declared] = field(default_factory=list)
    left_out: dict[str, None] = field(default_factory=dict)

    def add(self, blocks: Fields, key: str) -> None:
        fields = blocks.block(key)
        kind = fields.text("Type")
        self._refuse_twice(blocks, key)
        if kind.startswith(GATEWAY):
            self.gateway.append(Declared(LogicalId(key), kind, fields))
        elif kind in API_KEYS:
            self.api_keys.append(Declared(LogicalId(key), kind, fields))
        elif kind.startswith(IAM):
            self.iam.append(Declared(LogicalId(key), kind, fields))
        elif kind.startswith(_HARMLESS):
            self.left_out[kind] = None
        else:
            self.held[LogicalId(key)] = _held(LogicalId(key), kind, fields)

    def extend(self, blocks: Fields) -> None:
        """The stage is the one resource of the framework's whose settings are emulated."""
        for key in blocks.keys():  # noqa: SIM118 - Fields is no mapping
            self._refuse_twice(blocks, key)
            if key != WEBSOCKET_STAGE:
                _refuse_override(blocks, key)
            self.gateway.append(Declared(WEBSOCKET_STAGE, f"{GATEWAY}Stage", blocks.block(key)))

    def _refuse_twice(self, blocks: Fields, key: str) -> None:
        if LogicalId(key) in self.held or any(key == other.id for other in self.gateway):
            blocks.refuse(key, "a second resource of this name")


def read_resources(root: Fields) -> Resources:
    """Raises TemplateError."""
    resources = Resources()
    for section in _sections(root):
        section.only(
            (
                "Resources", "Outputs", "Description", "Parameters", "Metadata", "Conditions",
                "extensions",
            )
        )  # fmt: skip
        blocks = section.block("Resources")
        for key in blocks.keys():  # noqa: SIM118 - Fields is no mapping
            resources.add(blocks, key)
        resources.extend(section.block("extensions"))
    return resources


def _refuse_override(blocks: Fields, key: str) -> NoReturn:
    properties = blocks.block(key).block("Properties")
    if key == WEBSOCKET_API and _KEY_SOURCE in properties:
        properties.refuse(_KEY_SOURCE, "API keys are taken from the header x-api-key alone")
    blocks.refuse(key, "overrides of what the framework generates are not emulated")


def left_out(kind: str) -> str:
    return f"{kind} is left out: it has no effect here"


def _sections(root: Fields) -> list[Fields]:
    value = root.raw("resources", [])
    blocks = value if isinstance(value, list) else [value]
    if not all(isinstance(block, Block) for block in blocks):
        raise TemplateError(root.place("resources"), "a mapping or a list of mappings is expected")
    # The path starts anew: these blocks often come from files of their own.
    return [Fields(block, "") for block in blocks]


def _held(id: LogicalId, kind: str, fields: Fields) -> Resource:
    if kind not in HELD:
        fields.refuse("Type", f"{kind} is not emulated (only {', '.join(HELD)})")
    if "Condition" in fields:
        fields.refuse("Condition", "conditions are not emulated")
    return Resource(id, kind, fields.mapping("Properties"), fields.place("Type"))
