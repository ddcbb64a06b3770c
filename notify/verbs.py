"""What a client can ask for in a frame, and who answers it: one verb a type of message."""

from collections.abc import Callable, Mapping
from typing import Any

from notify.acking import Acking
from notify.frames import Frame, Pong
from notify.greeting import Greeting
from notify.marking import Marker
from notify.messages import (
    Ack,
    Auth,
    Hello,
    MarkThese,
    Message,
    Ping,
    PresenceQuery,
    Replay,
    Subscribe,
    SubscribePattern,
    Unsubscribe,
    UnsubscribePattern,
)
from notify.model import Connection, timestamp
from notify.presence import Presence
from notify.reauthenticating import Reauthenticating
from notify.replaying import Replaying
from notify.subscribing import Subscribing

# Takes the connection, the message and the time; returns the answers in order, or raises the one
# error that answers all of it.
Verb = Callable[[Connection, Any, int], list[Frame]]
Verbs = Mapping[type[Message], Verb]


def verbs(
    greeting: Greeting,
    subscribing: Subscribing,
    replaying: Replaying,
    acking: Acking,
    marker: Marker,
    reauthenticating: Reauthenticating,
    presence: Presence,
) -> Verbs:
    return {
        Ping: ping,
        Hello: greeting.hello,
        Subscribe: subscribing.subscribe,
        SubscribePattern: subscribing.subscribe,
        Unsubscribe: subscribing.unsubscribe,
        UnsubscribePattern: subscribing.unsubscribe,
        MarkThese: marker.answer,
        Replay: replaying.replay,
        Ack: acking.ack,
        Auth: reauthenticating.auth,
        PresenceQuery: presence.state,
    }


def ping(_: Connection, message: Ping, now: int) -> list[Frame]:
    return [Pong(timestamp(now), id=message.id)]
