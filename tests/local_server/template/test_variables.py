"""Serverless variables."""

from pathlib import Path
from typing import Any

import pytest

from local_server.errors import Place, TemplateError
from local_server.template.document import read_document
from local_server.template.variables import Variables

SERVICE = """
service: shop
custom:
  name: ${self:service}-${sls:stage}
  nested: { list: [a, b], map: { deep: 7 }, from_file: "${file(other.yml)}" }
  pick: { dev: small, prod: large }
  a: ${self:custom.b}
  b: ${self:custom.a}
  flag: true
  nothing: null
params:
  default: { colour: red, size: 1 }
  prod: { colour: blue }
"""


@pytest.fixture
def variables(tmp_path: Path) -> Variables:
    (tmp_path / "service.yml").write_text(SERVICE)
    (tmp_path / "other.yml").write_text("key: { inner: 5 }\nname: ${self:custom.name}\n")
    (tmp_path / "other.json").write_text('{"key": [1, 2]}')
    document = read_document(tmp_path / "service.yml")
    return Variables(document, tmp_path, {"stage": "prod", "empty": ""}, "prod", {"HOME": "/h"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${self:service}", "shop"),
        ("${self:custom.name}", "shop-prod"),
        ("${self:custom.nested.list}", ["a", "b"]),
        ("${self:custom.nested.list.1}", "b"),
        ("${self:custom.nested.map.deep}", 7),
        ("n=${self:custom.nested.map.deep}", "n=7"),
        ("f=${self:custom.flag}", "f=true"),
        ("${self:custom.nothing}", None),
        ("${self:custom.pick.${sls:stage}}", "large"),
        ("${self:custom.pick.${opt:other, 'dev'}}", "small"),
        ("${opt:stage}", "prod"),
        ("${opt:empty}", ""),
        ('${opt:x, "a, b"}', "a, b"),
        ("${opt:x, self:service}", "shop"),
        ("${opt:x, ${self:service}}", "shop"),
        ("${opt:x, ${self:custom.nested.list}}", ["a", "b"]),
        ("${opt:x, opt:y, 3}", 3),
        ("${opt:x, true}", True),
        ("${opt:x, null}", None),
        ("${opt:x, ''}", ""),
        ("${opt:x, [1, 2]}", [1, 2]),
        ("${env:HOME}", "/h"),
        ("${env:ABSENT, 'default'}", "default"),
        ("${param:colour}", "blue"),
        ("${param:size}", 1),
        ("${param:absent, 'x'}", "x"),
        ("${sls:instanceId}", "local"),
        ("${aws:accountId}", "000000000000"),
        ("${file(other.yml):key.inner}", 5),
        ("${file(./other.json):key}", [1, 2]),
        ("${file(other.yml):name}", "shop-prod"),
        ("${file(absent.yml), 'none'}", "none"),
        ("${self:custom.nested.from_file.key.inner}", 5),
        ("${ssm:/a/b, 'fallback'}", "fallback"),
        ("${cf(eu-west-1):stack.Output, 'fallback'}", "fallback"),
        ("${strToBool(true)}", True),
        ("Hello, ${self:service}", "Hello, shop"),
        ("${AWS::Region} and ${LogicalId}", "${AWS::Region} and ${LogicalId}"),
        ("${LogicalId}-${self:service}", "${LogicalId}-shop"),
        ("plain", "plain"),
        ("${unclosed", "${unclosed"),
    ],
)
def test_variables_resolve(variables: Variables, text: str, value: Any) -> None:
    assert variables.resolve(text, Place(Path("x.yml"))) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${opt:absent}", r"cannot resolve \$\{opt:absent\}"),
        ("${self:custom.absent}", "cannot resolve"),
        ("${param:absent}", "cannot resolve"),
        ("${file(absent.yml)}", "cannot resolve"),
        ("${file(x.js):y}", "only YAML and JSON"),
        ("${ssm:/a/b}", "there is no cloud to ask"),
        ("${cf:stack.Output}", "there is no cloud to ask"),
        ("${nonsense:x}", "unknown variable source 'nonsense'"),
        ("${self:custom.a}", "refer to each other"),
        ("x${self:custom.nested}", "is not text"),
        ("${strToBool(maybe)}", "neither true nor false"),
    ],
)
def test_what_cannot_be_resolved_is_refused(variables: Variables, text: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=rf"^x\.yml:3: custom\.y: .*{reason}"):
        variables.resolve(text, Place(Path("x.yml"), 3, "custom.y"))


def test_an_error_deep_inside_names_its_own_line(variables: Variables, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("a: 1\nb: { c: '${opt:absent}' }\n")
    document = read_document(tmp_path / "bad.yml")
    with pytest.raises(TemplateError, match=r"^bad\.yml:2: b\.c: "):
        variables.resolve(document, Place(tmp_path / "bad.yml"))
