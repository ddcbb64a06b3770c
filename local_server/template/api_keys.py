"""API keys: the values that clients may show, by the usage plans that connect them to the stage."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from local_server.template.fields import Fields
from local_server.template.intrinsics import Names
from local_server.template.model import ApiKey, LogicalId, StageThrottle
from local_server.template.resources import Declared
from local_server.template.stack_names import WEBSOCKET_API, WEBSOCKET_STAGE

_KEY = ("CustomerId", "Description", "Enabled", "GenerateDistinctId", "Name", "Tags", "Value")
_PLAN = ("ApiStages", "Description", "Tags", "Throttle", "UsagePlanName")
_STAGE = ("ApiId", "Stage")
_LINK = ("KeyId", "KeyType", "UsagePlanId")
_AS_THEY_ARE = ("Tags", "Throttle")
_HINTS = {
    "Quota": "quotas of usage plans are not emulated",
    "StageKeys": "connect the key to the stage by a usage plan",
    "Throttle": "only the plan's own throttle is emulated",
}
# API reference, CreateApiKey.
_SHORTEST = 20


def read_api_keys(declared: Sequence[Declared], names: Names, stage: str) -> tuple[ApiKey, ...]:
    """Raises TemplateError."""
    refs = {one.id: str(one.id) for one in declared}
    known = replace(
        names, refs={**names.refs, **refs, WEBSOCKET_API: WEBSOCKET_API, WEBSOCKET_STAGE: stage}
    )
    by_kind: dict[str, dict[LogicalId, Fields]] = {
        "ApiKey": {},
        "UsagePlan": {},
        "UsagePlanKey": {},
    }
    for one in declared:
        by_kind[one.kind.rpartition("::")[2]][one.id] = _properties(one, known)
    throttles = {
        name: _throttle(fields)
        for name, fields in by_kind["UsagePlan"].items()
        if _is_of_stage(fields, stage)
    }
    plans = _plans(by_kind["UsagePlanKey"], throttles)
    return tuple(_key(name, fields, plans) for name, fields in by_kind["ApiKey"].items())


def _properties(one: Declared, names: Names) -> Fields:
    properties = one.fields.block("Properties")
    resolved = {
        key: value if key in _AS_THEY_ARE else names.resolve(value, properties.place(key))
        for key, value in properties.whole.items()
    }
    return Fields(properties.whole.like(resolved), properties.path)


def _key(name: LogicalId, fields: Fields, plans: Mapping[str, StageThrottle | None]) -> ApiKey:
    fields.only(_KEY, _HINTS)
    value = fields.text("Value")
    if len(value) < _SHORTEST:
        fields.refuse("Value", f"an API key has at least {_SHORTEST} characters")
    # CloudFormation's default is false.
    is_usable = fields.flag("Enabled", False) and name in plans
    return ApiKey(str(name).lower(), value, is_usable, plans.get(name))


def _is_of_stage(plan: Fields, stage: str) -> bool:
    plan.only(_PLAN, _HINTS)
    return any(_is_stage(plan, item, stage) for item in plan.items("ApiStages"))


def _is_stage(plan: Fields, item: Any, stage: str) -> bool:
    if not isinstance(item, dict):
        plan.refuse("ApiStages", "a list of ApiId and Stage is expected")
    for key in item.keys() - set(_STAGE):
        plan.refuse("ApiStages", _HINTS.get(key, f"{key} is not emulated"))
    return item.get("ApiId") == WEBSOCKET_API and item.get("Stage") == stage


def _throttle(plan: Fields) -> StageThrottle | None:
    if "Throttle" not in plan:
        return None
    limits = plan.block("Throttle")
    limits.only(("BurstLimit", "RateLimit"))
    rate = limits.number("RateLimit", 0)
    return StageThrottle(rate, int(limits.number("BurstLimit", rate)))


def _plans(
    links: Mapping[LogicalId, Fields], throttles: Mapping[LogicalId, StageThrottle | None]
) -> dict[str, StageThrottle | None]:
    """The throttle of each key that a plan connects to the stage."""
    plans: dict[str, StageThrottle | None] = {}
    for fields in links.values():
        fields.only(_LINK)
        if fields.text("KeyType") != "API_KEY":
            fields.refuse("KeyType", "API Gateway knows only API_KEY")
        plan = LogicalId(fields.text("UsagePlanId"))
        if plan in throttles:
            plans[fields.text("KeyId")] = throttles[plan]
    return plans
