"""The CORS headers of an HTTP API: the gateway answers preflights, not the function."""

from local_server.requests import Request
from local_server.responses import Headers, Response
from local_server.template import Cors


def is_preflight(request: Request) -> bool:
    asked = request.header("access-control-request-method")
    return request.method == "OPTIONS" and request.header("origin") is not None and bool(asked)


def preflight(cors: Cors, request: Request) -> Response:
    """204 in any case; without CORS headers the browser refuses by itself."""
    allowed = _allow_origin(cors, request)
    if not allowed:
        return Response(204)
    headers: Headers = (
        *allowed,
        ("Access-Control-Allow-Methods", ",".join(cors.methods)),
        ("Access-Control-Allow-Headers", ",".join(cors.headers)),
    )
    if cors.max_age_s is not None:
        headers += (("Access-Control-Max-Age", str(cors.max_age_s)),)
    return Response(204, headers=headers)


def with_cors(cors: Cors, request: Request, response: Response) -> Response:
    """What the function says of CORS is ignored.

    docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    kept = tuple(
        header for header in response.headers if not header[0].lower().startswith("access-control-")
    )
    headers = _allow_origin(cors, request)
    if headers and cors.exposed_headers:
        headers += (("Access-Control-Expose-Headers", ",".join(cors.exposed_headers)),)
    return Response(response.status, response.body, kept + headers)


def _allow_origin(cors: Cors, request: Request) -> Headers:
    origin = request.header("origin")
    if origin is None or not any(_fits(pattern, origin) for pattern in cors.origins):
        return ()
    shown = "*" if "*" in cors.origins else origin
    headers: Headers = (("Access-Control-Allow-Origin", shown),)
    if cors.credentials:
        headers += (("Access-Control-Allow-Credentials", "true"),)
    return headers


def _fits(pattern: str, origin: str) -> bool:
    """`*`, `https://*` and `http://*` are the only wildcards."""
    if pattern.endswith("*"):
        return origin.startswith(pattern[:-1])
    return pattern == origin
