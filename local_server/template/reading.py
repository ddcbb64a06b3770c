"""From the file to the model: variables first, then every section, strictly."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.template.api_keys import read_api_keys
from local_server.template.authorizers import authorizer_warnings, read_http_authorizers
from local_server.template.document import Block, read_document
from local_server.template.fields import Fields
from local_server.template.gateway_resources import Framework, read_gateway
from local_server.template.gateway_routes import read_selection_expression
from local_server.template.http_routes import read_cors
from local_server.template.lambdas import deployed_name, read_lambdas
from local_server.template.local_settings import read_local_settings
from local_server.template.model import Function, FunctionName, Template
from local_server.template.numbers import whole_number
from local_server.template.quotas import quota_warnings
from local_server.template.resources import left_out, read_resources
from local_server.template.roles import Roles, read_role
from local_server.template.triggers import Triggers
from local_server.template.variables import Variables

# The sections the emulator reads; a variable elsewhere that needs the cloud does no harm.
_SECTIONS = ("service", "provider", "functions", "resources", "plugins")
_TOP_LEVEL = {
    *_SECTIONS, "app", "build", "configValidationMode", "custom", "deprecationNotificationMode",
    "disabledDeprecations", "frameworkVersion", "licenseKey", "org", "outputs", "package", "params",
    "stages", "variablesResolutionMode",
}  # fmt: skip
# They say how a service is packaged, permitted, billed or watched, not how it behaves.
_HARMLESS_PROVIDER = {
    "apiName", "architecture", "deletionProtection", "deploymentBucket", "deploymentMethod",
    "deploymentPrefix", "disableRollback", "eventBridge", "kmsKeyArn", "lambdaHashingVersion",
    "logRetentionInDays", "logs", "name", "notificationArns", "profile",
    "rolePermissionsBoundary", "runtime",
    "stackName", "stackParameters", "stackPolicy", "stackTags", "stage", "tags", "tracing",
    "versionFunctions", "vpc", "websocketsDescription", "websocketsApiName", "runtimeManagement",
    "build", "ecr",
}  # fmt: skip
_READ_PROVIDER = {
    "environment", "httpApi", "iam", "iamManagedPolicies", "iamRoleStatements", "memorySize",
    "region", "role", "timeout",
    "websocketsApiRouteSelectionExpression",
}  # fmt: skip
_HARMLESS_FUNCTION = {
    "architecture", "condition", "dependsOn", "description", "ephemeralStorageSize",
    "iamRoleStatements", "kmsKeyArn", "logRetentionInDays", "logs", "maximumEventAge",
    "maximumRetryAttempts", "package",
    "provisionedConcurrency", "role", "runtime", "runtimeManagement", "tags",
    "tracing", "versionFunction", "vpc",
}  # fmt: skip
_READ_FUNCTION = {
    "environment", "events", "handler", "memorySize", "name", "reservedConcurrency", "timeout",
}  # fmt: skip
_HARMLESS_HTTP_API = {"disableDefaultEndpoint", "metrics", "name", "useProviderTags"}


def load_template(
    file: Path,
    *,
    stage: str = "local",
    region: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Template:
    """Raises TemplateError; its text names the file, the line and the path."""
    file = file.resolve()
    document = read_source(file)
    options = {"stage": stage} | ({"region": region} if region else {})
    variables = Variables(document, file.parent, options, stage)
    if environ is not None:
        variables.environ = environ
    template = read_template(file, resolve_sections(document, variables), stage)
    return replace(template, included=variables.files)


def read_source(file: Path) -> Block:
    document = read_document(file)
    if not isinstance(document, Block):
        raise TemplateError(Place(file), "a mapping with `service` and `functions` is expected")
    return document


def resolve_sections(document: Block, variables: Variables) -> Block:
    """The sections that are read, resolved; of `custom` only what is ours."""
    sections: dict[str, Any] = {
        key: variables.resolve(document[key], document.place(key, key))
        for key in document.keys() & set(_SECTIONS)
    }
    custom = document.get("custom")
    if isinstance(custom, Block) and "localServer" in custom:
        place = custom.place("localServer", "custom.localServer")
        own = {"localServer": variables.resolve(custom["localServer"], place)}
        sections["custom"] = custom.like(own)
    return document.like({**document, **sections})


def read_template(file: Path, document: Block, stage: str) -> Template:
    root = Fields(document, "")
    root.only(_TOP_LEVEL, {"layers": "layers are not emulated: install them as packages"})
    provider = _provider(root)
    region = provider.text("region", "us-east-1")
    http_api = provider.block("httpApi")
    http_api.only({"authorizers", "cors", "payload", *_HARMLESS_HTTP_API})
    lambdas = read_lambdas(root, stage, region)
    triggers = Triggers(lambdas, read_http_authorizers(http_api, lambdas))
    resources = read_resources(root)
    roles = Roles(resources.iam)
    functions = _functions(root, provider, triggers, roles, stage)
    if str(http_api.raw("payload", "2.0")) != "2.0":
        http_api.refuse("payload", "only payload format 2.0 is emulated")
    gateway = read_gateway(resources.gateway, Framework(stage, lambdas, triggers.websocket))
    websocket_routes = {**triggers.websocket, **gateway.routes}
    role_statements, opaque_role = read_role(root)
    return Template(
        file=file,
        service=root.text("service"),
        stage=stage,
        region=region,
        functions=functions,
        environment=provider.mapping("environment"),
        selection_expression=read_selection_expression(provider),
        websocket_routes=websocket_routes,
        websocket_stage=gateway.stage,
        http_routes=tuple(triggers.http),
        cors=read_cors(http_api, triggers.http),
        sources=tuple(triggers.sources),
        resources=resources.held,
        local=read_local_settings(root),
        warnings=(
            *_plugin_warnings(root),
            *authorizer_warnings(http_api),
            *map(left_out, resources.left_out | roles.unused(functions.values())),
            *gateway.warnings,
            *quota_warnings(root.place("functions"), len(websocket_routes), len(triggers.http)),
        ),
        api_keys=read_api_keys(resources.api_keys, lambdas.names, stage),
        role_statements=role_statements,
        opaque_role=opaque_role,
    )


def _provider(root: Fields) -> Fields:
    provider = root.block("provider")
    if provider.text("name", "aws") != "aws":
        provider.refuse("name", "only the provider aws is emulated")
    provider.only(_READ_PROVIDER | _HARMLESS_PROVIDER)
    return provider


def _functions(
    root: Fields, provider: Fields, triggers: Triggers, roles: Roles, stage: str
) -> dict[FunctionName, Function]:
    section = root.block("functions")
    functions: dict[FunctionName, Function] = {}
    for key in section.keys():  # noqa: SIM118 - Fields is no mapping
        fields = section.block(key)
        fields.only(_READ_FUNCTION | _HARMLESS_FUNCTION)
        name, (own_role, role) = FunctionName(key), roles.own(fields)
        functions[name] = Function(
            name=name,
            deployed_name=deployed_name(root, key, stage),
            handler=_handler(fields),
            timeout_s=_timeout(fields, provider),
            memory_mb=int(fields.number("memorySize", provider.number("memorySize", 1024))),
            environment=_merged(provider.mapping("environment"), fields.mapping("environment")),
            place=fields.place("handler"),
            runtime=_runtime(fields, provider),
            own_role=own_role,
            role=role,
            reserved_concurrency=_reserved(fields),
        )
        triggers.add(name, fields.items("events"), fields)
    return functions


def _merged(common: Block, own: Block) -> Block:
    return Block({**common, **own}, common.file, {**common.lines, **own.lines})


def _runtime(fields: Fields, provider: Fields) -> str:
    owner = fields if "runtime" in fields else provider
    runtime = owner.text("runtime", "python3.13")
    if not runtime.startswith("python"):
        owner.refuse("runtime", f"only Python handlers can be run, not {runtime}")
    return runtime


def _handler(fields: Fields) -> str:
    handler = fields.text("handler")
    if "." not in handler:
        fields.refuse("handler", "`module.function` is expected")
    return handler


def _timeout(fields: Fields, provider: Fields) -> float:
    seconds = fields.number("timeout", provider.number("timeout", 6))
    if not 1 <= seconds <= 900:
        fields.refuse("timeout", "Lambda allows 1 to 900 seconds")
    return seconds


def _reserved(fields: Fields) -> int | None:
    """0 throttles every event."""
    if "reservedConcurrency" not in fields:
        return None
    return whole_number(fields, "reservedConcurrency", 0, 0, 100_000)


def _plugin_warnings(root: Fields) -> list[str]:
    plugins = root.raw("plugins", [])
    names = plugins.get("modules", []) if isinstance(plugins, dict) else plugins
    return [f"{root.place('plugins')}: {name} is not run here" for name in names]
