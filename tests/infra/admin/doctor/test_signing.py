import json
from typing import Any

from infra.admin.doctor.patient import Patient
from infra.admin.doctor.signing import look_at_keys
from infra.admin.rings import LIFE_MS, new_key
from tests.infra.admin.clients import refusal
from tests.infra.admin.doctor.patients import NOW, patient, short, told

PARAMETER = "parameter /heliograph/dev/jwt-keys"


def keyed(ring: Any) -> Patient:
    answer = {"Parameter": {"Value": json.dumps(ring), "Version": 1}}
    functions = told(JWT_KEYS_PARAMETER="/heliograph/dev/jwt-keys")
    return patient(ssm={"get_parameter": answer}, **{"lambda": functions})


def test_the_key_that_signs_is_named_and_not_shown() -> None:
    (key_id, fields), older = new_key("HS256", NOW), new_key("HS256", NOW - 1000)
    (finding,) = look_at_keys(keyed(dict([(key_id, fields), older])))
    assert (finding.level, finding.text) == ("ok", f"{PARAMETER}: {key_id} signs, 1 more verify")
    assert fields["key"] not in repr(finding)


def test_keys_that_have_served_are_to_be_retired() -> None:
    current, older = new_key("HS256", NOW - LIFE_MS), new_key("HS256", 0)
    *_, finding = look_at_keys(keyed(dict([current, older])))
    assert finding.text == f"{older[0]}: no living token needs them"
    assert finding.advice == "python -m infra.admin --stage dev rotate-key --retire"


def test_a_stage_without_a_key_lets_nobody_in() -> None:
    missing = {"get_parameter": refusal("ParameterNotFound")}
    somebody = patient(ssm=missing, **{"lambda": told(JWT_KEYS_PARAMETER="/a")})
    (finding,) = look_at_keys(somebody)
    assert (finding.level, finding.text) == ("fail", "parameter /a has no key that signs")
    assert "rotate-key" in finding.advice


def test_what_is_no_ring_of_keys_is_not_quoted() -> None:
    (text,) = short(look_at_keys(keyed(["hush"])))
    assert text == f"fail: {PARAMETER}: what is stored is not a JSON object of keys by id"


def test_keys_in_the_environment_are_in_plain_sight() -> None:
    (text,) = short(look_at_keys(patient(**{"lambda": told(JWT_KEYS="hush")})))
    assert text == "warn: they are in the functions' environment"
