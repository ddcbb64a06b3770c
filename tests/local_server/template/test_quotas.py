"""Quotas that a template exceeds."""

from pathlib import Path

from local_server.errors import Place
from local_server.template import load_template
from local_server.template.quotas import ROUTES, quota_warnings

PLACE = Place(Path("serverless.yml"), 3, "functions")


def test_as_many_routes_as_aws_allows_are_no_warning() -> None:
    assert not list(quota_warnings(PLACE, ROUTES, ROUTES))


def test_more_routes_than_aws_allows_are_a_warning_for_each_api__1_4_9__6_6(
    tmp_path: Path,
) -> None:
    sockets = "".join(f"      - websocket: route{number}\n" for number in range(ROUTES + 1))
    paths = "".join(f"      - httpApi: GET /{number}\n" for number in range(ROUTES + 1))
    file = tmp_path / "serverless.yml"
    file.write_text(
        "service: s\nprovider: {name: aws}\nfunctions:\n  f:\n    handler: a.b\n    events:\n"
        + sockets
        + paths
    )
    assert [warning for warning in load_template(file).warnings if "routes" in warning] == [
        f"serverless.yml:3: functions: {ROUTES + 1} routes of the {api} API; "
        f"AWS allows {ROUTES} an API unless asked for more"
        for api in ("WebSocket", "HTTP")
    ]
