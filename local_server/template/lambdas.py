"""Which of the service's functions is meant: by its key, or by an ARN of Lambda's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.template.fields import Fields
from local_server.template.intrinsics import Names
from local_server.template.model import FunctionName, LogicalId
from local_server.template.variables import ACCOUNT

# A version or an alias may follow the name. A literal ARN names an account of the cloud, which
# cannot be told from ours: the name decides.
_ARN = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:(?P<name>[^:]+)(?::[^:]+)?")


@dataclass(frozen=True)
class Lambdas:
    """`names` knows no resource but the functions."""

    names: Names
    by_deployed_name: Mapping[str, FunctionName]

    def called(self, fields: Fields, key: str) -> FunctionName:
        """The function whose key stands there. Raises TemplateError."""
        name = FunctionName(fields.text(key))
        if name not in self.by_deployed_name.values():
            fields.refuse(key, f"there is no function {name} in this service")
        return name

    def at(self, arn: Any, place: Place) -> FunctionName:
        """Raises TemplateError."""
        resolved = self.names.resolve(arn, place)
        match = _ARN.fullmatch(resolved) if isinstance(resolved, str) else None
        found = self.by_deployed_name.get(match["name"]) if match else None
        if found is None:
            raise TemplateError(place, f"no function of this service has the ARN {resolved}")
        return found


def read_lambdas(root: Fields, stage: str, region: str) -> Lambdas:
    """Raises TemplateError."""
    deployed = {
        FunctionName(key): deployed_name(root, key, stage) for key in root.mapping("functions")
    }
    return Lambdas(
        names=Names(
            region=region,
            stack=f"{root.text('service')}-{stage}",
            refs={logical_id(key): name for key, name in deployed.items()},
            attributes={
                (logical_id(key), "Arn"): function_arn(region, name)
                for key, name in deployed.items()
            },
        ),
        by_deployed_name={name: key for key, name in deployed.items()},
    )


def deployed_name(root: Fields, key: str, stage: str) -> str:
    """What the framework calls the function in the cloud."""
    own = root.block("functions").block(key)
    return own.text("name", f"{root.text('service')}-{stage}-{key}")


def logical_id(function: str) -> LogicalId:
    """What the framework calls the function in its stack (its lib/plugins/aws/lib/naming.js)."""
    normal = function.replace("-", "Dash").replace("_", "Underscore")
    return LogicalId(f"{normal[:1].upper()}{normal[1:]}LambdaFunction")


def function_arn(region: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
