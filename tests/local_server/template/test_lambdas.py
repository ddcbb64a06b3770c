"""A function by its key or its ARN."""

from pathlib import Path
from typing import Any

import pytest

from local_server.errors import Place, TemplateError
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.lambdas import Lambdas, logical_id, read_lambdas

FILE = Path("serverless.yml")
PLACE = Place(FILE, 7, "arn")


def block(items: dict[str, Any]) -> Block:
    return Block(items, FILE, dict.fromkeys(items, 1))


@pytest.fixture
def lambdas() -> Lambdas:
    functions = block({"my-guard_1": block({}), "other": block({"name": "own-name"})})
    root = Fields(block({"service": "shop", "functions": functions}), "")
    return read_lambdas(root, "dev", "eu-west-1")


@pytest.mark.parametrize(
    ("arn", "function"),
    [
        ({"Fn::GetAtt": ["MyDashguardUnderscore1LambdaFunction", "Arn"]}, "my-guard_1"),
        ({"Fn::GetAtt": ["OtherLambdaFunction", "Arn"]}, "other"),
        ({"Fn::Sub": "${OtherLambdaFunction.Arn}:live"}, "other"),
        ({"Fn::Join": [":", [{"Fn::GetAtt": ["OtherLambdaFunction", "Arn"]}, "7"]]}, "other"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-my-guard_1", "my-guard_1"),
        (
            {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:own-name"},
            "other",
        ),
    ],
)
def test_an_arn_of_ours_means_a_function(lambdas: Lambdas, arn: Any, function: str) -> None:
    assert lambdas.at(arn, PLACE) == function


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:elsewhere",
        "arn:aws:lambda:eu-west-1:123456789012:layer:own-name",
        "own-name",
        {"Fn::GetAtt": ["ElsewhereLambdaFunction", "Arn"]},
        {"Fn::ImportValue": "authorizer"},
        7,
        None,
    ],
)
def test_an_arn_of_nobody_is_refused_by_place(lambdas: Lambdas, arn: Any) -> None:
    with pytest.raises(TemplateError, match=r"^serverless.yml:7: arn: "):
        lambdas.at(arn, PLACE)


def test_a_key_of_ours_means_a_function_and_no_other_does(lambdas: Lambdas) -> None:
    fields = Fields(block({"good": "other", "bad": "own-name"}), "authorizer")
    assert lambdas.called(fields, "good") == "other"
    with pytest.raises(TemplateError, match=r"authorizer\.bad: there is no function own-name"):
        lambdas.called(fields, "bad")


def test_the_frameworks_ids_have_words_for_signs() -> None:
    assert logical_id("a-b_c") == "ADashbUnderscorecLambdaFunction"
