"""Requests to AWS, many at once: libcurl sends them, and makes their signatures (version 4)."""

import heapq
import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

import pycurl
from msgspec import Struct

from infra.access_keys import AccessKey, FindKey, find_key

K = TypeVar("K")

# A peer that vanished without a FIN leaves its post hanging (aws-sdk-js-v3#6896).
CONNECT_MS, TOTAL_MS = 1000, 3000
# Whose answers are held back until none is under way: whoever takes them may take its time, and
# meanwhile nobody would read from the sockets.
CHUNK = 1000
LONGEST_WAIT_S = 1.0
USER_AGENT = "heliograph"
# Where systems keep the authorities that they trust: Amazon Linux and Fedora, Debian, macOS.
CA_BUNDLES = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
)
# Nothing has been sent yet, or no answer will come. A timeout is none of them: whoever hangs once
# hangs again, and the others wait for it.
BROKEN = frozenset(
    {
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_COULDNT_RESOLVE_HOST,
        pycurl.E_COULDNT_RESOLVE_PROXY,
        pycurl.E_GOT_NOTHING,
        pycurl.E_RECV_ERROR,
        pycurl.E_SEND_ERROR,
        pycurl.E_SSL_CONNECT_ERROR,
    }
)


# Of these there is one for each post. Nothing in them leads back to them, so they are no work for
# the garbage collector.
class Request(Struct, frozen=True, gc=False):
    """`url` is sent, and signed, as it stands: percent-encoded."""

    method: str
    url: str
    body: bytes = b""
    headers: tuple[str, ...] = ()


class Answer(Struct, frozen=True, gc=False):
    """`status` is 0 if none came; then `error` is libcurl's number of what happened."""

    status: int
    body: bytes = b""
    error: int = 0


def is_busy(answer: Answer) -> bool:
    """Whether the same request may well succeed in a moment."""
    return answer.error in BROKEN or answer.status == 429 or answer.status >= 500


class Retries(Struct, frozen=True):
    """The SDKs' way: so many attempts in all, with a random pause (s) in front of the 2nd, 3rd, …

    What was sent without an answer is sent again too, and so may arrive twice.
    """

    attempts: int
    pause: Callable[[int], float]
    wanted: Callable[[Answer], bool] = is_busy


def up_to(seconds: float) -> Callable[[int], float]:
    """Any pause between 0 and so many, which double each time."""
    return lambda attempt: random.random() * seconds * 2 ** (attempt - 2)  # noqa: S311


class _Call(Struct, Generic[K]):
    key: K
    request: Request
    attempt: int = 1


class SignedRequests:
    """To one service. Connections are kept and used again, also by the next invocation.

    Proxies are libcurl's: HTTPS_PROXY, NO_PROXY. Nothing is made before the first request, so that
    processes may fork until then; and each thread has its own.
    """

    def __init__(
        self,
        service: str,
        region: str,
        retries: Retries,
        headers: Sequence[str] = (),
        at_once: int = 1,
        total_ms: int = TOTAL_MS,
        find: FindKey = find_key,
        chunk: int = CHUNK,
    ) -> None:
        self._chunk = chunk
        self._scope = f"aws:amz:{region}:{service}"
        self._retries = retries
        self._headers = headers
        self._at_once = at_once
        self._total_ms = total_ms
        self._find = find
        self._kept = _Kept()

    def one(self, request: Request) -> Answer:
        """Raises: AccessKeyError, before it sends anything."""
        (handle,) = self._handles(1, self._find())
        answer = handle.ask(request)
        for attempt in range(2, 1 + self._retries.attempts):
            if not self._retries.wanted(answer):
                break
            time.sleep(self._retries.pause(attempt))
            answer = handle.ask(request)
        return answer

    def each(self, requests: Iterable[tuple[K, Request]]) -> Iterator[tuple[K, Answer]]:
        """The answers, in any order. Raises: AccessKeyError, before it sends anything."""
        key, waiting = self._find(), iter(requests)
        while chunk := [_Call(*pair) for pair in itertools.islice(waiting, self._chunk)]:
            handles = self._handles(min(len(chunk), self._at_once), key)
            yield from _Exchange(self._multi(), handles, self._retries, chunk).run()

    def _multi(self) -> Any:
        if self._kept.multi is None:
            self._kept.multi = pycurl.CurlMulti()
            self._kept.multi.setopt(pycurl.M_MAXCONNECTS, self._at_once)
        return self._kept.multi

    def _handles(self, number: int, key: AccessKey) -> list["_Handle"]:
        """As many as there is work for."""
        kept = self._kept.handles
        while len(kept) < number:
            kept.append(_Handle(self._scope, self._headers, self._total_ms))
        wanted = kept[:number]
        for handle in wanted:
            handle.sign_with(key)
        return wanted


class _Kept(threading.local):
    """What outlives a call."""

    def __init__(self) -> None:
        self.multi: Any = None
        self.handles: list[_Handle] = []


class _Exchange(Generic[K]):
    """A chunk of requests until all of them are answered."""

    def __init__(
        self, multi: Any, free: list["_Handle"], retries: Retries, calls: list[_Call[K]]
    ) -> None:
        self._multi = multi
        # pycurl makes a method anew each time that it is looked up.
        self._add, self._remove = multi.add_handle, multi.remove_handle
        self._free = free
        self._retries = retries
        self._new = iter(calls)
        self._running: dict[Any, tuple[_Handle, _Call[K]]] = {}
        self._paused: list[tuple[float, int, _Call[K]]] = []
        self._numbers = itertools.count()
        self._answers: list[tuple[K, Answer]] = []

    def run(self) -> list[tuple[K, Answer]]:
        try:
            started = self._start()
            while self._running or self._paused:
                if not started:
                    self._wait()
                self._multi.perform()
                self._finish()
                started = self._start()
        finally:
            for curl in self._running:  # of which there are some only if somebody interrupts
                self._remove(curl)
        return self._answers

    def _start(self) -> bool:
        """As many as there is room for. False: there is none, or nothing to start.

        Who waits for another attempt takes up room as well: what is too fast gets slower.
        """
        started = False
        while self._free and (call := self._next()) is not None:
            handle = self._free.pop()
            handle.prepare(call.request)
            self._add(handle.curl)
            self._running[handle.curl] = handle, call
            started = True
        return started

    def _next(self) -> _Call[K] | None:
        if self._paused:
            if self._paused[0][0] <= time.monotonic():
                return heapq.heappop(self._paused)[2]
            if len(self._paused) >= len(self._free):
                return None
        return next(self._new, None)

    def _finish(self) -> None:
        _, done, failed = self._multi.info_read()
        for curl in done:
            self._take(curl, 0)
        for curl, error, _ in failed:
            self._take(curl, error)

    def _take(self, curl: Any, error: int) -> None:
        self._remove(curl)
        handle, call = self._running.pop(curl)
        self._free.append(handle)
        answer = handle.answer(error)
        if call.attempt < self._retries.attempts and self._retries.wanted(answer):
            call.attempt += 1
            due = time.monotonic() + self._retries.pause(call.attempt)
            heapq.heappush(self._paused, (due, next(self._numbers), call))
        else:
            self._answers.append((call.key, answer))

    def _wait(self) -> None:
        seconds = LONGEST_WAIT_S
        if self._paused:
            seconds = min(max(0.0, self._paused[0][0] - time.monotonic()), seconds)
        if not self._running:
            time.sleep(seconds)
            return
        if (due_ms := self._multi.timeout()) >= 0:
            seconds = min(due_ms / 1000, seconds)
        if self._multi.select(seconds) < 0:  # there is no socket yet
            time.sleep(min(0.001, seconds))


class _Handle:
    """One of libcurl's, which keeps what is the same for every request."""

    def __init__(self, scope: str, headers: Sequence[str], total_ms: int) -> None:
        self.curl = curl = pycurl.Curl()
        self._set, self._get = curl.setopt, curl.getinfo
        self._common = tuple(headers)
        self._key: AccessKey | None = None
        self._token: tuple[str, ...] = ()
        self._last: Request | None = None  # what is set
        self._body = bytearray()
        curl.setopt(pycurl.AWS_SIGV4, scope)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, CONNECT_MS)
        curl.setopt(pycurl.TIMEOUT_MS, total_ms)
        curl.setopt(pycurl.NOSIGNAL, 1)
        # As the SDK. With HTTP/2 one lost packet would hold up all posts at once.
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.USERAGENT, USER_AGENT)
        curl.setopt(pycurl.WRITEFUNCTION, self._body.extend)
        if bundle := ca_bundle():
            curl.setopt(pycurl.CAINFO, bundle)

    def sign_with(self, key: AccessKey) -> None:
        if key == self._key:
            return
        self._key = key
        self._set(pycurl.USERNAME, key.id)
        self._set(pycurl.PASSWORD, key.secret)
        self._token = (f"X-Amz-Security-Token: {key.token}",) if key.token else ()
        self._last = None  # the token is one of its headers

    def prepare(self, request: Request) -> None:
        """Sets what is new: posts of a broadcast differ in their urls only."""
        last, self._last = self._last, None
        self._body.clear()
        self._set(pycurl.URL, request.url)
        if last is None or request.method != last.method or request.body != last.body:
            self._set_body(request)
        if last is None or request.headers != last.headers:
            headers = (*self._common, *request.headers, *self._token)
            self.curl.unsetopt(pycurl.HTTPHEADER)  # an empty list would leave what is there
            self._set(pycurl.HTTPHEADER, headers)
        self._last = request

    def _set_body(self, request: Request) -> None:
        # Also where there is none: libcurl would sign the body of the request before.
        self._set(pycurl.POSTFIELDS, request.body)
        if request.method != "POST":
            self._set(pycurl.HTTPGET, 1)
        self._set(pycurl.CUSTOMREQUEST, request.method)

    def ask(self, request: Request) -> Answer:
        """By itself: what many at once need costs half as much again."""
        self.prepare(request)
        try:
            self.curl.perform()
        except pycurl.error as error:
            return self.answer(error.args[0])
        return self.answer(0)

    def answer(self, error: int) -> Answer:
        if error:
            return Answer(0, error=error)
        return Answer(self._get(pycurl.RESPONSE_CODE), bytes(self._body))


def ca_bundle(
    environment: Mapping[str, str] = os.environ, bundles: Iterable[str] = CA_BUNDLES
) -> str | None:
    """The authorities to trust: those that are named, the system's, or else botocore's own."""
    if named := environment.get("AWS_CA_BUNDLE") or environment.get("SSL_CERT_FILE"):
        return named
    for bundle in bundles:
        if os.path.exists(bundle):
            return bundle
    botocore = find_spec("botocore")
    if botocore is None or botocore.origin is None:
        return None
    return os.path.join(os.path.dirname(botocore.origin), "cacert.pem")
