"""Who calls what AWS signs for: the holders of access keys, and what each of them may do."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from local_server.claims import Claims, read_claims
from local_server.clock import Clock
from local_server.environment import WEBSOCKET_API_ID
from local_server.iam import Decision, decide
from local_server.ids import RandomBytes
from local_server.refusals import Refusal, access_denied, invalid_token
from local_server.requests import Request
from local_server.signatures import check_claims, check_digest
from local_server.store import FAKE_CREDENTIALS
from local_server.template import ACCOUNT, FunctionName

MANAGE_CONNECTIONS = "execute-api:ManageConnections"
INVOKE = "execute-api:Invoke"

Statements = tuple[Mapping[str, Any], ...]
EVERYTHING: Statements = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)


@dataclass(frozen=True)
class Caller:
    """The holder of an access key. `function` is None for whoever is at the keyboard."""

    arn: str
    access_key: str
    statements: Statements
    secret: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    function: FunctionName | None = None

    @property
    def principal(self) -> str:
        """A role's session is `{role id}:{session}`, a user its id alone."""
        session = self.arn.rpartition("/")[2]
        is_session = ":assumed-role/" in self.arn
        return f"AROA{self.access_key[4:]}:{session}" if is_session else "AIDALOCAL"

    def has_token(self, token: str) -> bool:
        return any(hmac.compare_digest(own.encode(), token.encode()) for own in self.tokens)


def administrator() -> Caller:
    """A developer's own tools sign with what the emulator gives everybody."""
    return Caller(
        arn=f"arn:aws:iam::{ACCOUNT}:user/{FAKE_CREDENTIALS['AWS_ACCESS_KEY_ID']}",
        access_key=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        statements=EVERYTHING,
        secret=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        tokens=("", FAKE_CREDENTIALS["AWS_SESSION_TOKEN"]),
    )


def function_caller(
    name: FunctionName, session_arn: str, statements: Statements, random_bytes: RandomBytes
) -> Caller:
    """A function in its role's session; its secret is another one in every run."""
    # ASIA is the prefix of a session's keys. One of twelve digits would name an account to some
    # stores.
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
    return Caller(
        arn=session_arn,
        access_key=f"ASIALOCAL{digest[:11]}",
        statements=statements,
        secret=base64.b64encode(random_bytes(30)).decode(),
        tokens=(base64.b64encode(random_bytes(48)).decode(),),
        function=name,
    )


class Callers:
    """Everybody who holds an access key of one emulator."""

    def __init__(self, callers: Iterable[Caller], region: str, clock: Clock) -> None:
        self._callers = {caller.access_key: caller for caller in callers}
        self._region = region
        self._clock = clock

    def credentials(self) -> dict[FunctionName, dict[str, str]]:
        """What goes into the environment of each function that has a key of its own."""
        return {
            caller.function: {
                "AWS_ACCESS_KEY_ID": caller.access_key,
                "AWS_SECRET_ACCESS_KEY": caller.secret,
                "AWS_SESSION_TOKEN": caller.tokens[0],
            }
            for caller in self._callers.values()
            if caller.function is not None
        }

    def authenticate(self, request: Request) -> Caller:
        """Whose valid signature the request carries. Raises Refusal."""
        claims = read_claims(request)
        caller = self._holder(claims)
        self._check_claims(caller, claims, request)
        check_digest(claims, request, caller.secret)
        return caller

    def admit_to_connections(self, request: Request, path: str) -> None:
        """To `{stage}/{METHOD}/@connections/{id}`. Raises Refusal."""
        self._authorize(self.authenticate(request), MANAGE_CONNECTIONS, path)

    def admit_to_upgrade(self, request: Request, path: str) -> Caller:
        """To `{stage}/$connect`. Raises Refusal."""
        caller = self.authenticate(request)
        self._authorize(caller, INVOKE, path)
        return caller

    def _holder(self, claims: Claims) -> Caller:
        caller = self._callers.get(claims.access_key)
        if caller is None or not caller.has_token(claims.token or ""):
            raise invalid_token()
        return caller

    def _check_claims(self, caller: Caller, claims: Claims, request: Request) -> None:
        if caller.function is not None and claims.lifetime_s is None:
            # Only Python's time is moved in a handler: libcurl and awscrt sign by the machine's.
            with suppress(Refusal):
                return check_claims(claims, request, self._region, self._clock.machine_now())
        return check_claims(claims, request, self._region, self._clock.now())

    def _authorize(self, caller: Caller, action: str, path: str) -> None:
        api = f"arn:aws:execute-api:{self._region}:{ACCOUNT}:{WEBSOCKET_API_ID}"
        decision = decide(caller.statements, action, f"{api}/{path}")
        if decision is not Decision.ALLOW:
            denied = f"{api}/{_template_of(path)}"
            raise access_denied(caller.arn, action, denied, decision is Decision.DENY)


def _template_of(path: str) -> str:
    """AWS names the resource of @connections without the connection."""
    head, separator, _ = path.partition("/@connections/")
    return f"{head}{separator}{{connectionId}}" if separator else path
