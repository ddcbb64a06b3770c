"""A page by PynamoDB, and a post to each of it by boto3, one after another."""

from collections.abc import Callable, Iterable

from benchmarks.subjects import posts_boto3
from benchmarks.subjects.load import posted
from benchmarks.subjects.pages_pynamodb import page

PAGE_SIZE = 100


def start(url: str) -> Callable[[int], None]:
    return fan_out(posts_boto3.poster(url))


def fan_out(post_each: Callable[[Iterable[str]], int]) -> Callable[[int], None]:
    def deliver(times: int) -> None:
        for _ in range(times // PAGE_SIZE):
            posted(post_each(row.connection_id for row in page(PAGE_SIZE)), PAGE_SIZE)

    return deliver
