"""What all of them are given: a region, a frame, connections, a topic."""

REGION = "eu-central-1"
FRAME = b'{"type":"notification","data":"' + b"x" * 450 + b'"}'
PAGE = 1000
AT_ONCE = 16  # of who has threads


def ids(times: int) -> list[str]:
    """Each another connection, as API Gateway names them."""
    return [f"L0SM{number:010}I=" for number in range(times)]


def topic(a_shard: int) -> str:
    """Whose shards have so many subscribers each; aws_sink.py makes them up."""
    return f"bench:{a_shard}"


def posted(answers: int, times: int) -> None:
    """A post that fails is a measurement that fails."""
    if answers != times:
        raise RuntimeError(f"{times - answers} of {times} posts failed")
