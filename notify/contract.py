"""What the HTTP API promises, route by route: the structs it validates with and answers with."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from notify import parsing, requests
from notify.account_requests import ChangeUser, CreateUser, DisconnectUser, Login, Logout, Refresh
from notify.answers.accounts import DisconnectAnswer, LoginAnswer, TicketAnswer, UserAnswer
from notify.answers.batches import BatchAnswer
from notify.answers.broadcasts import ProgressAnswer
from notify.answers.health import HealthAnswer
from notify.answers.history import HistoryAnswer
from notify.answers.inbox import InboxAnswer, MarkAnswer
from notify.answers.presence import PresenceAnswer, TopicPresenceAnswer
from notify.answers.publishing import BroadcastAnswer, QueuedBroadcastAnswer, SendAnswer
from notify.answers.stats import StatsAnswer
from notify.entries import InboxCounts, Status


class Parameter(Struct, frozen=True):
    """A parameter of the query string, or a header of the request."""

    about: str
    type: object = str
    where: str = "query"
    required: bool = False


class Operation(Struct, frozen=True):
    """One route. `answers` maps a status to the struct of its body, None where there is none.

    `refusals` are the statuses beside those that follow by themselves: 401 where a token is
    wanted; 400, 413 and 422 where there is a body; 500 and 503 everywhere.
    """

    about: str
    answers: Mapping[int, type | None]
    body: type | None = None
    parameters: Mapping[str, Parameter] = {}
    refusals: tuple[int, ...] = ()
    needs_token: bool = True
    needs_body: bool = True  # where it has one

    @property
    def statuses(self) -> list[int]:
        """Every status that a caller may meet."""
        with_token = (401,) if self.needs_token else ()
        with_body = (400, 413, 422) if self.body is not None else ()
        return sorted({*self.answers, *self.refusals, *with_token, *with_body, 500, 503})


IDEMPOTENCY = {
    "Idempotency-Key": Parameter(
        "The same key with the same body, within 24 hours: done once, answered alike.",
        Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")],
        "header",
    )
}

OPERATIONS: Mapping[str, Operation] = {
    "POST /auth/login": Operation(
        "Exchange a username and a password for an access token and a refresh token.",
        {200: LoginAnswer},
        Login,
        refusals=(401, 429),
        needs_token=False,
    ),
    "POST /auth/refresh": Operation(
        "Exchange a refresh token, which is good once, for the next ones.",
        {200: LoginAnswer},
        Refresh,
        refusals=(401, 409, 429),
        needs_token=False,
    ),
    "POST /auth/logout": Operation(
        "End this login, or every login of the user, and close its connections.",
        {204: None},
        Logout,
        refusals=(404, 409),
        needs_body=False,
    ),
    "POST /auth/ws-ticket": Operation(
        "A ticket that opens one connection within the next seconds.",
        {200: TicketAnswer},
        refusals=(429,),
    ),
    "GET /auth/me": Operation("Who the token says one is.", {200: UserAnswer}),
    "POST /notifications/send-realtime": Operation(
        "Send to every connection of one user, or of up to a hundred.",
        {200: SendAnswer},
        requests.Send,
        IDEMPOTENCY,
        refusals=(403, 404, 409, 429),
    ),
    "POST /notifications/broadcast": Operation(
        "Broadcast to whoever is subscribed: done in the call, or queued if they are many.",
        {200: BroadcastAnswer, 202: QueuedBroadcastAnswer},
        requests.Broadcast,
        IDEMPOTENCY,
        refusals=(403, 409, 429),
    ),
    "POST /notifications/batch": Operation(
        "Up to a hundred sends and broadcasts, each with a result of its own.",
        {200: BatchAnswer},
        requests.Batch,
        IDEMPOTENCY,
        refusals=(409, 429),
    ),
    "DELETE /notifications/scheduled/{id}": Operation(
        "Cancel what has not been sent yet.", {204: None}, refusals=(404, 409)
    ),
    "GET /notifications/broadcasts/{id}": Operation(
        "How far a broadcast is that was queued.",
        {200: ProgressAnswer},
        refusals=(404,),
    ),
    "DELETE /notifications/broadcasts/{id}": Operation(
        "Cancel a broadcast that was queued; once more does no harm.",
        {200: ProgressAnswer},
        refusals=(404, 409),
    ),
    "GET /notifications/stats": Operation(
        "True numbers about the service.", {200: StatsAnswer}, refusals=(429,)
    ),
    "GET /inbox": Operation(
        "What one was sent, newest first, page by page.",
        {200: InboxAnswer},
        parameters={
            "status": Parameter("Only entries in that state.", Status),
            "limit": Parameter("How many a page has at most; 50.", requests.PageLimit),
            "cursor": Parameter("Where the page before ended, as it says."),
        },
        refusals=(422, 429),
    ),
    "POST /inbox/mark": Operation(
        "Mark notifications in one's inbox.",
        {200: MarkAnswer},
        requests.MarkThese,
        refusals=(429,),
    ),
    "POST /inbox/mark-all": Operation(
        "Mark everything in one's inbox, or all that is older than a time.",
        {200: InboxCounts},
        requests.MarkAll,
        refusals=(429,),
    ),
    "GET /history/{topic}": Operation(
        "What is stored of a topic, in order.",
        {200: HistoryAnswer},
        parameters={
            "after_seq": Parameter("Begin behind this number.", parsing.Seq),
            "limit": Parameter("At most so many entries.", parsing.ReplayLimit),
        },
        refusals=(403, 422, 429),
    ),
    "GET /presence": Operation(
        "Which users are online.",
        {200: PresenceAnswer},
        parameters={"user_ids": Parameter("1 to 100 usernames, by commas.", required=True)},
        refusals=(403, 422, 429),
    ),
    "GET /presence/topics/{topic}": Operation(
        "Who is in a topic.", {200: TopicPresenceAnswer}, refusals=(403, 422, 429)
    ),
    "POST /admin/users": Operation(
        "Create an account.",
        {201: UserAnswer},
        CreateUser,
        refusals=(403, 409, 429),
    ),
    "PATCH /admin/users/{username}": Operation(
        "Change an account; a new password, or disabling it, closes its connections.",
        {200: UserAnswer},
        ChangeUser,
        refusals=(403, 404, 409, 429),
    ),
    "DELETE /admin/users/{username}": Operation(
        "Remove an account and close its connections.", {204: None}, refusals=(403, 404, 429)
    ),
    "POST /admin/users/{username}/disconnect": Operation(
        "Close a user's connections, and make their tokens worthless unless they may stay.",
        {200: DisconnectAnswer},
        DisconnectUser,
        refusals=(403, 404, 409, 429),
        needs_body=False,
    ),
    "GET /healthz": Operation(
        "Whether a request gets through to the tables.",
        {200: HealthAnswer},
        needs_token=False,
    ),
    "GET /openapi.json": Operation("This document.", {200: dict}, needs_token=False),
    "GET /asyncapi.json": Operation(
        "The WebSocket API, message by message.", {200: dict}, needs_token=False
    ),
}
