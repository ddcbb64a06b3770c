import io

import pytest

from client.terminal import Terminal
from tests.client.terminals import Tty


def terminal(out: io.StringIO, **env: str) -> Terminal:
    return Terminal(out, io.StringIO(), env, ask_password=str)


def test_a_terminal_is_coloured() -> None:
    assert terminal(Tty(), TERM="xterm", NO_COLOR="").coloured


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_declined(env: dict[str, str]) -> None:
    assert not terminal(Tty(), **env).coloured


def test_a_pipe_is_not_coloured() -> None:
    assert not terminal(io.StringIO()).coloured


def test_results_and_remarks_go_apart() -> None:
    out, err = io.StringIO(), io.StringIO()
    ours = Terminal(out, err, {}, ask_password=str)

    ours.say("result")
    ours.note("remark")

    assert (out.getvalue(), err.getvalue()) == ("result\n", "remark\n")
