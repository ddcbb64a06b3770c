"""The event loop and the memory of the command line."""

import gc
import resource
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from local_server.loops import new_event_loop, raise_file_limit, settle_memory


@pytest.fixture
def few_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
def test_there_are_files_for_many_sockets() -> None:
    raise_file_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == 10_240 or soft == hard < 10_240


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_it_is_uvloop_where_that_is_installed() -> None:
    loop = new_event_loop()
    try:
        assert type(loop).__module__.startswith("uvloop") == (find_spec("uvloop") is not None)
    finally:
        loop.close()


@pytest.mark.usefixtures("collector")
def test_what_is_there_is_not_looked_through_again() -> None:
    before = len(gc.get_objects())
    settle_memory()
    assert len(gc.get_objects()) < before / 2
