from botocore.exceptions import ClientError, EndpointConnectionError

from infra.admin.doctor.examination import LOOKS, examine
from tests.infra.admin.clients import refusal
from tests.infra.admin.doctor.patients import patient
from tests.infra.admin.doctor.test_account import identity


class DeniedEverything(dict[str, object]):
    """Answers every operation with the same error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getitem__(self, operation: str) -> Exception:
        return self._error


SERVICES = (
    "cloudformation", "cloudwatch", "dynamodb", "lambda", "service_quotas", "sqs", "ssm",
)  # fmt: skip


def seen(error: Exception) -> list[tuple[str, str, str]]:
    answers = dict.fromkeys(SERVICES, DeniedEverything(error))
    somebody = patient(sts={"get_caller_identity": identity(0)}, **answers)
    return [(each.level, each.subject, each.text) for each in examine(somebody)]


def test_what_is_not_allowed_spoils_nothing_else() -> None:
    found = seen(ClientError({"Error": {"Code": "AccessDenied"}}, "Look"))
    assert [subject for _, subject, _ in found] == ["account", *(name for name, _ in LOOKS)]
    assert {(level, text) for level, _, text in found[2:]} == {
        ("warn", "could not check: Look is not allowed")
    }


def test_what_does_not_answer_is_not_checked() -> None:
    found = seen(EndpointConnectionError(endpoint_url="https://nowhere"))
    assert {level for level, _, _ in found[2:]} == {"warn"}
    assert all("could not check" in text for _, _, text in found[2:])


def test_an_odd_answer_is_told() -> None:
    assert ("warn", "queues", "could not check: AnyOperation answers Odd") in seen(refusal("Odd"))


def test_a_stage_that_is_not_deployed_fails() -> None:
    found = seen(ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks"))
    assert ("fail", "stack", "there is no such stack") in found


def test_functions_that_are_missing_fail_whatever_is_asked_of_them() -> None:
    found = seen(refusal("ResourceNotFoundException"))
    assert any(text.startswith("missing: connect, ") for _, _, text in found)
    assert any(level == "fail" and subject == "websocket" for level, subject, _ in found)
