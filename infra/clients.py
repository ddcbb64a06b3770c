"""Clients of AWS's services, over one session of botocore: they are most of a cold start."""

import functools
import threading
from typing import Any

from botocore.config import Config
from botocore.session import Session

# What our functions call. Whether a service exists at all botocore finds out in 400 folders.
SERVICES = ("apigatewaymanagementapi", "dynamodb", "secretsmanager", "sqs", "ssm")
# One session makes one client at a time (boto/botocore#1246). Reentrant, for PynamoDB asks for the
# session while it makes its client.
MAKING = threading.RLock()


@functools.cache
def session() -> Session:
    """The only one of the process: each further one reads the same megabytes of JSON again."""
    made = Session()
    loader: Any = made.get_component("data_loader")
    loader.list_available_services = lambda type_name: SERVICES
    return made


def new_client(service: str, region: str, config: Config, endpoint: str | None = None) -> Any:
    """Takes ten milliseconds; `endpoint` where the service has one of its own."""
    with MAKING:
        return session().create_client(
            service, region_name=region, endpoint_url=endpoint, config=config
        )


@functools.cache
def client(service: str, region: str, config: Config) -> Any:
    """The one that all share who want it configured so."""
    return new_client(service, region, config)
