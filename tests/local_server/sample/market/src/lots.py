"""The office, by HTTP: lots are offered and closed, tickets issued."""

import json
import os
import uuid
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

dynamodb = boto3.resource("dynamodb")
lots = dynamodb.Table(os.environ["LOTS"])
seats = dynamodb.Table(os.environ["SEATS"])
tickets = dynamodb.Table(os.environ["TICKETS"])


def issue(event: Any, context: Any) -> Any:
    wanted = json.loads(event["body"])
    ticket = str(uuid.uuid4())
    tickets.put_item(Item={"ticket": ticket, "name": wanted["name"], "lot": wanted["lot"]})
    return {"statusCode": 201, "body": json.dumps({"ticket": ticket})}


def offer(event: Any, context: Any) -> Any:
    lot = event["pathParameters"]["lot"]
    price = Decimal(str(json.loads(event["body"])["price"]))
    lots.put_item(Item={"lot": lot, "price": price, "lotState": "open"})
    return {"statusCode": 204}


def show(event: Any, context: Any) -> Any:
    lot = event["pathParameters"]["lot"]
    item = lots.get_item(Key={"lot": lot}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": json.dumps({"error": "no such lot"})}
    present = seats.query(KeyConditionExpression=Key("lot").eq(lot))["Items"]
    # Neither JSON nor a bare object: what is not text becomes text.
    return json.loads(
        json.dumps({**item, "present": sorted(seat["name"] for seat in present)}, default=str)
    )


def close(event: Any, context: Any) -> Any:
    message = json.dumps({"lot": event["pathParameters"]["lot"]})
    boto3.client("sqs").send_message(QueueUrl=os.environ["HAMMER_QUEUE"], MessageBody=message)
    return {"statusCode": 202, "body": ""}
