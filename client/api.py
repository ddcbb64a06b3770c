"""The HTTP API: log in, send, broadcast, ask."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Self

import httpx

from client.answers import Broadcasted, Login, Sent, Stats, User
from client.errors import ApiError, ProtocolError, Unreachable
from client.fields import Body, number, text
from client.tokens import Token, TokenSource
from client.urls import checked_base_url

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


def _body(response: httpx.Response) -> Body:
    body = _json(response)
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
