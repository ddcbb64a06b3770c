"""AWS's clients by hand, where moto has none or plays along too well."""

import argparse
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.admin.stage import Stage


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**given)


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnyOperation")


class FakeClients:
    """Answers by service and operation. A list is answered one by one, its last again and again; an
    exception is raised; a function is called. What was asked is in `calls`."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, service: str) -> "FakeClient":
        return FakeClient(self, self._answers.get(service, {}))

    def stage(self, name: str = "dev") -> Stage:
        return Stage(name, f"heliograph-{name}-", "eu-central-1", self)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == operation]


class FakeClient:
    def __init__(self, clients: FakeClients, answers: Mapping[str, Any]) -> None:
        self._clients = clients
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def call(*_: object, **arguments: Any) -> Any:
            self._clients.calls.append((operation, arguments))
            answer = self._answers[operation]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call
