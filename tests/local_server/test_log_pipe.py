"""What a worker prints, as lines."""

import asyncio
import os

from local_server.log_pipe import LINE_BYTES, LogPipe


async def printed(*chunks: bytes) -> list[str]:
    lines: list[str] = []
    read, write = os.pipe()
    pipe = LogPipe(read, lines.append)
    for chunk in chunks:
        os.write(write, chunk)
        pipe.drain()
    os.close(write)
    pipe.drain()
    pipe.close()
    return lines


async def test_output_is_cut_into_lines() -> None:
    assert await printed(b"one\ntw", b"o\n") == ["one", "two"]


async def test_a_last_line_without_an_end_is_not_lost() -> None:
    assert await printed(b"one\nunfinished") == ["one", "unfinished"]


async def test_bytes_that_are_no_text_are_replaced() -> None:
    assert await printed(b"\xff\n") == ["\ufffd"]


async def test_output_is_seen_while_nobody_asks() -> None:
    read, write = os.pipe()
    seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    pipe = LogPipe(read, seen.set_result)
    os.write(write, b"hello\n")
    assert await asyncio.wait_for(seen, 30) == "hello"
    os.close(write)
    pipe.close()


async def test_a_look_at_the_output_ends_even_if_the_printing_does_not() -> None:
    read, write = os.pipe()
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        if len(lines) < 100:
            os.write(write, b"more\n")

    pipe = LogPipe(read, log)
    os.write(write, b"first\n")
    pipe.drain()
    assert lines == ["first"]
    os.close(write)
    pipe.close()


async def test_a_line_that_never_ends_is_shown_in_parts() -> None:
    half = b"x" * (LINE_BYTES // 2)
    assert await printed(half, half, b"rest\n") == ["x" * LINE_BYTES, "rest"]


async def test_at_the_end_of_an_answer_the_last_line_needs_no_end() -> None:
    lines: list[str] = []
    read, write = os.pipe()
    pipe = LogPipe(read, lines.append)
    os.write(write, b"one\nunfinished")
    pipe.finish()
    os.write(write, b"next\n")
    pipe.finish()
    assert lines == ["one", "unfinished", "next"]
    os.close(write)
    pipe.close()
