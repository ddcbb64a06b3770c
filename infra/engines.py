"""Which library carries what goes to AWS: libcurl where it is and signs rightly, else boto3."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from infra.settings import wants_curl

# Before, libcurl signed another path than AWS reads, which shows at ids that end in `=`.
OLDEST_LIBCURL = 0x081000  # 8.16.0
# Whichever it is sends what was not answered so often again.
MAX_RETRIES = 3


@contextmanager
def _without_asyncio(binding: str) -> Iterator[None]:
    """Whoever imports it within gets it without its client for asyncio. We do not use that, and it
    brings dataclasses and inspect: a tenth of a cold start."""
    part = f"{binding}.async_multi"
    if binding in sys.modules or part in sys.modules:
        yield
        return
    stand_in: Any = ModuleType(part)
    stand_in.AsyncCurlMulti = None
    sys.modules[part] = stand_in
    try:
        yield
    finally:
        del sys.modules[part]


def has_libcurl(binding: str = "pycurl") -> bool:
    try:
        with _without_asyncio(binding):
            pycurl = import_module(binding)
    except ImportError:  # also where a shared library is missing
        return False
    return hasattr(pycurl, "AWS_SIGV4") and pycurl.version_info()[2] >= OLDEST_LIBCURL


# Of what is chosen when it is imported, and so for as long as the process.
OVER_CURL = wants_curl() and has_libcurl()
