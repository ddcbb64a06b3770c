"""API Gateway's quotas of a template: AWS raises them for whoever asks, so they are warnings."""

from collections.abc import Iterator

from local_server.errors import Place

# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
ROUTES = 300


def quota_warnings(place: Place, websocket_routes: int, http_routes: int) -> Iterator[str]:
    """`place` is where the routes stand."""
    for api, routes in (("WebSocket", websocket_routes), ("HTTP", http_routes)):
        if routes > ROUTES:
            allowed = f"AWS allows {ROUTES} an API unless asked for more"
            yield f"{place}: {routes} routes of the {api} API; {allowed}"
