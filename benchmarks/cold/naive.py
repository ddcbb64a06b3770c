"""$connect as it is often written: everything at the top; a token, a row, a post."""

import json
import os
from typing import Any

import boto3
import jwt
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model


class Row(Model):
    class Meta:
        table_name = os.environ["TABLE_PREFIX"] + "connections"
        region = os.environ["AWS_REGION"]

    connection_id = UnicodeAttribute(hash_key=True)


(SIGNING,) = json.loads(os.environ["JWT_KEYS"]).values()
management: Any = boto3.client(
    "apigatewaymanagementapi", endpoint_url=os.environ["CALLBACK_ENDPOINT"]
)


def handler(event: Any, context: object) -> dict[str, int]:
    jwt.decode(
        event["queryStringParameters"]["token"],
        SIGNING["key"],
        algorithms=["HS256"],
        audience=os.environ["JWT_AUDIENCE"],
    )
    Row(event["requestContext"]["connectionId"]).save()
    management.post_to_connection(ConnectionId=event["post_to"], Data=b"{}")
    return {"statusCode": 200}
