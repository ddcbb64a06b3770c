"""boto3's client of @connections, signing and all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import boto3
from botocore.config import Config

from local_server.provisioning import Client


@contextmanager
def connections(
    endpoint: str, key: str = "local", secret: str = "local", region: str = "eu-west-3"
) -> Iterator[Client]:
    """One attempt and no waiting."""
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=30, read_timeout=30),
    )
    try:
        yield cast(Client, client)
    finally:
        client.close()
