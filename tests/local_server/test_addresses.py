"""By which hosts and paths the WebSocket API is reached."""

import pytest

from local_server.addresses import Addresses
from local_server.template import ApiMapping

LIVE = ApiMapping("live", "ws.market.example")
DEEP = ApiMapping("market/v1", "ws.market.example")
ROOT = ApiMapping("", "root.example")
ADDRESSES = Addresses("dev", ("/realtime",), (LIVE, DEEP, ROOT))


@pytest.mark.parametrize("path", ["/dev", "/realtime", "/live", "/market/v1", ""])
def test_on_a_laptop_every_path_leads_to_the_api__1_1_1(path: str) -> None:
    assert ADDRESSES.reach("127.0.0.1:3000", path)


@pytest.mark.parametrize("path", ["/prod", "/live/more", "/market", "/DEV", "/dev/more"])
def test_no_other_path_leads_to_the_api__1_1_3__1_1_4(path: str) -> None:
    assert not ADDRESSES.reach("127.0.0.1:3000", path)


@pytest.mark.parametrize(
    ("host", "path", "leads"),
    [
        ("ws.market.example", "/live", True),
        ("WS.market.example:3000", "/market/v1", True),
        ("ws.market.example", "/dev", False),
        ("ws.market.example", "", False),
        ("root.example", "", True),
        ("root.example", "/live", False),
    ],
)
def test_on_a_mapped_domain_the_key_replaces_the_stage__1_1_5(
    host: str, path: str, leads: bool
) -> None:
    assert ADDRESSES.reach(host, path) is leads


@pytest.mark.parametrize(
    ("host", "path", "leads"),
    [
        ("127.0.0.1:3000", "dev", True),
        ("127.0.0.1:3000", "live", True),
        ("127.0.0.1:3000", "market/v1", True),
        ("127.0.0.1:3000", "prod", False),
        ("127.0.0.1:3000", "realtime", False),
        ("ws.market.example", "live", True),
        ("ws.market.example", "dev", False),
        ("root.example", "", True),
        ("root.example", "dev", False),
    ],
)
def test_connections_are_managed_under_the_same_key__4_16(
    host: str, path: str, leads: bool
) -> None:
    assert ADDRESSES.manage(host, path) is leads


def test_a_key_of_several_levels_lowers_header_names__1_1_6() -> None:
    assert ADDRESSES.lower_headers("/market/v1")
    assert not any(ADDRESSES.lower_headers(path) for path in ("/live", "/dev", ""))


def test_all_paths_begin_with_the_stages_own() -> None:
    assert ADDRESSES.all_paths == ("/dev", "/realtime", "/live", "/market/v1", "")
