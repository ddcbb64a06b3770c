import sys
from types import SimpleNamespace

import pytest

from infra.engines import has_libcurl


def test_this_one_will_do() -> None:
    assert has_libcurl()


@pytest.mark.parametrize(
    "unfit",
    [
        SimpleNamespace(version_info=lambda: ("", "8.23.0", 0x081700)),
        SimpleNamespace(AWS_SIGV4=1, version_info=lambda: ("", "8.15.0", 0x080F00)),
        None,
    ],
    ids=["made without signatures", "too old", "not there"],
)
def test_what_cannot_sign_for_aws_will_not(
    monkeypatch: pytest.MonkeyPatch, unfit: SimpleNamespace | None
) -> None:
    monkeypatch.setitem(sys.modules, "unfit_pycurl", unfit)
    assert not has_libcurl("unfit_pycurl")
