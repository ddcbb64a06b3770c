"""The HTTP API: log in, send, broadcast, ask."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, urlencode

import httpx

from .answers import Broadcasted, Login, Sent, Stats, User
from .errors import ApiError, ProtocolError, Unreachable
from .fields import Body, number, text
from .history import History
from .inbox import Inbox, Mark, MarkAll, MarkedInbox, Status
from .presence import TopicPresence, UsersPresence
from .tokens import Token, TokenSource
from .urls import checked_base_url

Priority = Literal["low", "normal", "high", "urgent"]

BASE_PATH = "/api/v1"
# API Gateway answers within 29 s or not at all.
TIMEOUT = 30.0
# TLS included: a server that speaks plain HTTP waits for the rest of our first words.
CONNECT_TIMEOUT = 5.0


class Api:
    """Requests to the service at `base_url`, each with the token of the moment.

    A callable `token` is asked once more if the server answers 401. Every method raises:
    ApiError for a problem, Unreachable if nobody answers.
    """

    def __init__(
        self,
        base_url: str,
        token: Token = "",
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.tokens = TokenSource(token)
        self._http = httpx.AsyncClient(
            base_url=self.base_url + BASE_PATH,
            timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def login(self, username: str, password: str) -> Login:
        """A token for a password. It is returned, not kept."""
        body = {"username": username, "password": password}
        response = await self._request("POST", "/auth/login", body, {})
        return Login.read(_body(response))

    async def me(self) -> User:
        return User.read(await self._call("GET", "/auth/me"))

    async def stats(self) -> Stats:
        return Stats.read(await self._call("GET", "/notifications/stats"))

    async def send(
        self,
        user: str | Sequence[str],
        title: str,
        *,
        message: str = "",
        notification_type: str = "message",
        priority: Priority | None = None,
        data: Mapping[str, object] | None = None,
        ttl_seconds: int | None = None,
        persist: bool | None = None,
        exclude_connections: Sequence[str] | None = None,
    ) -> Sent:
        """A notification to one user, or to each of up to a hundred. What is None is not sent."""
        body = _present(
            user_id=user if isinstance(user, str) else None,
            user_ids=None if isinstance(user, str) else list(user),
            notification_type=notification_type,
            title=title,
            message=message,
            priority=priority,
            data=data,
            ttl_seconds=ttl_seconds,
            persist=persist,
            exclude_connections=exclude_connections,
        )
        return Sent.read(await self._call("POST", "/notifications/send-realtime", body))

    async def broadcast(
        self,
        pattern: str,
        title: str,
        *,
        message: str = "",
        notification_type: str = "message",
        priority: Priority | None = None,
        data: Mapping[str, object] | None = None,
        ttl_seconds: int | None = None,
        persist: Literal["stream", "none"] | None = None,
        exclude_user_ids: Sequence[str] | None = None,
        dry_run: bool | None = None,
    ) -> Broadcasted:
        """A notification to whoever subscribed the topic, or any topic under `pattern`."""
        body = _present(
            pattern=pattern,
            notification_type=notification_type,
            title=title,
            message=message,
            priority=priority,
            data=data,
            ttl_seconds=ttl_seconds,
            persist=persist,
            exclude_user_ids=exclude_user_ids,
            dry_run=dry_run,
        )
        return Broadcasted.read(await self._call("POST", "/notifications/broadcast", body))

    async def inbox(
        self, status: Status = "all", *, limit: int | None = None, cursor: str | None = None
    ) -> Inbox:
        """A page of up to `limit` (50, at most 100) entries, newest first; `cursor` of the last."""
        query = _present(status=status, limit=limit, cursor=cursor)
        return Inbox.read(await self._call("GET", _path("/inbox", query)))

    async def mark(self, ids: Sequence[str], state: Mark) -> MarkedInbox:
        """Mark up to a hundred notifications of one's inbox."""
        body = {"ids": list(ids), "state": state}
        return MarkedInbox.read(await self._call("POST", "/inbox/mark", body))

    async def mark_all(self, state: MarkAll, *, before: str | None = None) -> MarkedInbox:
        """Mark everything, or what is older than `before`, a time in ISO 8601."""
        body = _present(state=state, before=before)
        return MarkedInbox.read(await self._call("POST", "/inbox/mark-all", body))

    async def presence(self, *users: str) -> UsersPresence:
        """Whether each of up to a hundred users is online."""
        path = _path("/presence", {"user_ids": ",".join(users)})
        return UsersPresence.read(await self._call("GET", path))

    async def topic_presence(self, topic: str) -> TopicPresence:
        """Who is in a topic."""
        return TopicPresence.read(await self._call("GET", f"/presence/topics/{_segment(topic)}"))

    async def history(self, topic: str, *, after_seq: int = 0, limit: int | None = None) -> History:
        """What is stored of a topic behind a number: up to `limit` (50, at most 100)."""
        query = _present(after_seq=after_seq, limit=limit)
        return History.read(await self._call("GET", _path(f"/history/{_segment(topic)}", query)))

    async def create_user(
        self,
        username: str,
        password: str,
        *,
        roles: Sequence[str] = (),
        tenant: str | None = None,
    ) -> User:
        """An account; admins may."""
        body = _present(username=username, password=password, roles=list(roles), tenant=tenant)
        return User.read(await self._call("POST", "/admin/users", body))

    async def delete_user(self, username: str) -> None:
        """Remove an account, and close its connections; admins may."""
        await self._call("DELETE", f"/admin/users/{_segment(username)}")

    async def _call(self, method: str, path: str, body: Body | None = None) -> Body:
        token = await self.tokens.current()
        response = await self._request(method, path, body, _bearer(token))
        if response.status_code == 401 and self.tokens.renewable:
            token = await self.tokens.renew()
            response = await self._request(method, path, body, _bearer(token))
        return _body(response)

    async def _request(
        self, method: str, path: str, body: Body | None, headers: dict[str, str]
    ) -> httpx.Response:
        try:
            return await self._http.request(method, path, json=body, headers=headers)
        except httpx.ConnectTimeout as error:
            reason = f"no connection within {CONNECT_TIMEOUT:g} s"
            raise Unreachable(self.base_url, reason) from error
        except httpx.TimeoutException as error:
            raise Unreachable(self.base_url, f"no answer within {TIMEOUT:g} s") from error
        except httpx.TransportError as error:
            raise Unreachable(self.base_url, str(error) or type(error).__name__) from error


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _present(**fields: object) -> Body:
    return {name: value for name, value in fields.items() if value is not None}


def _path(path: str, query: Body) -> str:
    return f"{path}?{urlencode(query)}"


def _segment(text: str) -> str:
    return quote(text, safe=":@*")


def _body(response: httpx.Response) -> Body:
    body = {} if response.status_code == 204 else _json(response)
    if response.is_success and body is not None:
        return body
    if response.is_success:
        raise ProtocolError(f"{response.request.url.path}: the answer is not a JSON object")
    raise _problem(response, body or {})


def _json(response: httpx.Response) -> Body | None:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _problem(response: httpx.Response, body: Body) -> ApiError:
    """Also what API Gateway says in its own words: `{"message":"Internal Server Error"}`."""
    reason = response.reason_phrase or "no reason given"
    return ApiError(
        response.status_code,
        text(body, "detail") or text(body, "message") or reason,
        code=number(body, "code"),
        title=text(body, "title") or reason,
        request_id=text(body, "request_id"),
        retry_after=_seconds(response.headers.get("retry-after", "")),
    )


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() else None
