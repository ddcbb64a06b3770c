"""CloudFormation's functions."""

from pathlib import Path
from typing import Any

import pytest

from local_server.errors import Place, TemplateError
from local_server.template import LogicalId, Names

NAMES = Names(
    region="eu-west-3",
    stack="shop-local",
    refs={LogicalId("Jobs"): "http://127.0.0.1:1/000000000000/jobs"},
    attributes={(LogicalId("Jobs"), "Arn"): "arn:aws:sqs:eu-west-3:000000000000:jobs"},
)
PLACE = Place(Path("serverless.yml"), 7, "provider.environment.X")


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Jobs"}, "http://127.0.0.1:1/000000000000/jobs"),
        ({"Ref": "AWS::Region"}, "eu-west-3"),
        ({"Ref": "AWS::AccountId"}, "000000000000"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackName"}, "shop-local"),
        ({"Fn::GetAtt": ["Jobs", "Arn"]}, "arn:aws:sqs:eu-west-3:000000000000:jobs"),
        ({"Fn::GetAtt": "Jobs.Arn"}, "arn:aws:sqs:eu-west-3:000000000000:jobs"),
        ({"Fn::Sub": "${AWS::Region}/${Jobs.Arn}/${!Kept}"},
         "eu-west-3/arn:aws:sqs:eu-west-3:000000000000:jobs/${Kept}"),
        ({"Fn::Sub": ["${a}-${AWS::Region}", {"a": {"Ref": "AWS::StackName"}}]},
         "shop-local-eu-west-3"),
        ({"Fn::Join": [":", ["a", {"Ref": "AWS::Region"}, 7]]}, "a:eu-west-3:7"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"a": [{"Ref": "AWS::NoValue"}, 1], "b": {"Ref": "AWS::NoValue"}}, {"a": [1]}),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_intrinsics_resolve(value: Any, resolved: Any) -> None:
    assert NAMES.resolve(value, PLACE) == resolved


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"Ref": "Elsewhere"}, "Ref Elsewhere: local_server holds no such resource"),
        ({"Fn::GetAtt": ["Jobs", "Colour"]}, "GetAtt Jobs.Colour"),
        ({"Fn::Sub": "${Elsewhere}"}, "Elsewhere"),
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue is not emulated"),
        ({"Fn::If": ["c", 1, 2]}, "Fn::If is not emulated"),
        ({"Fn::Join": 7}, "Fn::Join is malformed"),
        ({"Fn::Select": [9, ["a"]]}, "Fn::Select is malformed"),
    ],
)
def test_what_cannot_be_resolved_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(
        TemplateError, match=f"^serverless.yml:7: provider.environment.X: .*{reason}"
    ):
        NAMES.resolve(value, PLACE)
