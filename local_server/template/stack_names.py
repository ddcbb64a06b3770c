"""The logical ids of what the framework makes of functions and routes.

packages/serverless/lib/plugins/aws/lib/naming.js of serverless/serverless
"""

from local_server.template.lambdas import logical_id
from local_server.template.model import FunctionName, LogicalId

WEBSOCKET_API = LogicalId("WebsocketsApi")
HTTP_API = LogicalId("HttpApi")
WEBSOCKET_STAGE = LogicalId("WebsocketsDeploymentStage")

_SIGNS = {"$": "S", "/": "Slash", "-": "Dash", "_": "Underscore", ".": "Period"}


def integration_id(name: FunctionName) -> LogicalId:
    function = logical_id(name).removesuffix("LambdaFunction")
    return LogicalId(f"{function}WebsocketsIntegration")


def route_id(key: str) -> LogicalId:
    return LogicalId("".join(_SIGNS.get(char, char) for char in key) + "WebsocketsRoute")
