"""Of what a post by libcurl consists: the request alone, in the clear."""

import os
from collections.abc import Callable

from benchmarks.subjects import bare


def start(url: str) -> Callable[[int], None]:
    return bare.start(os.environ["PLAIN_URL"], signs=False)
