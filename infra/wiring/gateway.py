"""Who holds the sockets, by the library that speaks to it."""

from infra.engines import has_libcurl
from infra.wiring import part
from infra.wiring.settings import settings
from notify.ports import Gateway


@part
def over_curl() -> bool:
    return settings().http_engine == "curl" and has_libcurl()


@part
def gateway() -> Gateway:
    # Each where it is made: there may be no pycurl, and what curl does needs no SDK.
    env = settings()
    if over_curl():
        from infra.curl_gateway import CurlGateway

        return CurlGateway(env.callback_endpoint, env.region, env.posts_at_once)
    from infra.gateway import ApiGateway

    return ApiGateway(env.callback_endpoint, env.region)
