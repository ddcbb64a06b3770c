import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from infra.engines import has_libcurl
from tests.aws import ROOT


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


def test_libcurl_comes_without_what_its_client_for_asyncio_wants() -> None:
    code = """if True:
        import sys
        from infra.engines import has_libcurl
        print(has_libcurl(), *{"dataclasses", "pycurl.async_multi"} & sys.modules.keys())
        from pycurl.async_multi import AsyncCurlMulti
        print(AsyncCurlMulti.__name__)
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, text=True
    )
    assert (done.stdout.split(), done.stderr) == (["True", "AsyncCurlMulti"], "")


STARTED = """
import handlers.connect, handlers.deliver
from infra.wiring.queues import later_queue
from infra.wiring.subscriptions import subscriptions
later_queue(), subscriptions()
engines = ("infra.rows.table", "pycurl", "pynamodb")
print(*(name for name in engines if sys.modules.get(name)))
"""


@pytest.mark.parametrize(
    ("engine", "first", "imported"),
    [
        ("", "import sys", "infra.rows.table pycurl"),
        ("curl", "import sys", "infra.rows.table pycurl"),
        ("boto3", "import sys", "pynamodb"),
        ("", "import sys; sys.modules['pycurl'] = None", "pynamodb"),
    ],
    ids=["default", "curl", "boto3", "no pycurl"],
)
def test_a_function_starts_on_one_engine_and_without_the_other(
    engine: str, first: str, imported: str
) -> None:
    environment = {"HTTP_ENGINE": engine, "TABLE_PREFIX": "test-", "AWS_REGION": "eu-central-1"}
    done = subprocess.run(
        [sys.executable, "-c", first + STARTED],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == imported
