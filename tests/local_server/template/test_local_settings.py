"""custom.localServer: limits, assumptions, paths and the command to run."""

from pathlib import Path

import pytest

from local_server.assumptions import Assumptions
from local_server.errors import TemplateError
from local_server.template import Template, load_template
from local_server.throttling import Limits


def load(tmp_path: Path, own: str) -> Template:
    file = tmp_path / "serverless.yml"
    file.write_text(f"service: s\ncustom:\n  localServer:\n    {own}\nprovider: {{name: aws}}\n")
    return load_template(file)


def test_without_a_word_everything_is_as_documented(tmp_path: Path) -> None:
    local = load(tmp_path, "{}").local
    assert (local.limits, local.assumptions) == (Limits(), Assumptions())


def test_limits_are_set_and_lifted(tmp_path: Path) -> None:
    own = "limits: {requestsPerSecond: 5, burst: 2, connectsPerSecond: null}".replace("Second", "S")
    limits = load(tmp_path, own).local.limits
    assert limits == Limits(requests_per_s=5, burst=2, connects_per_s=None)


def test_assumptions_are_chosen_otherwise(tmp_path: Path) -> None:
    own = "assume: {plainGetStatus: 403, pingResetsIdle: true, emptyBody: absent, idleReason: x}"
    assert load(tmp_path, own).local.assumptions == Assumptions(
        plain_get_status=403, ping_resets_idle=True, empty_body="absent", idle_reason="x"
    )


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ("limits: {perMinute: 1}", "limits.perMinute: local_server does not emulate this"),
        ("limits: {burst: 0}", "limits.burst: a positive number is expected"),
        ("limits: {burst: 0.5}", "limits.burst: a positive number is expected"),
        ("limits: {requestsPerS: -1}", "limits.requestsPerS: a positive number"),
        ("assume: {emptyBody: none}", "assume.emptyBody: one of text, absent is expected"),
        ("assume: {plainGetStatus: 42}", "assume.plainGetStatus: an HTTP status"),
        ("assume: {compression: often}", "assume.compression: true or false"),
        ("assume: {unknown: 1}", "assume.unknown"),
        ('onStart: "\'"', "onStart: No closing quotation"),
        ("websocketPaths: [a]", "a path starts with /"),
    ],
)
def test_what_makes_no_sense_is_refused_by_line(tmp_path: Path, own: str, complaint: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        load(tmp_path, own)
    assert "serverless.yml:4: custom.localServer." in str(refusal.value)
    assert complaint in str(refusal.value)
