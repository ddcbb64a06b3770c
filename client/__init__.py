"""A Python client of Heliograph: notifications as they happen, and the HTTP API."""

from .answers import Broadcasted, Login, Receipt, Sent, Stats, User
from .api import Api
from .errors import (
    ApiError,
    Closed,
    ConnectionLost,
    HeliographError,
    NoAnswer,
    Overflow,
    ProtocolError,
    Refused,
    RequestRefused,
    TopicsRefused,
    Unreachable,
)
from .frames import Marked, Notification, Sender, Welcome
from .gaps import Gap, Position
from .heliograph import Heliograph
from .history import History
from .inbox import Entry, Inbox, InboxCounts, MarkedInbox
from .presence import Present, TopicPresence, UserPresence, UsersPresence
from .pushes import Counts, NotificationUpdated, PresenceJoined, PresenceLeft, UnreadCountChanged
from .states import Change, State
from .sync import SyncApi, SyncHeliograph

__all__ = [
    "Api",
    "ApiError",
    "Broadcasted",
    "Change",
    "Closed",
    "ConnectionLost",
    "Counts",
    "Entry",
    "Gap",
    "Heliograph",
    "HeliographError",
    "History",
    "Inbox",
    "InboxCounts",
    "Login",
    "Marked",
    "MarkedInbox",
    "NoAnswer",
    "Notification",
    "NotificationUpdated",
    "Overflow",
    "Position",
    "PresenceJoined",
    "PresenceLeft",
    "Present",
    "ProtocolError",
    "Receipt",
    "Refused",
    "RequestRefused",
    "Sender",
    "Sent",
    "State",
    "Stats",
    "SyncApi",
    "SyncHeliograph",
    "TopicPresence",
    "TopicsRefused",
    "Unreachable",
    "UnreadCountChanged",
    "User",
    "UserPresence",
    "UsersPresence",
    "Welcome",
]
