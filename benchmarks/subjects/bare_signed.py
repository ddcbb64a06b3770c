"""Of what a post by libcurl consists: the request over TLS, and its signature."""

from collections.abc import Callable

from benchmarks.subjects import bare


def start(url: str) -> Callable[[int], None]:
    return bare.start(url, signs=True)
