"""The environment of a function."""

import os
from pathlib import Path

import pytest

from local_server.environment import Environment, api_names
from local_server.errors import TemplateError
from local_server.stores.endpoints import Endpoints
from local_server.template import FunctionName, load_template

TEMPLATE = """\
service: shop
provider:
  name: aws
  region: eu-west-3
  environment:
    CALLBACK: !Sub https://${WebsocketsApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${sls:stage}
    CLIENTS: !Join ["", ["wss://", !Ref WebsocketsApi, .execute-api.eu-west-3.amazonaws.com/x]]
    PAGE: !GetAtt HttpApi.ApiEndpoint
    NUMBER: 7
    FLAG: true
    NOTHING: null
    OWN: !GetAtt OwnLambdaFunction.Arn
    OWN_NAME: !Ref OwnLambdaFunction
functions:
  plain: { handler: a.b }
  own: { handler: a.b, environment: { NUMBER: 8, FLAG: null } }
  bad: { handler: a.b, environment: { X: [1] } }
  lost: { handler: a.b, environment: { X: !Ref Elsewhere } }
"""


def environment(tmp_path: Path) -> Environment:
    (tmp_path / "serverless.yml").write_text(TEMPLATE)
    template = load_template(tmp_path / "serverless.yml")
    return Environment(
        template=template,
        names=api_names(template),
        origin="http://127.0.0.1:3001",
        endpoints=Endpoints.all_at("http://127.0.0.1:4566"),
        credentials={"AWS_ACCESS_KEY_ID": "local"},
        random_bytes=os.urandom,
    )


def of(tmp_path: Path, name: str) -> dict[str, str]:
    built = environment(tmp_path)
    return built.of_function(built.template.functions[FunctionName(name)])


def test_the_addresses_of_our_apis_lead_to_the_emulator(tmp_path: Path) -> None:
    variables = of(tmp_path, "plain")
    assert variables["CALLBACK"] == "http://127.0.0.1:3001/local"
    assert variables["CLIENTS"] == "ws://127.0.0.1:3001/x"
    assert variables["PAGE"] == "http://127.0.0.1:3001"


def test_functions_have_the_names_that_the_framework_gives_them(tmp_path: Path) -> None:
    variables = of(tmp_path, "plain")
    assert variables["OWN_NAME"] == "shop-local-own"
    assert variables["OWN"] == "arn:aws:lambda:eu-west-3:000000000000:function:shop-local-own"


def test_values_become_text_and_null_none_at_all(tmp_path: Path) -> None:
    variables = of(tmp_path, "plain")
    assert (variables["NUMBER"], variables["FLAG"]) == ("7", "true")
    assert "NOTHING" not in variables


def test_a_functions_own_variables_win(tmp_path: Path) -> None:
    variables = of(tmp_path, "own")
    assert variables["NUMBER"] == "8"
    assert "FLAG" not in variables


def test_the_sdk_is_led_to_the_store(tmp_path: Path) -> None:
    variables = of(tmp_path, "plain")
    for service in ("DYNAMODB", "SQS", "SSM"):
        assert variables[f"AWS_ENDPOINT_URL_{service}"] == "http://127.0.0.1:4566"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-3"


def test_the_developers_own_credentials_stay_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    variables = of(tmp_path, "plain")
    assert "AWS_PROFILE" not in variables
    assert variables["AWS_ACCESS_KEY_ID"] == "local"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad", "serverless.yml:17: functions.bad.environment.X: an environment variable is text"),
        ("lost", "serverless.yml:18: functions.lost.environment.X: Ref Elsewhere: local_server"),
    ],
)
def test_what_cannot_be_resolved_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        of(tmp_path, name)
    assert str(refusal.value).startswith(message)


def test_a_command_gets_the_providers_variables_alone(tmp_path: Path) -> None:
    variables = environment(tmp_path).of_provider()
    assert variables["NUMBER"] == "7"
    assert "AWS_LAMBDA_FUNCTION_NAME" not in variables
