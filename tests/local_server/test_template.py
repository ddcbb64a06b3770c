"""serverless.yml as a whole: what is read, and what is refused."""

from pathlib import Path

import pytest

from local_server.errors import TemplateError
from local_server.template import (
    Cors,
    FunctionName,
    HttpRoute,
    LogicalId,
    Template,
    WebsocketRoute,
    load_template,
)
from tests.local_server.conftest import SAMPLE

BASE = """\
service: shop
provider:
  name: aws
functions:
  a:
    handler: a.handler
"""


@pytest.fixture
def load(tmp_path: Path) -> "Loader":
    return Loader(tmp_path / "serverless.yml")


class Loader:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, text: str) -> Template:
        self._file.write_text(text)
        return load_template(self._file)


# What is read


def test_the_sample_is_read() -> None:
    template = load_template(SAMPLE)
    assert (template.service, template.stage, template.region) == ("sample", "local", "eu-west-3")
    assert template.selection_expression == "$request.body.kind"
    assert template.local.websocket_paths == ("/realtime/socket",)
    assert template.root == SAMPLE.parent
    assert template.warnings == ()


def test_functions_have_defaults_from_the_provider() -> None:
    functions = load_template(SAMPLE).functions
    gate, echo = functions[FunctionName("gate")], functions[FunctionName("echo")]
    assert (gate.timeout_s, echo.timeout_s, echo.memory_mb) == (1, 10, 256)
    assert gate.deployed_name == "sample-local-gate"
    assert gate.environment["GREETING"] == "good morning"


@pytest.mark.parametrize(("text", "reserved"), [("", None), ("    reservedConcurrency: 0", 0)])
def test_a_function_may_reserve_its_concurrency(
    load: "Loader", text: str, reserved: int | None
) -> None:
    function = load(BASE + text).functions[FunctionName("a")]
    assert function.reserved_concurrency == reserved


def test_files_that_the_template_reads_are_known(tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("name: shop\n")
    (tmp_path / "serverless.yml").write_text(
        BASE.replace("service: shop", "service: ${file(more.yml):name}")
    )
    assert load_template(tmp_path / "serverless.yml").included == {tmp_path / "more.yml"}


def test_a_functions_own_environment_comes_on_top() -> None:
    mirror = load_template(SAMPLE).functions[FunctionName("mirror")]
    assert mirror.environment["OWN"] == "only here"
    assert "GREETING" in mirror.environment


def test_websocket_routes_know_whether_they_answer() -> None:
    routes = load_template(SAMPLE).websocket_routes
    assert routes["ask"] == WebsocketRoute("ask", FunctionName("ask"), two_way=True)
    assert routes["$default"] == WebsocketRoute("$default", FunctionName("echo"))


def test_http_routes_come_in_every_spelling(load: Loader) -> None:
    routes = load(
        BASE
        + """
    events:
      - httpApi: GET /x/{id}
      - httpApi: { method: post, path: /x }
      - httpApi: { path: /any }
      - httpApi: "* /star"
      - httpApi: "*"
"""
    ).http_routes
    assert [route.key for route in routes] == [
        "GET /x/{id}",
        "POST /x",
        "ANY /any",
        "ANY /star",
        "$default",
    ]
    assert routes[0] == HttpRoute("GET", "/x/{id}", FunctionName("a"))


def test_what_invokes_functions_without_a_client_is_known() -> None:
    assert [(source.key, source.function) for source in load_template(SAMPLE).sources] == [
        ("sqs JobsQueue", "work"),
        ("sqs DeadJobsQueue", "bury"),
        ("schedule rate(5 minutes)", "tick"),
        ("stream ThingsTable", "follow"),
    ]


def test_resources_are_tables_and_queues() -> None:
    resources = load_template(SAMPLE).resources
    assert set(resources) == {
        LogicalId("ObserversTable"),
        LogicalId("ThingsTable"),
        LogicalId("JobsQueue"),
        LogicalId("DeadJobsQueue"),
    }


@pytest.mark.parametrize("kind", ["AWS::CloudWatch::Alarm", "AWS::ApiGateway::Account"])
def test_harmless_resources_are_warned_of(load: Loader, kind: str) -> None:
    template = load(BASE + f"resources: {{Resources: {{A: {{Type: {kind}}}}}}}")
    assert template.resources == {}
    assert template.warnings == (f"{kind} is left out: it has no effect here",)


def test_plugins_are_warned_of(load: Loader) -> None:
    (warning,) = load(BASE + "plugins: [serverless-python-requirements]").warnings
    assert "serverless-python-requirements is not run here" in warning


def test_cors_true_allows_everybody_and_the_declared_methods(load: Loader) -> None:
    text = BASE.replace("  name: aws", "  name: aws\n  httpApi: {cors: true}")
    cors = load(text + "    events: [{httpApi: GET /x}]").cors
    assert cors is not None
    assert (cors.origins, cors.methods) == (("*",), ("GET", "OPTIONS"))
    assert "Authorization" in cors.headers


def test_cors_may_be_spelled_out() -> None:
    assert load_template(SAMPLE).cors == Cors(
        origins=("https://app.example.com",),
        headers=("content-type",),
        methods=("GET", "POST"),
        exposed_headers=("x-total",),
        credentials=False,
        max_age_s=60,
    )


def test_the_stage_and_region_of_the_command_line_win() -> None:
    template = load_template(SAMPLE, stage="prod", region="us-east-2")
    assert (template.stage, template.region) == ("prod", "us-east-2")
    assert template.environment["GREETING"] == "hello"


def test_a_variable_that_needs_the_cloud_does_no_harm_where_nobody_reads(load: Loader) -> None:
    load(BASE + "custom: {domain: '${ssm:/domain}'}\noutputs: {a: '${cf:b.c}'}")


# What is refused


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("    events: [{sns: topic}]", "functions.a.events[0].sns", "not emulated"),
        ("    events: [{http: GET /x}]", "functions.a.events[0].http", "not emulated"),
        ("    events: [{websocket: {route: $connect, authorizer: b}}]",
         "websocket.authorizer", "no function b"),
        ("    events: [{httpApi: {path: /x, authorizer: b}}]", "httpApi.authorizer", "none of"),
        ("    events: [{websocket: {route: x, colour: red}}]", "websocket.colour", "not emulate"),
        ("    events: [{websocket: {route: x, routeResponseSelectionExpression: y}}]",
         "routeResponseSelectionExpression", "only \\$default"),
        ("    events: [{websocket: x}, {websocket: x}]", "events[1].websocket", "a second"),
        ("    events: [{httpApi: GET /x}, {httpApi: GET /x}]", "events[1].httpApi", "a second"),
        ("    events: [{httpApi: GET x}]", "events[0].httpApi", "starts with /"),
        ("    events: [{httpApi: FETCH /x}]", "events[0].httpApi", "no method FETCH"),
        ("    events: [{httpApi: 'GET /x{y}'}]", "events[0].httpApi", "a whole segment"),
        ("    events: [{httpApi: GET}]", "events[0].httpApi", "is expected"),
        ("    events: [x]", "functions.a.events", "not one event"),
        ("    layers: [x]", ":7: functions.a.layers", "does not emulate"),
        ("    url: true", "functions.a.url", "does not emulate"),
        ("    timeout: 901", "functions.a.timeout", "1 to 900"),
        ("    timeout: long", "functions.a.timeout", "a number"),
        ("    reservedConcurrency: -1", "functions.a.reservedConcurrency", "0 to 100000"),
        ("    reservedConcurrency: 1.5", "functions.a.reservedConcurrency", "0 to 100000"),
        ("    runtime: nodejs22.x", "functions.a.runtime", "only Python"),
        ("  b: {handler: nodots}", "functions.b.handler", "module.function"),
        ("  b: {timeout: 3}", "functions.b.handler", "missing"),
        ("  b: text", "functions.b", "a mapping"),
        ("resources: {Resources: {A: {Type: AWS::S3::Bucket}}}", "Resources.A.Type", "not emul"),
        ("resources: {Resources: {A: {Type: AWS::SQS::Queue, Condition: C}}}", "Condition", "not"),
        ("resources: {extensions: {A: {}}}", "extensions.A", "not emulated"),
        ("resources: text", ":7: resources", "a mapping"),
        ("stepFunctions: {}", ":7: stepFunctions", "does not emulate"),
        ("useDotenv: true", ":7: useDotenv", "does not emulate"),
        ("custom: {localServer: {colour: red}}", "custom.localServer.colour", "not emulate"),
        ("custom: {localServer: {websocketPaths: [x]}}", "websocketPaths", "starts with /"),
        ("custom: {localServer: {onStart: 'a \"'}}", "onStart", "No closing quotation"),
    ],
)  # fmt: skip
def test_what_is_not_emulated_is_refused(load: Loader, text: str, place: str, reason: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        load(f"{BASE}{text}\n")
    message = str(refusal.value)
    assert message.startswith("serverless.yml:")
    assert place in message
    assert reason.replace("\\", "") in message


@pytest.mark.parametrize(
    ("provider", "reason"),
    [
        ("name: google", "only the provider aws"),
        ("apiGateway: {}", "provider.apiGateway"),
        ("runtime: go1.x", "only Python"),
        ("httpApi: {authorizers: {b: {}}}", "provider.httpApi.authorizers.b"),
        ("httpApi: {payload: '1.0'}", "only payload format 2.0"),
        ("httpApi: {cors: {allowCredentials: true}}", "not together with the origin *"),
    ],
)
def test_a_provider_that_is_not_emulated_is_refused(
    load: Loader, provider: str, reason: str
) -> None:
    text = BASE.replace("name: aws", provider)
    with pytest.raises(TemplateError) as refusal:
        load(text)
    assert reason in str(refusal.value)


@pytest.mark.parametrize("text", ["[]", "text", ""])
def test_a_template_is_a_mapping(load: Loader, text: str) -> None:
    with pytest.raises(TemplateError, match="a mapping"):
        load(text)


def test_a_service_has_a_name(load: Loader) -> None:
    with pytest.raises(TemplateError, match="service is missing"):
        load("functions: {}")
