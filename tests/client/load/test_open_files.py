import pytest

from client.credentials import UsageError
from client.load.open_files import RESERVE, check_open_files, open_files_limit


def test_what_fits_is_let_pass() -> None:
    check_open_files(1024 - RESERVE, 1024)
    check_open_files(10_000_000, None)


def test_what_does_not_fit_is_told_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="`ulimit -n 10064` first, or take fewer than 961"):
        check_open_files(10_000, 1024)


def test_this_shell_says_what_it_allows() -> None:
    limit = open_files_limit()
    assert limit is None or limit > 0
