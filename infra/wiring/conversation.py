"""What a client can ask for in a frame, and who answers it."""

from infra.stores.limits import DynamoLimits
from infra.stores.streams import DynamoStreams
from infra.wiring import clock, new_id, part
from infra.wiring.accounts import accounts
from infra.wiring.connections import connections
from infra.wiring.counts import counts
from infra.wiring.gateway import gateway
from infra.wiring.inbox import inbox
from infra.wiring.limits import limits
from infra.wiring.marking import marker
from infra.wiring.presence import presence
from infra.wiring.reading import reader
from infra.wiring.settings import settings
from infra.wiring.topics import policy
from notify.acking import Acking
from notify.conversation import Conversation
from notify.feeding import Feeding
from notify.frame_limits import FrameLimits
from notify.greeting import Greeting
from notify.reauthenticating import Reauthenticating
from notify.replaying import Replaying
from notify.resuming import Resuming
from notify.subscribing import Subscribing
from notify.verbs import verbs


@part
def conversation() -> Conversation:
    streams, feeding = DynamoStreams(new_id), Feeding(DynamoStreams(new_id), policy())
    resuming = Resuming(feeding, streams, reader())
    subscribing = Subscribing(connections(), resuming, policy())
    answers = verbs(
        Greeting(subscribing, resuming, inbox()),
        subscribing,
        Replaying(feeding, streams, reader()),
        Acking(feeding, connections(), streams, reader(), counts()),
        marker(),
        Reauthenticating(accounts(), connections(), policy()),
        presence(),
    )
    frame_limits = FrameLimits(limits(), clock, settings().frames_per_minute)
    return Conversation(connections(), gateway(), answers, frame_limits, DynamoLimits(), clock)
