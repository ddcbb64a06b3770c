"""The stage of the WebSocket API: its variables, its throttle, and the domains it is mapped to."""

import re
from collections.abc import Mapping
from dataclasses import replace

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.intrinsics import NOTHING, Names
from local_server.template.model import (
    ApiMapping,
    LogicalId,
    StageThrottle,
    Template,
    WebsocketStage,
)
from local_server.template.numbers import whole_number

# API Gateway's own, where a stage says only one of the two (developer guide, limits).
_RATE, _BURST = 10_000, 5_000
_MOST = 2**31 - 1
_STAGE = ("AccessLogSettings", "ApiId", "AutoDeploy", "DefaultRouteSettings", "DeploymentId",
          "Description", "RouteSettings", "StageName", "StageVariables", "Tags")  # fmt: skip
_SETTINGS = ("DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel", "ThrottlingBurstLimit",
             "ThrottlingRateLimit")  # fmt: skip
_MAPPING = ("ApiId", "ApiMappingKey", "DomainName", "Stage")
# Developer guide, websocket-api-mappings; API reference, CreateStage.
_MAPPING_KEY = re.compile(r"[\w$.+!*'()/-]{0,300}", re.ASCII)
_NAME = re.compile(r"\w{1,64}", re.ASCII)
_VALUE = re.compile(r"[\w.~:/?#&=,-]{1,2048}", re.ASCII)


def read_stage(resources: Mapping[str, Mapping[LogicalId, Fields]], stage: str) -> WebsocketStage:
    """Raises TemplateError."""
    mappings = tuple(_mapping(fields, stage) for fields in resources.get("ApiMapping", {}).values())
    stages = list(resources.get("Stage", {}).values())
    for fields in stages:
        _check(fields, stage, stages[0])
    if not stages:
        return WebsocketStage(mappings=mappings)
    return WebsocketStage(
        stages[0].mapping("StageVariables"),
        _throttle(stages[0].block("DefaultRouteSettings")),
        _route_throttles(stages[0].block("RouteSettings")),
        mappings,
    )


def with_variables(template: Template, names: Names) -> Template:
    """The template with its stage variables resolved, once tables and queues have names.

    Raises TemplateError.
    """
    variables = template.websocket_stage.variables
    if not isinstance(variables, Block):
        return template
    fields = Fields(variables, "StageVariables")
    resolved = {
        key: value
        for key, item in variables.items()
        if (value := names.resolve(item, fields.place(key))) is not NOTHING
    }
    texts = _texts(Fields(variables.like(resolved), fields.path))
    return replace(template, websocket_stage=replace(template.websocket_stage, variables=texts))


def _texts(variables: Fields) -> dict[str, str]:
    for key in variables.keys():  # noqa: SIM118 - Fields is no mapping
        if not _NAME.fullmatch(key):
            variables.refuse(key, "a stage variable's name is of letters, digits and _")
        if not _VALUE.fullmatch(variables.text(key)):
            variables.refuse(key, "a stage variable is of letters, digits and -._~:/?#&=,")
    return {key: variables.text(key) for key in variables.keys()}  # noqa: SIM118


def _check(fields: Fields, stage: str, first: Fields) -> None:
    fields.only(_STAGE)
    if fields.text("StageName", stage) != stage:
        fields.refuse("StageName", f"one stage is emulated, and it is {stage}")
    if fields is not first:
        fields.refuse("StageName", f"a second stage {stage}")


def _route_throttles(routes: Fields) -> dict[str, StageThrottle]:
    throttles = {key: _throttle(routes.block(key)) for key in routes.keys()}  # noqa: SIM118
    return {key: throttle for key, throttle in throttles.items() if throttle}


def _throttle(settings: Fields) -> StageThrottle | None:
    settings.only(_SETTINGS)
    if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} & set(settings.keys()):
        return None
    rate = settings.number("ThrottlingRateLimit", _RATE)
    if rate < 0:
        settings.refuse("ThrottlingRateLimit", "a rate is no less than 0")
    burst = whole_number(settings, "ThrottlingBurstLimit", _BURST, 0, _MOST)
    return StageThrottle(rate, burst)


def _mapping(fields: Fields, stage: str) -> ApiMapping:
    fields.only(_MAPPING)
    if fields.text("Stage") != stage:
        fields.refuse("Stage", f"one stage is emulated, and it is {stage}")
    key = fields.text("ApiMappingKey", "")
    if not _MAPPING_KEY.fullmatch(key) or key != key.strip("/"):
        fields.refuse("ApiMappingKey", "letters, digits and $-_.+!*'() are expected, / between")
    return ApiMapping(key, fields.text("DomainName"))
