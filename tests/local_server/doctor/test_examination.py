"""The doctor on a whole service."""

from pathlib import Path

from local_server.doctor.examination import Question, examine
from tests.local_server.conftest import SAMPLE


def test_the_sample_is_well_but_for_the_handler_that_is_absent_on_purpose() -> None:
    findings = list(examine(Question(SAMPLE, port=0)))
    (bad,) = [finding for finding in findings if finding.level == "problem"]
    assert "functions.absent.handler: there is no functions/absent.py" in bad.text
    assert {finding.subject for finding in findings} >= {
        "credentials", "handlers", "port", "stage", "store", "template",
    }  # fmt: skip


def test_the_rest_is_looked_at_where_there_is_no_template(tmp_path: Path) -> None:
    findings = list(examine(Question(tmp_path / "absent.yml", port=0)))
    assert findings[0].text == f"no such file: {tmp_path / 'absent.yml'}"
    assert {finding.subject for finding in findings} >= {"port", "store"}


def test_reserved_paths_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nfunctions: { one: { handler: a.b, events: [{ httpApi: GET /ping }] } }\n"
    )
    findings = list(examine(Question(tmp_path / "serverless.yml", port=0)))
    assert [finding.level for finding in findings if finding.subject == "routes"] == ["warning"]


def test_handlers_are_imported_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text("import os\nhandle = os.environ['TABLE'].upper\n")
    (tmp_path / "serverless.yml").write_text(
        "service: s\nfunctions: { one: { handler: web.handle, environment: { TABLE: t } } }\n"
    )
    findings = list(examine(Question(tmp_path / "serverless.yml", port=0, imports=True)))
    assert [finding.level for finding in findings if finding.subject == "imports"] == ["ok"]
