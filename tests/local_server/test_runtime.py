"""What all functions share."""

from pathlib import Path

from tests.local_server.services import F, runtime_of, service_of


def test_the_context_names_the_function_as_it_is_deployed(tmp_path: Path) -> None:
    template = service_of(tmp_path, "", "timeout: 7")
    context = runtime_of(template).context(template.functions[F])
    assert context == {
        "invoked_function_arn": "arn:aws:lambda:us-east-1:000000000000:function:s-local-f",
        "timeout_ms": 7000,
    }


def test_handlers_find_the_api_at_its_host_and_domains(tmp_path: Path) -> None:
    assert runtime_of(service_of(tmp_path, "")).api_hosts == [
        "localwsapi.execute-api.us-east-1.amazonaws.com"
    ]
