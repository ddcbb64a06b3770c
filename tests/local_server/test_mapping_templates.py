"""Mapping templates: what they write, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.mapping_templates import BadTemplate, Scope, parse_template

SCOPE = Scope(
    body='{"a": {"b": [1, {"c": 5}], "t": "it\'s"}, "n": null, "yes": true, "one": 1}',
    context={"connectionId": "c=", "stage": "dev", "identity": {"sourceIp": "127.0.0.1"}},
    stage_variables={"table": "bids", "x-y": "z"},
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ("$context.connectionId", "c="),
        ("${context.connectionId}!", "c=!"),
        ("$!context.stage.", "dev."),
        ("$context.identity.sourceIp", "127.0.0.1"),
        ("$context.authorizer.principalId", ""),
        ("$context.stage.x", ""),
        ("$input.body", SCOPE.body),
        ("$input.json('$.a.b')", '[1,{"c":5}]'),
        ("$input.json('$.a.t')", '"it\'s"'),
        ("$input.json('$.nobody')", '""'),
        ("${input.path('$.one')}", "1"),
        ("$input.path('$.yes')", "true"),
        ("$input.path('$.n')", ""),
        ("$input.path('$.nobody')", ""),
        ("$input.path('a.t')", "it's"),
        ("$input.path('$.a').t", "it's"),
        ('$input.path("$.a.b")', '[1,{"c":5}]'),
        ("$input.path('$.a')", '{b=[1,{"c":5}], t=it\'s}'),
        ("$stageVariables.table", "bids"),
        ("$stageVariables['x-y']", "z"),
        ("${stageVariables['table']}", "bids"),
        ("$stageVariables.nobody", ""),
        ("$util.escapeJavaScript($input.path('$.a.t'))", "it\\'s"),
        ("$util.escapeJavaScript( ${input.path('$.a.t')} )", "it\\'s"),
        ("$util.escapeJavaScript('a\nb')", "a\\nb"),
        ("$util.escapeJavaScript($input.path('$.a.t')).replaceAll(\"\\\\'\",\"'\")", "it's"),
        ("costs $5, 10 $ and $", "costs $5, 10 $ and $"),
        ("a # b #1 #fff", "a # b #1 #fff"),
    ],
)
def test_a_reference_becomes_what_it_refers_to(template: str, text: str) -> None:
    assert parse_template(template).render(SCOPE) == text


def test_a_template_is_a_whole_text() -> None:
    template = parse_template(
        '{\n  "to": "$context.connectionId",\n  "message": $input.json(\'$.a.b[1]\')\n}\n'
    )
    assert template.render(SCOPE) == '{\n  "to": "c=",\n  "message": {"c":5}\n}\n'


def test_what_a_reference_brings_is_not_rendered_again() -> None:
    scope = Scope('{"a": "$context.stage"}', {"stage": "dev"})
    assert parse_template("$input.path('$.a')").render(scope) == "$context.stage"


def test_a_body_that_is_no_json_has_nothing_in_it() -> None:
    template = parse_template("[$input.path('$.a')|$input.json('$.a')|$input.body]")
    assert template.render(Scope("hello")) == '[|""|hello]'


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("#set($x = 1)", "line 1 of the template: #set is not emulated"),
        ("{\n\n#if($x)\n#end", "line 3 of the template: #if"),
        ("#foreach($x in $y)", "#foreach"),
        ("#{else}", "#{else"),
        ("## comment", "##"),
        ("#* comment *#", "#*"),
        ("$x", "$x is not emulated (only $context, $input, $stageVariables, $util)"),
        ("a\n${foo.bar}", "line 2 of the template: ${foo"),
        ("\\$context.stage", "is not emulated"),
        ("$context", "is read by name"),
        ("$context.stage.toUpperCase()", "the call of toUpperCase"),
        ("${context.stage", "does not close"),
        ("${context.stage|'x'}", "does not close"),
        ("$stageVariables", "is read by name"),
        ("$input", "only .body, .json"),
        ("$input.params('x')", "only .body, .json"),
        ("$input.body()", "only .body, .json"),
        ("$input.path($x)", "one text in quotes"),
        ("$input.path('$.a[?(@.b)]')", "not evaluated"),
        ("$input.path('$.a').size()", "the call of size"),
        ("$util.base64Encode('x')", "only .escapeJavaScript"),
        ("$util.escapeJavaScript('a', 'b')", "one text in quotes"),
        ("$util.escapeJavaScript($context.stage, 'b')", "one text or one reference"),
    ],
)
def test_what_is_not_emulated_is_refused_with_its_line(template: str, reason: str) -> None:
    with pytest.raises(BadTemplate) as refusal:
        parse_template(template)
    assert reason in str(refusal.value)


@given(st.text(alphabet="$#{}()[]'\".\\abinputpathcontext \n"), st.text())
def test_no_template_does_worse_than_a_refusal(text: str, body: str) -> None:
    try:
        template = parse_template(text)
    except BadTemplate:
        return
    template.render(Scope(body))
