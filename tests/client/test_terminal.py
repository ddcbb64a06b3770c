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


def test_a_pipe_has_no_width_so_that_nothing_is_cut() -> None:
    assert terminal(io.StringIO()).width is None
    assert (terminal(Tty()).width or 0) > 0


def test_progress_takes_the_place_of_the_last_line() -> None:
    out, err = io.StringIO(), Tty()
    ours = Terminal(out, err, {}, ask_password=str)

    assert ours.shows_progress
    ours.progress("half")
    ours.progress("")

    assert err.getvalue() == "\r\x1b[Khalf\r\x1b[K"


def test_a_pipe_is_not_drawn_over() -> None:
    pipe, screen, dumb = io.StringIO(), Tty(), Tty()

    terminal(pipe).show_again("numbers")
    terminal(screen).show_again("numbers")
    terminal(dumb, TERM="dumb").show_again("numbers")

    assert pipe.getvalue() == dumb.getvalue() == "numbers\n"
    assert screen.getvalue() == "\x1b[H\x1b[Jnumbers\n"
