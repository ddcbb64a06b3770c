"""ministack as a stand-in for AWS: run by a Python of Lambda's version, with what it lacks added.

It plays CloudFormation, API Gateway, Lambda, DynamoDB, SQS, IAM … on loopback, and its functions
run on the interpreter that this file is run by. 1.5.33 is pinned: private names are used here.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def create_deployment(
    logical_id: str, properties: Properties, stack: str
) -> tuple[str, dict[str, str]]:
    """The framework makes one with each deploy of a WebSocket API."""
    request = {
        "description": properties.get("Description", ""),
        "stageName": properties.get("StageName"),
    }
    answer = apigateway._create_deployment(properties["ApiId"], request)
    made = _created(answer, "deploymentId")
    return made, {"DeploymentId": made}


def delete_deployment(physical_id: str, properties: Properties) -> None:
    apigateway._delete_deployment(properties.get("ApiId", ""), physical_id)


def create_route_response(
    logical_id: str, properties: Properties, stack: str
) -> tuple[str, dict[str, str]]:
    request = {"routeResponseKey": properties.get("RouteResponseKey", "$default")}
    answer = apigateway._create_route_response(properties["ApiId"], _route_id(properties), request)
    made = _created(answer, "routeResponseId")
    return made, {"RouteResponseId": made}


def delete_route_response(physical_id: str, properties: Properties) -> None:
    apigateway._delete_route_response(
        properties.get("ApiId", ""), _route_id(properties), physical_id
    )


def _route_id(properties: Properties) -> str:
    """A Ref of a route is `{api}/{route}` in ministack."""
    return str(properties.get("RouteId", "")).rpartition("/")[2]


def _created(answer: tuple[int, Any, bytes], key: str) -> str:
    status, _, body = answer
    if status >= 400:
        raise ValueError(f"{key}: {body!r}")
    return str(json.loads(body)[key])


def _as_aws_authorizes(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    """There is no sqs:SendMessageBatch in IAM: a batch needs the permission of the single call
    (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html)."""

    def action(*request: Any) -> str | None:
        found = extract(*request)
        return found.removesuffix("Batch") if found and found.startswith("sqs:") else found

    return action


def teach() -> None:
    """Adds what is missing to the ministack of this process."""
    kinds = provisioners._RESOURCE_HANDLERS
    kinds.setdefault(
        "AWS::ApiGatewayV2::Deployment",
        {"create": create_deployment, "delete": delete_deployment},
    )
    kinds.setdefault(
        "AWS::ApiGatewayV2::RouteResponse",
        {"create": create_route_response, "delete": delete_route_response},
    )
    iam_actions.extract_iam_action = _as_aws_authorizes(iam_actions.extract_iam_action)


if __name__ == "__main__":
    teach()
    from ministack.app import main

    main()
