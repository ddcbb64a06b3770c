"""The hammer falls: the lot is sold, and everybody is shown out."""

import json
import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

dynamodb = boto3.resource("dynamodb")


def strike(event: Any, context: Any) -> Any:
    for record in event["Records"]:
        close(json.loads(record["body"])["lot"])


def close(lot: str) -> None:
    lots, seats = dynamodb.Table(os.environ["LOTS"]), dynamodb.Table(os.environ["SEATS"])
    sold = lots.update_item(
        Key={"lot": lot},
        UpdateExpression="SET lotState = :sold",
        ExpressionAttributeValues={":sold": "sold"},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    # No event names a door here: the house has its own.
    gateway = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["DOOR"])
    news = {"sold": lot, "to": sold.get("leader"), "for": int(sold["price"])}
    for seat in seats.query(KeyConditionExpression=Key("lot").eq(lot))["Items"]:
        gateway.post_to_connection(ConnectionId=seat["connectionId"], Data=json.dumps(news))
        gateway.delete_connection(ConnectionId=seat["connectionId"])
