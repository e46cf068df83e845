"""What the terminal sees: sizes, colours, glyphs, silence."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from .pty_session import console


def test_at_rest_it_is_silent(tmp_path: Path) -> None:
    """Nothing but the minute may change; two minutes cannot begin within half of one."""
    with console(tmp_path, size=(160, 45)) as session:
        session.until("Now row 1")
        session.quiet(1.0)
        while time.time() % 60 > 50:
            session.read(0.5)
        session.quiet(0.5)
        before = len(session.raw)
        session.read(5.0)
        assert len(session.raw) == before


def test_a_small_terminal_gets_one_sentence_and_recovers(tmp_path: Path) -> None:
    with console(tmp_path, size=(39, 11)) as session:
        session.until("enlarge to 40x12")
        for size in ((80, 24), (30, 8), (120, 40), (20, 5), (160, 45)):
            session.resize(*size)
            session.quiet(0.1)
        session.until("Now row 1")


@pytest.mark.parametrize(
    "environment",
    [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}, {"TERM": "screen-256color", "TMUX": "/tmp/x,1,0"}],
)
def test_status_survives_without_colour(tmp_path: Path, environment: dict[str, str]) -> None:
    with console(tmp_path, size=(80, 24), environment=environment) as session:
        text = session.until("Now row 1")
        assert "▲1 checkout P99" in text
        assert "R/O" in text
        if "NO_COLOR" in environment:
            assert b"38;2;255;107;99" not in session.raw


def test_ascii_glyphs(tmp_path: Path) -> None:
    with console(tmp_path, "--ascii", size=(80, 24)) as session:
        text = session.until("Now row 1")
        assert "!1 checkout P99" in text
        assert "▲" not in text


def test_no_mouse_gives_the_mouse_back(tmp_path: Path) -> None:
    with console(tmp_path, "--no-mouse") as session:
        session.until("Now row 1")
        session.quiet()
        assert b"\x1b[?1003h" not in session.raw
    with console(tmp_path) as session:
        session.until("Now row 1")
        assert b"\x1b[?1003h" in session.raw


def test_ctrl_z_suspends_and_comes_back(tmp_path: Path) -> None:
    with console(tmp_path) as session:
        session.until("Now row 1")
        session.quiet()
        process = psutil.Process(session.pid)
        session.send("\x1a")
        session.until(lambda _: process.status() == psutil.STATUS_STOPPED)
        assert session.raw.rfind(b"\x1b[?1049l") > session.raw.rfind(b"\x1b[?1049h")
        session.screen.reset()
        process.send_signal(signal.SIGCONT)
        session.until("Now row 1")
        session.send("2")
        session.until("Pods row 1")
        session.send("q")
        assert session.ended() == 0


def test_ctrl_l_draws_everything_again(tmp_path: Path) -> None:
    with console(tmp_path) as session:
        session.until("Now row 1")
        session.quiet()
        session.screen.reset()
        session.send("\x0c")
        session.until(lambda text: "Now row 1" in text and "help" in text and "R/O" in text)
