"""What the doctor makes of a template that can be read."""

from pathlib import Path

import pytest

from local_server.doctor.findings import Finding
from local_server.doctor.service import (
    look_at_on_start,
    look_at_problems,
    look_at_reserved_paths,
    look_at_runtimes,
    look_at_stage,
    look_at_warnings,
    summary,
)
from local_server.errors import Place, TemplateError
from local_server.template import Template, load_template


def read(folder: Path, text: str) -> Template:
    (folder / "serverless.yml").write_text("service: s\n" + text)
    return load_template(folder / "serverless.yml")


def test_an_error_is_a_problem_with_its_line() -> None:
    (finding,) = look_at_problems([TemplateError(Place(Path("a.yml"), 3, "layers"), "not here")])
    assert (finding.level, finding.text) == ("problem", "a.yml:3: layers: not here")
    assert finding.advice


def test_what_is_left_out_is_a_warning(tmp_path: Path) -> None:
    text = "plugins: [some-plugin]\nresources: { Resources: { A: { Type: AWS::IAM::Role } } }\n"
    findings = list(look_at_warnings(read(tmp_path, text), ["AWS would refuse it"]))
    assert [finding.level for finding in findings] == ["warning"] * 3
    assert findings[0].text == "serverless.yml:2: plugins: some-plugin is not run here"
    assert "AWS::IAM::Role is left out" in findings[1].text


def test_a_template_is_summed_up(tmp_path: Path) -> None:
    text = "functions: { one: { handler: a.b, events: [{ httpApi: GET /x }] } }\n"
    assert summary(read(tmp_path, text)).text == "serverless.yml is s. functions: 1, HTTP routes: 1"


def test_another_python_than_at_aws_is_a_warning(tmp_path: Path) -> None:
    template = read(
        tmp_path, "functions: { one: { handler: a.b, runtime: python3.12 }, two: { handler: a.b } }"
    )
    finding = look_at_runtimes(template, (3, 11))
    assert finding.level == "warning"
    assert finding.text == "handlers run on python3.11 here, and on python3.12, python3.13 at AWS"


def test_the_same_python_is_none(tmp_path: Path) -> None:
    template = read(
        tmp_path, "provider: { runtime: python3.12 }\nfunctions: { one: { handler: a.b } }"
    )
    assert look_at_runtimes(template, (3, 12)).level == "ok"


def test_a_path_that_aws_keeps_for_itself_is_a_warning__1_1_10(tmp_path: Path) -> None:
    template = read(
        tmp_path,
        "functions: { one: { handler: a.b, events: [{ httpApi: GET /ping }, { httpApi: '*' },"
        " { httpApi: ANY /sping }, { httpApi: GET /ping/all }, { httpApi: GET /pings }] } }\n",
    )
    findings = list(look_at_reserved_paths(template))
    assert [finding.level for finding in findings] == ["warning"] * 2
    assert findings[0].text == (
        "GET /ping: API Gateway keeps /ping for its own health check; "
        "on a custom domain the route may not be reached"
    )
    assert findings[1].text.startswith("ANY /sping: ")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("params: { dev: { a: 1 } }", "ok"),
        ("stages: { dev: { params: { a: 1 } } }", "ok"),
        ("params: { default: { a: 1 } }", "ok"),
        ("provider: { stage: dev }", "ok"),
        ("provider: { stage: '${opt:stage, \"prod\"}' }", "ok"),
        ("", "ok"),
        ("params: { prod: { a: 1 } }", "warning"),
        ("provider: { stage: prod }", "warning"),
        ("params: [", "warning"),
    ],
)
def test_a_stage_that_the_template_does_not_know_is_a_warning(
    tmp_path: Path, text: str, level: str
) -> None:
    (tmp_path / "serverless.yml").write_text(f"service: s\n{text}\n")
    assert look_at_stage(tmp_path / "serverless.yml", "dev").level == level


def on_start(folder: Path, command: str) -> list[Finding]:
    text = f"custom: {{ localServer: {{ onStart: {command} }} }}\n"
    return list(look_at_on_start(read(folder, text)))


@pytest.mark.parametrize("command", ["python -m seed", "python3 seed.py", "ls -l", "./seed now"])
def test_a_command_that_is_there_can_be_run(tmp_path: Path, command: str) -> None:
    (tmp_path / "seed").touch(mode=0o755)
    assert [finding.level for finding in on_start(tmp_path, command)] == ["ok"]


@pytest.mark.parametrize("command", ["no-such-command now", "./absent", "/absent/seed"])
def test_one_that_is_not_is_a_problem(tmp_path: Path, command: str) -> None:
    (finding,) = on_start(tmp_path, command)
    assert finding.level == "problem"
    assert finding.text == f"{command}: there is no command {command.split()[0]}"


def test_none_is_nothing(tmp_path: Path) -> None:
    assert list(look_at_on_start(read(tmp_path, ""))) == []
