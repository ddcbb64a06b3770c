import argparse

from client.commands.content import add_content


def test_what_a_notification_says() -> None:
    parser = argparse.ArgumentParser()
    add_content(parser)

    bare = parser.parse_args(["Hello"])
    full = parser.parse_args(["Hello", "--data", '{"a": 1}', "--ttl", "60", "--no-persist"])

    assert (bare.title, bare.message, bare.type, bare.persist) == ("Hello", "", "message", None)
    assert (full.data, full.ttl, full.persist) == ({"a": 1}, 60, False)
