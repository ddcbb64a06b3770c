"""The environment of a function: the template's, Lambda's own, and the way to the store."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.ids import RandomBytes
from local_server.stores.endpoints import Endpoints
from local_server.template import Function, FunctionName, LogicalId, Names, Template
from local_server.template.intrinsics import NOTHING
from local_server.template.lambdas import function_arn, logical_id

WEBSOCKET_API_ID = "localwsapi"
HTTP_API_ID = "localhttpx"

# What a process needs of the machine it runs on. The rest of the developer's shell stays outside,
# AWS_PROFILE and the credentials of a real account above all.
_INHERITED = (
    "DYLD_LIBRARY_PATH", "HOME", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH", "PYTHONWARNINGS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TMPDIR", "VIRTUAL_ENV",
)  # fmt: skip


def api_names(template: Template) -> Names:
    """Refs and attributes of the functions, and of the two APIs the framework adds to a stack."""
    region, functions = template.region, template.functions.values()
    return Names(
        region=region,
        stack=f"{template.service}-{template.stage}",
        refs={
            LogicalId("WebsocketsApi"): WEBSOCKET_API_ID,
            LogicalId("HttpApi"): HTTP_API_ID,
            LogicalId("WebsocketsDeploymentStage"): template.stage,
            **{logical_id(one.name): one.deployed_name for one in functions},
        },
        attributes={
            (LogicalId("WebsocketsApi"), "ApiEndpoint"): _origin("wss", WEBSOCKET_API_ID, region),
            (LogicalId("HttpApi"), "ApiEndpoint"): _origin("https", HTTP_API_ID, region),
            **{
                (logical_id(one.name), "Arn"): function_arn(region, one.deployed_name)
                for one in functions
            },
        },
    )


@dataclass(frozen=True)
class Environment:
    """Builds environments for one running emulator. `origin` is its own `http://host:port`."""

    template: Template
    names: Names
    origin: str
    endpoints: Endpoints
    credentials: Mapping[str, str]
    random_bytes: RandomBytes
    # Of functions that have a key of their own.
    own_credentials: Mapping[FunctionName, Mapping[str, str]] = field(default_factory=dict)

    def of_function(self, function: Function) -> dict[str, str]:
        """Raises TemplateError naming the variable that cannot be resolved."""
        return {
            **self._base(),
            **self.own_credentials.get(function.name, {}),
            **self._lambda(function),
            **self._resolved(function.environment, f"functions.{function.name}.environment"),
        }

    def of_provider(self) -> dict[str, str]:
        """For a command that prepares the service: no function of its own."""
        resolved = self._resolved(self.template.environment, "provider.environment")
        return {**self._base(), **resolved}

    def _base(self) -> dict[str, str]:
        inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
        return {
            **inherited,
            **self.credentials,
            **self.endpoints.variables(),
            # For a client of @connections that names no endpoint of its own.
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{self.origin}/{self.template.stage}",
            "AWS_REGION": self.template.region,
            "AWS_DEFAULT_REGION": self.template.region,
            # No credentials to be had from there, and a second lost in asking.
            "AWS_EC2_METADATA_DISABLED": "true",
            "LANG": "en_US.UTF-8",
            "PYTHONUTF8": "1",
        }

    def _lambda(self, function: Function) -> dict[str, str]:
        """docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        stream = self.random_bytes(16).hex()
        return {
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.deployed_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.deployed_name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{stream}",
            "LAMBDA_TASK_ROOT": str(self.template.root),
            "LAMBDA_RUNTIME_DIR": str(self.template.root),
        }

    def _resolved(self, values: Mapping[str, Any], path: str) -> dict[str, str]:
        resolved = {}
        for key, value in values.items():
            place = _place(values, key, f"{path}.{key}", self.template)
            answer = self.names.resolve(value, place)
            # null takes a provider's variable away from a function.
            if answer is not None and answer is not NOTHING:
                resolved[key] = self._to_loopback(_text(answer, place))
        return resolved

    def _to_loopback(self, text: str) -> str:
        """The addresses our APIs would have in the cloud, @connections above all, become ours."""
        region = self.template.region
        here = self.origin.removeprefix("http")
        text = text.replace(_origin("https", WEBSOCKET_API_ID, region), f"http{here}")
        text = text.replace(_origin("wss", WEBSOCKET_API_ID, region), f"ws{here}")
        return text.replace(_origin("https", HTTP_API_ID, region), f"http{here}")


def api_host(api_id: str, region: str) -> str:
    """Where an API of ours would be in the cloud."""
    return f"{api_id}.execute-api.{region}.amazonaws.com"


def _origin(scheme: str, api_id: str, region: str) -> str:
    return f"{scheme}://{api_host(api_id, region)}"


def _place(values: Mapping[str, Any], key: str, path: str, template: Template) -> Place:
    lines: Mapping[str, int] = getattr(values, "lines", {})
    return Place(template.file, lines.get(key), path)


def _text(value: Any, place: Place) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise TemplateError(place, "an environment variable is text")
    return str(value)
