from pathlib import Path

import pytest

from infra.stages import Stage, StageError, main, read_stage


def test_a_stage_has_what_is_its_own_and_the_defaults_else() -> None:
    assert read_stage("dev") == Stage(
        name="dev",
        stack="heliograph-dev",
        python="3.13",
        architecture="arm64",
        is_protected=False,
        keeps_tables=False,
    )
    prod = read_stage("prod")
    assert prod.is_protected
    assert prod.keeps_tables
    assert read_stage("stand-in").architecture == "x86_64"


@pytest.mark.parametrize("name", ["local", "default", "production"])
def test_another_stage_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(StageError, match=f"no stage '{name}'; STAGE can be dev, prod, stand-in"):
        read_stage(name)


def test_a_stage_without_params_of_its_own_is_one(tmp_path: Path) -> None:
    file = tmp_path / "serverless.yml"
    file.write_text(
        "service: s\n"
        "params:\n"
        "  default: {architecture: arm64, deletionPolicy: Delete, deletionProtection: false}\n"
        "  alice:\n"
        "provider: {runtime: python3.13, environment: {QUEUE: !Ref Queue}}\n"
    )
    assert read_stage("alice", file).stack == "s-alice"


def test_it_is_said_what_a_stage_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prod"]) == 0
    out = capsys.readouterr().out
    assert "the CloudFormation stack heliograph-prod" in out
    assert "cannot be removed until" in out
    assert "are kept, to be deleted by hand" in out


def test_no_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([""]) == 2
    assert "no stage is given; STAGE can be dev, prod" in capsys.readouterr().err


def test_the_stand_in_is_not_deployed_to_aws(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["stand-in"]) == 2
    assert "AWS_ENDPOINT_URL is not set" in capsys.readouterr().err
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert main(["stand-in"]) == 0
