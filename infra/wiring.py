"""The only composer: makes each part once, at its first use, from the environment."""

import functools
import secrets
import time

from infra.engines import has_libcurl
from infra.gateway import ApiGateway
from infra.invocation import correlation_id
from infra.jwks import Jwks
from infra.keys import AnyKeys, OwnKeys
from infra.queues import SqsDeliveries, SqsLater, SqsQueue, SqsRefusals
from infra.settings import Settings, read_keys, read_settings
from infra.stores.attempts import DynamoAttempts
from infra.stores.broadcasts import DynamoBroadcastJobs
from infra.stores.connections import DynamoConnections
from infra.stores.counts import DynamoCounts, MeteredCounts
from infra.stores.credentials import DynamoCredentials
from infra.stores.deadlines import DynamoDeadlines
from infra.stores.inbox import DynamoMarks
from infra.stores.limits import DynamoLimits
from infra.stores.recounts import DynamoRecounts
from infra.stores.scheduled import DynamoScheduled
from infra.stores.sightings import DynamoSightings
from infra.stores.streams import DynamoStreams
from infra.stores.subscriptions import DynamoSubscriptions
from infra.stores.timetable import DynamoTimetable
from infra.stores.users import DynamoUsers
from infra.tables import bind
from notify.accounts import Accounts
from notify.acking import Acking
from notify.admission import Admission
from notify.announcing import Announcing
from notify.batches import Batches
from notify.broadcasts import Broadcasts
from notify.composing import Composer
from notify.deadlines import MINUTE_MS
from notify.deliveries import Deliverer
from notify.devices import Devices
from notify.fanout import Fanout
from notify.feeding import Feeding
from notify.frame_limits import FrameLimits
from notify.greeting import Greeting
from notify.history import History
from notify.hub import Hub
from notify.idempotency import Idempotency
from notify.inbox import Inbox
from notify.jobs import JoinJob, LeaveJob, RetryJob, RevokeJob, ScheduledJob
from notify.later import Later, Retrying
from notify.limits import LoginGuard, NewTopics, RateLimits
from notify.logins import Logins
from notify.marking import Marker
from notify.model import Principal, Username
from notify.noticing import NoticedConnections
from notify.passwords import PasswordHasher
from notify.ports import Gateway, Subscriptions
from notify.presence import Presence
from notify.progress import Following
from notify.publishing import Publishing
from notify.reading import Reader
from notify.reauthenticating import Reauthenticating
from notify.replanning import Replanning
from notify.replaying import Replaying
from notify.resuming import Resuming
from notify.revocation import Revocation
from notify.scheduled import ScheduledSending
from notify.scheduling import DueScan, Scheduling
from notify.sends import Sends
from notify.stats import Stats, read_stats
from notify.subscribing import Subscribing
from notify.sweep import Sweep
from notify.tickets import Tickets
from notify.topics import TopicPolicy, WatchedTopics
from notify.verbs import verbs
from notify.visits import Visits


def clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A notification's id: unguessable, and later ones sort behind earlier ones."""
    return f"ntf_{clock():012x}{secrets.token_hex(8)}"


@functools.cache
def settings() -> Settings:
    """Also names the tables, which nobody can reach without a setting."""
    read = read_settings()
    bind(read.table_prefix, read.region)
    return read


@functools.cache
def accounts() -> Accounts:
    env = settings()
    own = OwnKeys(lambda: read_keys(env), clock)
    theirs = Jwks(env.jwks_url, env.jwks_issuer, env.jwks_audience, clock) if env.jwks_url else None
    keys = AnyKeys(own, theirs) if theirs else own
    return Accounts(DynamoUsers(), own, keys, PasswordHasher(), clock)


@functools.cache
def limits() -> RateLimits:
    env = settings()
    return RateLimits(DynamoLimits(), clock, env.writes_per_minute, env.reads_per_minute)


@functools.cache
def tickets() -> Tickets:
    return Tickets(accounts(), DynamoCredentials(), clock, secrets.token_bytes)


@functools.cache
def logins() -> Logins:
    env = settings()
    guard = LoginGuard(
        DynamoLimits(),
        limits(),
        clock,
        env.logins_per_minute,
        env.logins_per_minute_per_address,
    )
    return Logins(accounts(), DynamoCredentials(), guard, revocation(), clock, secrets.token_bytes)


@functools.cache
def gateway() -> Gateway:
    env = settings()
    if not over_curl():
        return ApiGateway(env.callback_endpoint, env.region)
    from infra.curl_gateway import CurlGateway  # there may be no pycurl

    return CurlGateway(env.callback_endpoint, env.region, env.posts_at_once)


@functools.cache
def over_curl() -> bool:
    return settings().http_engine == "curl" and has_libcurl()


@functools.cache
def connections() -> NoticedConnections:
    new_topics = NewTopics(limits(), settings().new_topics_per_day)
    stored = DynamoConnections(clock, new_topics.take)
    return NoticedConnections(stored, later_queue(), watched())


@functools.cache
def deliveries() -> SqsDeliveries:
    return SqsDeliveries(SqsQueue(settings().deliveries_queue_url, settings().region))


@functools.cache
def broadcast_jobs() -> DynamoBroadcastJobs:
    settings()
    return DynamoBroadcastJobs(clock)


@functools.cache
def later_queue() -> SqsLater:
    return SqsLater(SqsQueue(settings().later_queue_url, settings().region))


@functools.cache
def refusals() -> SqsRefusals:
    return SqsRefusals(SqsQueue(settings().refusals_queue_url, settings().region))


@functools.cache
def subscriptions() -> Subscriptions:
    """For what fans out page after page."""
    if not over_curl():
        return DynamoSubscriptions()
    from infra.stores.subscriber_pages import CurlSubscriptions

    return CurlSubscriptions(settings().region)


@functools.cache
def policy() -> TopicPolicy:
    return TopicPolicy(settings().public_topics)


@functools.cache
def watched() -> WatchedTopics:
    return WatchedTopics(settings().presence_topics)


@functools.cache
def presence() -> Presence:
    return Presence(
        subscriptions=DynamoSubscriptions(),
        connections=connections(),
        sightings=DynamoSightings(new_id),
        policy=policy(),
        watched=watched(),
        clock=clock,
    )


@functools.cache
def announcing() -> Announcing:
    return Announcing(
        sightings=DynamoSightings(new_id),
        subscriptions=DynamoSubscriptions(),
        connections=connections(),
        fanout=fanout(),
        later=later_queue(),
        clock=clock,
    )


@functools.cache
def hub() -> Hub:
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
    return Hub(admission(), connections(), gateway(), answers, frame_limits, DynamoLimits(), clock)


@functools.cache
def admission() -> Admission:
    return Admission(
        accounts=accounts(),
        tickets=tickets(),
        connections=connections(),
        subscriptions=DynamoSubscriptions(),
        gateway=gateway(),
        deadlines=DynamoDeadlines(),
        clock=clock,
        probe_ms=_probe_ms(),
        max_connections=settings().max_connections_per_user,
    )


def _probe_ms() -> int:
    return settings().probe_minutes * MINUTE_MS


@functools.cache
def sweep() -> Sweep:
    visits = Visits(connections(), DynamoUsers(), gateway(), fanout(), _probe_ms())
    replanning = Replanning(broadcast_jobs(), deliveries())
    return Sweep(DynamoDeadlines(), connections(), DynamoRecounts(), visits, replanning, clock)


@functools.cache
def reader() -> Reader:
    return Reader(DynamoStreams(new_id), DynamoUsers())


@functools.cache
def history() -> History:
    return History(DynamoStreams(new_id), reader(), policy(), clock)


@functools.cache
def fanout() -> Fanout:
    return Fanout(gateway(), connections(), later_queue(), clock)


@functools.cache
def counts() -> MeteredCounts:
    settings()
    return MeteredCounts(DynamoCounts())


@functools.cache
def composer() -> Composer:
    return Composer(policy(), clock, correlation_id)


@functools.cache
def inbox() -> Inbox:
    settings()
    return Inbox(DynamoUsers(), DynamoStreams(new_id), DynamoMarks(), clock)


@functools.cache
def devices() -> Devices:
    return Devices(DynamoSubscriptions(), connections(), inbox(), clock)


@functools.cache
def marker() -> Marker:
    return Marker(inbox(), devices(), fanout(), clock)


@functools.cache
def sends() -> Sends:
    return Sends(
        accounts=accounts(),
        composer=composer(),
        subscriptions=subscriptions(),
        streams=DynamoStreams(new_id),
        counts=counts(),
        fanout=fanout(),
        devices=devices(),
        clock=clock,
    )


@functools.cache
def broadcasts() -> Broadcasts:
    return Broadcasts(
        composer=composer(),
        subscriptions=subscriptions(),
        streams=DynamoStreams(new_id),
        counts=counts(),
        fanout=fanout(),
        jobs=broadcast_jobs(),
        deliveries=deliveries(),
        pace=settings().pace,
        clock=clock,
        max_inline_recipients=settings().inline_recipients,
    )


@functools.cache
def deliverer() -> Deliverer:
    return Deliverer(
        subscriptions=subscriptions(),
        counts=counts(),
        fanout=fanout(),
        jobs=broadcast_jobs(),
        deliveries=deliveries(),
        pace=settings().pace,
        clock=clock,
        sleep=time.sleep,
    )


@functools.cache
def following() -> Following:
    return Following(policy(), broadcast_jobs(), clock)


@functools.cache
def later() -> Later:
    # What is rarer is made when the first of its kind comes.
    return Later(
        {
            RetryJob: Retrying(fanout(), counts()).retry,
            JoinJob: lambda job: announcing().settle(job),
            LeaveJob: lambda job: announcing().settle(job),
            ScheduledJob: lambda job: scheduled_sending().send(job),
            RevokeJob: lambda job: revocation().settle(job),
        }
    )


@functools.cache
def idempotency() -> Idempotency:
    settings()
    return Idempotency(DynamoAttempts(), clock, new_id)


@functools.cache
def publishing() -> Publishing:
    return Publishing(sends(), broadcasts(), clock)


@functools.cache
def scheduling() -> Scheduling:
    return Scheduling(
        publishing=publishing(),
        accounts=accounts(),
        scheduled=DynamoScheduled(),
        timetable=DynamoTimetable(),
        later=later_queue(),
        clock=clock,
    )


@functools.cache
def batches() -> Batches:
    return Batches(scheduling(), publishing())


@functools.cache
def due_scan() -> DueScan:
    return DueScan(DynamoScheduled(), DynamoTimetable(), later_queue(), clock)


@functools.cache
def scheduled_sending() -> ScheduledSending:
    return ScheduledSending(publishing(), accounts(), DynamoScheduled(), later_queue(), clock)


@functools.cache
def revocation() -> Revocation:
    return Revocation(
        accounts(), DynamoSubscriptions(), connections(), fanout(), later_queue(), clock
    )


def stats(by: Principal) -> Stats:
    settings()
    return read_stats(by, counts(), DynamoSubscriptions(), broadcast_jobs(), clock)


def check_store() -> None:
    """Raises: Unavailable if the tables cannot be read."""
    settings()
    DynamoUsers().get(Username("healthz"))


def reset() -> None:
    """Forgets every part, so that the next use reads the environment anew."""
    for part in PARTS:
        part.cache_clear()


PARTS = (
    settings,
    accounts,
    limits,
    tickets,
    logins,
    admission,
    gateway,
    over_curl,
    subscriptions,
    connections,
    deliveries,
    refusals,
    policy,
    watched,
    presence,
    announcing,
    hub,
    reader,
    history,
    sweep,
    fanout,
    counts,
    composer,
    inbox,
    devices,
    marker,
    sends,
    broadcasts,
    deliverer,
    broadcast_jobs,
    following,
    later_queue,
    later,
    idempotency,
    publishing,
    scheduling,
    batches,
    due_scan,
    scheduled_sending,
    revocation,
)
