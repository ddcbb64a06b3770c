"""A Python client of Heliograph: notifications as they happen, and the HTTP API."""

from client.answers import Broadcasted, Login, Receipt, Sent, Stats, User
from client.api import Api
from client.errors import (
    ApiError,
    Closed,
    ConnectionLost,
    HeliographError,
    NoAnswer,
    ProtocolError,
    Refused,
    RequestRefused,
    TopicsRefused,
    Unreachable,
)
from client.frames import Notification, Sender, Welcome
from client.gaps import Gap, Position
from client.heliograph import Heliograph
from client.states import Change, State

__all__ = [
    "Api",
    "ApiError",
    "Broadcasted",
    "Change",
    "Closed",
    "ConnectionLost",
    "Gap",
    "Heliograph",
    "HeliographError",
    "Login",
    "NoAnswer",
    "Notification",
    "Position",
    "ProtocolError",
    "Receipt",
    "Refused",
    "RequestRefused",
    "Sender",
    "Sent",
    "State",
    "Stats",
    "TopicsRefused",
    "Unreachable",
    "User",
    "Welcome",
]
