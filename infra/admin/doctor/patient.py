"""Who is examined: a stage, and where it says that it can be reached."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.admin.stage import Stage
from notify.ports import Clock


@dataclass(frozen=True)
class Patient:
    """URLs that are None are asked of the stack."""

    stage: Stage
    clock: Clock
    url: str | None = None
    websocket_url: str | None = None

    def client(self, service: str) -> Any:
        return self.stage.client(service)

    def named(self, name: str) -> str:
        return f"{self.stage.prefix}{name}"

    def command(self, text: str) -> str:
        """A command of ours for this stage, to be pasted into a shell."""
        return f"python -m infra.admin --stage {self.stage.name} {text}"

    @cached_property
    def environment(self) -> dict[str, str]:
        """Of the deployed functions. Raises: SettingsError, ClientError."""
        return dict(self.stage.environment())

    @cached_property
    def stack(self) -> dict[str, Any]:
        """As CloudFormation describes it. Raises: ClientError."""
        name = self.stage.prefix.rstrip("-")
        (stack,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return dict(stack)

    def output(self, key: str) -> str | None:
        """Of the stack. Raises: ClientError."""
        for output in self.stack.get("Outputs", ()):
            if output["OutputKey"] == key:
                return str(output["OutputValue"])
        return None
