"""What can go wrong for the person at the keyboard, and what can go wrong inside a function.

LocalServerError            one line on the terminal, exit code 2
├── TemplateError           serverless.yml cannot be read, or asks for what is not emulated
├── StoreError              the embedded store did not start or refused a resource
└── ServerError             the port, the ready file, the command line
FunctionError               an invocation failed; the caller hears what API Gateway would say
├── FunctionRaised          the handler raised
├── FunctionTimedOut        it ran past its own timeout and was killed
├── FunctionCrashed         its process ended without an answer
├── FunctionForbidden       the gateway may not invoke it
├── FunctionThrottled       as many of its events are in work as may be
├── FunctionUnknown         the template has none of that name
└── EventTooLarge           Lambda takes no event of that size
"""

from dataclasses import dataclass
from pathlib import Path


class LocalServerError(Exception):
    """An error that its reader can act on; it is shown without a traceback."""


class StoreError(LocalServerError):
    pass


class ServerError(LocalServerError):
    pass


@dataclass(frozen=True)
class Place:
    """Where in a file something stands, as `serverless.yml:12: functions.connect`."""

    file: Path
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        return f"{self.file.name}{line}: {self.path}" if self.path else f"{self.file.name}{line}"


class TemplateError(LocalServerError):
    def __init__(self, place: Place | None, reason: str) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.place = place
        self.reason = reason


class FunctionError(Exception):
    """errorType, errorMessage and stackTrace as Lambda reports them.

    The whole `traceback` is for the terminal and the inspector, the `place`, a file and line of the
    project, for the terminal.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        trace: tuple[str, ...] = (),
        *,
        traceback: str = "",
        place: str = "",
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.trace = trace
        self.traceback = traceback
        self.place = place


class FunctionRaised(FunctionError):
    pass


class FunctionTimedOut(FunctionError):
    pass


class FunctionCrashed(FunctionError):
    pass


class FunctionForbidden(FunctionError):
    pass


class FunctionThrottled(FunctionError):
    pass


class FunctionUnknown(FunctionError):
    pass


class EventTooLarge(FunctionError):
    pass
