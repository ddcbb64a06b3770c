"""The CloudFormation resources of the template: which are held, which are harmless, which not."""

from local_server.errors import TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import LogicalId, Resource

TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
HELD = (TABLE, QUEUE)
# They permit, watch or publish; a handler that runs here does not notice that they are missing.
# One that is referred to all the same is refused where it is referred to.
_HARMLESS = (
    "AWS::ApiGatewayV2::",
    "AWS::Budgets::",
    "AWS::CertificateManager::",
    "AWS::CloudFront::",
    "AWS::CloudWatch::",
    "AWS::IAM::",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::Route53::",
    "AWS::SNS::",
    "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::",
    "AWS::XRay::",
)


def read_resources(root: Fields) -> tuple[dict[LogicalId, Resource], list[str]]:
    """Tables and queues by logical id, and a warning for every kind that is left out."""
    held: dict[LogicalId, Resource] = {}
    left_out: dict[str, None] = {}
    for section in _sections(root):
        section.only(
            ("Resources", "Outputs", "Description", "Parameters", "Metadata", "Conditions"),
            {"extensions": "overrides of what the framework generates are not emulated"},
        )
        blocks = section.block("Resources")
        for key in blocks.keys():  # noqa: SIM118 - Fields is no mapping
            resource = _resource(blocks, key)
            if resource is None:
                left_out[blocks.block(key).text("Type")] = None
            elif resource.id in held:
                blocks.refuse(key, "a second resource of this name")
            else:
                held[resource.id] = resource
    warnings = [f"{kind} is left out: it has no effect here" for kind in left_out]
    return held, warnings


def _sections(root: Fields) -> list[Fields]:
    value = root.raw("resources", [])
    blocks = value if isinstance(value, list) else [value]
    if not all(isinstance(block, Block) for block in blocks):
        raise TemplateError(root.place("resources"), "a mapping or a list of mappings is expected")
    # The path starts anew: these blocks often come from files of their own.
    return [Fields(block, "") for block in blocks]


def _resource(blocks: Fields, key: str) -> Resource | None:
    fields = blocks.block(key)
    kind = fields.text("Type")
    if kind.startswith(_HARMLESS):
        return None
    if kind not in HELD:
        fields.refuse("Type", f"{kind} is not emulated (only {', '.join(HELD)})")
    if "Condition" in fields:
        fields.refuse("Condition", "conditions are not emulated")
    return Resource(LogicalId(key), kind, fields.mapping("Properties"), fields.place("Type"))
