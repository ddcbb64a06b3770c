import pytest

from infra.package.__main__ import main


def test_an_unknown_stage_is_refused_before_anything_is_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--stage", "production"]) == 2
    assert "STAGE can be dev, prod" in capsys.readouterr().err


def test_a_python_that_is_not_lambdas_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "dev", "--python", "nowhere"]) == 2
    assert "infra.package: nowhere is no Python 3.13" in capsys.readouterr().err
