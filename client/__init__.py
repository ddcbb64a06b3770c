"""A Python client of Heliograph: notifications as they happen, and the HTTP API."""

from .answers import Broadcasted, Login, Receipt, Sent, Stats, User
from .api import Api
from .errors import (
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
from .frames import Notification, Sender, Welcome
from .gaps import Gap, Position
from .heliograph import Heliograph
from .states import Change, State

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
