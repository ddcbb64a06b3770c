"""Bids, applause and guesses."""

import json
import os
import time
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

dynamodb = boto3.resource("dynamodb")
lots = dynamodb.Table(os.environ["LOTS"])
seats = dynamodb.Table(os.environ["SEATS"])


def bid(event: Any, context: Any) -> Any:
    """Two-way: the bidder is answered, whoever is outbid hears of it."""
    where = event["requestContext"]
    amount = json.loads(event["body"])["amount"]
    lot, name = where["authorizer"]["lot"], where["authorizer"]["name"]
    try:
        before = lots.update_item(
            Key={"lot": lot},
            UpdateExpression="SET price = :amount, leader = :name, leaderId = :id",
            ConditionExpression="price < :amount AND lotState = :open",
            ExpressionAttributeValues={
                ":amount": amount,
                ":name": name,
                ":id": where["connectionId"],
                ":open": "open",
            },
            ReturnValues="ALL_OLD",
        )["Attributes"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return {"statusCode": 409, "body": json.dumps({"bid": amount, "accepted": False})}
    outbid = before.get("leaderId")
    if outbid and outbid != where["connectionId"]:
        gateway = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"https://{where['domainName']}/{where['stage']}",
        )
        gateway.post_to_connection(
            ConnectionId=outbid, Data=json.dumps({"outbid": amount, "by": name})
        )
    return {"statusCode": 200, "body": json.dumps({"bid": amount, "accepted": True})}


def applaud(event: Any, context: Any) -> Any:
    """One-way: what is returned goes nowhere."""
    where = event["requestContext"]
    gateway = boto3.client(
        "apigatewaymanagementapi", endpoint_url=f"https://{where['domainName']}/{where['stage']}"
    )
    everybody = Key("lot").eq(where["authorizer"]["lot"])
    for seat in seats.query(KeyConditionExpression=everybody)["Items"]:
        gateway.post_to_connection(ConnectionId=seat["connectionId"], Data=b"clap")
    return {"statusCode": 200, "body": "nobody hears this"}


def appraise(event: Any, context: Any) -> Any:
    guess = json.loads(event["body"])["guess"]
    if guess == 13:
        time.sleep(4)
    return {"statusCode": 200, "body": json.dumps({"guess": guess, "worth": guess * 2})}
