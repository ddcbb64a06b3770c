from email.utils import formatdate
from typing import Any

import pytest

from infra.admin.doctor.account import look_at_account, look_at_clock
from tests.infra.admin.doctor.patients import NOW, patient, short


def identity(off_seconds: float | None) -> dict[str, Any]:
    headers = {} if off_seconds is None else {"date": formatdate(NOW / 1000 - off_seconds)}
    return {
        "Account": "123456789012",
        "Arn": "arn:aws:iam::123456789012:user/me",
        "ResponseMetadata": {"HTTPHeaders": headers},
    }


def test_the_account_is_named() -> None:
    somebody = patient(sts={"get_caller_identity": identity(0)})
    arn = "arn:aws:iam::123456789012:user/me"
    assert short(look_at_account(somebody)) == [f"ok: 123456789012 in eu-central-1, as {arn}"]


@pytest.mark.parametrize(
    ("off", "text"),
    [
        (0, "ok: this machine's agrees with AWS's"),
        (-5, "ok: this machine's agrees with AWS's"),
        (60, "warn: this machine's is 60 s ahead of AWS's"),
        (-60, "warn: this machine's is 60 s behind AWS's"),
        (400, "fail: this machine's is 400 s ahead of AWS's"),
        (None, "warn: could not check: AWS's answer has no date"),
    ],
)
def test_a_clock_is_compared_with_awss(off: float | None, text: str) -> None:
    assert short(look_at_clock(patient(sts={"get_caller_identity": identity(off)}))) == [text]
