"""`python -m client` as a process of its own."""

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import PIPE, Process

from tests.client.scripted import Peer, ScriptedGateway, stay_connected


async def start(*line: str) -> Process:
    env = {**os.environ, "XDG_CONFIG_HOME": "/nonexistent"}
    command = (sys.executable, "-W", "error", "-m", "client", *line)
    return await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)


async def test_help_prints_no_warning() -> None:
    process = await start("--help")
    out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    assert b"examples:" in out


async def test_ctrl_c_ends_listening_without_a_traceback() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        process = await start("listen", "--url", gateway.url, "--token", "t")
        assert process.stderr is not None
        first = await process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()

    assert first.startswith(b"connected as alice")
    assert (process.returncode, err) == (130, b"")


async def test_ctrl_c_leaves_the_password_prompt() -> None:
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "client", "login", "--user", "bob")
    # In a session of its own: getpass opens the terminal that controls it, and that is none.
    process = await asyncio.create_subprocess_exec(
        *command, stdin=theirs, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    assert process.stderr is not None
    await process.stderr.readuntil(b": ")
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    os.close(ours)
    os.close(theirs)

    assert (process.returncode, err.strip()) == (130, b"")


async def test_a_reader_that_has_enough_is_no_trouble() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await go.wait()
        await peer.send("notification", id="ntf_1")
        await peer.stay()

    async with ScriptedGateway(script) as gateway:
        reader, writer = os.pipe()
        command = (sys.executable, "-W", "error", "-m", "client", "listen")
        options = ("--url", gateway.url, "--token", "t")
        process = await asyncio.create_subprocess_exec(
            *command, *options, stdout=writer, stderr=PIPE
        )
        os.close(writer)
        os.close(reader)
        assert process.stderr is not None
        await process.stderr.readline()
        go.set()
        _, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
