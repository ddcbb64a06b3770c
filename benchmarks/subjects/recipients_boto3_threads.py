"""A page by PynamoDB, and a post to each of it by boto3 in threads."""

from collections.abc import Callable

from benchmarks.subjects import posts_boto3_threads
from benchmarks.subjects.recipients_boto3 import fan_out


def start(url: str) -> Callable[[int], None]:
    return fan_out(posts_boto3_threads.poster(url))
