"""What a service consists of, as the inspector is told."""

from pathlib import Path

import pytest

from local_server.overview import has_root, overview
from local_server.template import load_template
from tests.local_server.conftest import SAMPLE


def test_functions_routes_and_sources_are_named() -> None:
    told = overview(load_template(SAMPLE), ["demo"], "run")
    assert (told["service"], told["stage"], told["run"]) == ("sample", "local", "run")
    assert told["pages"] == ["demo"]
    assert "echo" in told["functions"]
    assert told["selection_expression"] == "$request.body.kind"
    assert told["websocket_paths"] == ["/local", "/realtime/socket"]
    assert {"key": "$connect", "target": "gate"} in told["websocket_routes"]
    assert {"key": "GET /things/{id}", "target": "mirror"} in told["http_routes"]
    assert "work" in [source["target"] for source in told["sources"]]
    assert "post-gone" in told["fault_kinds"]


def test_the_template_is_named_as_from_where_tests_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "serverless.yml"
    file.write_text("service: s\n")
    told = overview(load_template(file), [], "")
    assert told["template"] == str(file)
    monkeypatch.chdir(tmp_path)
    assert overview(load_template(file), [], "")["template"] == "a/serverless.yml"


@pytest.mark.parametrize(
    ("routes", "own"), [("GET /things", False), ("GET /", True), ("'*'", True), ("POST /", False)]
)
def test_a_service_may_have_a_root_of_its_own(tmp_path: Path, routes: str, own: bool) -> None:
    file = tmp_path / "serverless.yml"
    file.write_text(
        f"service: s\nfunctions: {{f: {{handler: h.f, events: [{{httpApi: {routes}}}]}}}}\n"
    )
    assert has_root(load_template(file)) is own
