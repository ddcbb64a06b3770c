"""CloudFormation's functions, resolved against the resources that the emulator itself holds."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.template.model import LogicalId
from local_server.template.variables import ACCOUNT

NOTHING = object()  # AWS::NoValue: the property or list item is left out


@dataclass(frozen=True)
class Names:
    """What `Ref` and `Fn::GetAtt` answer: `refs[id]` and `attributes[id, "Arn"]`."""

    region: str
    stack: str
    refs: Mapping[LogicalId, str]
    attributes: Mapping[tuple[LogicalId, str], str]

    @property
    def pseudo(self) -> dict[str, Any]:
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": NOTHING,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{ACCOUNT}:stack/{self.stack}/0",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def resolve(self, value: Any, place: Place) -> Any:
        """`value` without intrinsics. Raises TemplateError at one that cannot be resolved."""
        if isinstance(value, list):
            items = (self.resolve(item, place) for item in value)
            return [item for item in items if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in _FUNCTIONS:
            return self._call(name, value[name], place)
        if len(value) == 1 and str(name := next(iter(value))).startswith("Fn::"):
            raise TemplateError(place, f"{name} is not emulated")
        resolved = {key: self.resolve(item, place) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def _call(self, name: str, argument: Any, place: Place) -> Any:
        try:
            return _FUNCTIONS[name](self, argument, place)
        except (TypeError, ValueError, LookupError) as error:
            raise TemplateError(place, f"{name} is malformed") from error

    def ref(self, name: Any, place: Place) -> Any:
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.refs:
            return self.refs[LogicalId(name)]
        raise TemplateError(place, f"Ref {name}: local_server holds no such resource")

    def attribute(self, value: Any, place: Place) -> str:
        target, _, name = (
            value.partition(".") if isinstance(value, str) else (value[0], "", value[1])
        )
        found = self.attributes.get((LogicalId(target), name))
        if found is None:
            raise TemplateError(place, f"GetAtt {target}.{name}: local_server cannot know it")
        return found

    def substitute(self, value: Any, place: Place) -> str:
        text, given = (value, {}) if isinstance(value, str) else (value[0], value[1])
        local = {key: self.resolve(item, place) for key, item in given.items()}

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in local:
                return str(local[name])
            is_attribute = "." in name
            return str(self.attribute(name, place) if is_attribute else self.ref(name, place))

        return re.sub(r"\$\{\s*([^}]+?)\s*\}", replace, text)

    def join(self, value: Any, place: Place) -> str:
        return str(value[0]).join(str(item) for item in self.resolve(value[1], place))

    def select(self, value: Any, place: Place) -> Any:
        return self.resolve(value[1], place)[int(self.resolve(value[0], place))]

    def split(self, value: Any, place: Place) -> list[str]:
        return str(self.resolve(value[1], place)).split(value[0])

    def base64(self, value: Any, place: Place) -> str:
        return base64.b64encode(str(self.resolve(value, place)).encode()).decode()


_FUNCTIONS = {
    "Ref": Names.ref,
    "Fn::GetAtt": Names.attribute,
    "Fn::Sub": Names.substitute,
    "Fn::Join": Names.join,
    "Fn::Select": Names.select,
    "Fn::Split": Names.split,
    "Fn::Base64": Names.base64,
}
