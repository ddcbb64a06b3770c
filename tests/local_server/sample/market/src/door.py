"""The door: tickets in, seats while they last."""

import json
import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

dynamodb = boto3.resource("dynamodb")
tickets = dynamodb.Table(os.environ["TICKETS"])
seats = dynamodb.Table(os.environ["SEATS"])


def admit(event: Any, context: Any) -> Any:
    """A ticket is good once."""
    ticket = event["queryStringParameters"]["ticket"]
    found = tickets.delete_item(Key={"ticket": ticket}, ReturnValues="ALL_OLD").get("Attributes")
    return {
        "principalId": found["name"] if found else "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if found else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": {"name": found["name"], "lot": found["lot"]} if found else {},
    }


def enter(event: Any, context: Any) -> Any:
    where = event["requestContext"]
    offered = event["headers"].get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
    if offered != [""] and "auction.v1" not in offered:
        return {"statusCode": 400}
    seats.put_item(
        Item={
            "lot": where["authorizer"]["lot"],
            "connectionId": where["connectionId"],
            "name": where["authorizer"]["name"],
            "endpoint": f"https://{where['domainName']}/{where['stage']}",
            "headers": sorted(event["headers"]),
            "house": event["stageVariables"]["house"],
        }
    )
    if "auction.v1" in offered:
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "auction.v1"}}
    return {"statusCode": 200}


def leave(event: Any, context: Any) -> Any:
    where = event["requestContext"]
    mine = {"lot": where["authorizer"]["lot"], "connectionId": where["connectionId"]}
    seats.delete_item(Key=mine)
    tell(mine["lot"], {"left": where["authorizer"]["name"]})


def me(event: Any, context: Any) -> Any:
    where = event["requestContext"]
    mine = {"lot": where["authorizer"]["lot"], "connectionId": where["connectionId"]}
    item = seats.get_item(Key=mine)["Item"]
    item["lots"] = event["stageVariables"]["lots"]
    return {"statusCode": 200, "body": json.dumps(item)}


def lost(event: Any, context: Any) -> Any:
    return {"statusCode": 404, "body": f"what do you mean by {event['body']!r}?"}


def tell(lot: str, news: Any) -> None:
    """Everybody at the lot, each at the door they came in by."""
    for seat in seats.query(KeyConditionExpression=Key("lot").eq(lot))["Items"]:
        gateway = boto3.client("apigatewaymanagementapi", endpoint_url=seat["endpoint"])
        try:
            gateway.post_to_connection(
                ConnectionId=seat["connectionId"], Data=json.dumps(news).encode()
            )
        except gateway.exceptions.GoneException:
            seats.delete_item(Key={"lot": lot, "connectionId": seat["connectionId"]})
