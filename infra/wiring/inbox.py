"""A user's inbox, and the devices that are told of it."""

from infra.stores.inbox import DynamoMarks
from infra.stores.streams import DynamoStreams
from infra.stores.subscriptions import DynamoSubscriptions
from infra.stores.users import DynamoUsers
from infra.wiring import clock, new_id, part
from infra.wiring.connections import connections
from infra.wiring.settings import settings
from notify.devices import Devices
from notify.inbox import Inbox


@part
def inbox() -> Inbox:
    settings()
    return Inbox(DynamoUsers(), DynamoStreams(new_id), DynamoMarks(), clock)


@part
def devices() -> Devices:
    return Devices(DynamoSubscriptions(), connections(), inbox(), clock)
