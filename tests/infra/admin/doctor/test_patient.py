from tests.infra.admin.doctor.patients import patient, told


def test_a_stack_is_asked_once_for_what_it_puts_out() -> None:
    stack = {"StackStatus": "UPDATE_COMPLETE", "Outputs": [{"OutputKey": "k", "OutputValue": "v"}]}
    somebody = patient(cloudformation={"describe_stacks": {"Stacks": [stack]}})
    assert (somebody.output("k"), somebody.output("other")) == ("v", None)
    clients = somebody.stage.client
    assert clients.asked("describe_stacks") == [{"StackName": "heliograph-dev"}]  # type: ignore[attr-defined]


def test_commands_are_for_its_stage() -> None:
    assert patient().command("redrive") == "python -m infra.admin --stage dev redrive"


def test_what_its_functions_are_told_is_known() -> None:
    assert patient(**{"lambda": told(A="b")}).environment == {"A": "b"}
