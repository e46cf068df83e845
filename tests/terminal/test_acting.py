"""Acting on a line: what no torn, early or pasted byte may do, and a terminal that is lost in the dialog or later."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .pty_session import DEADLINE_S, Session, console

ESC = "\x1b"
MODULE = "tests.terminal.acting_console"
OPEN = "[ CANCEL ]"


@contextmanager
def running(state_dir: Path, *arguments: str) -> Iterator[Session]:
    with console(state_dir, *arguments, module=MODULE, size=(120, 30)) as session:
        session.until("Now row 1")
        session.quiet()
        yield session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with running(tmp_path) as session:
        yield session


def arm(session: Session) -> None:
    session.send("W")
    session.until("ARMED 10:00")
    session.quiet(0.2)


def open_dialog(session: Session) -> None:
    session.send("R")
    session.until("ROLL BACK deployment/api")
    session.quiet(0.4)  # longer than it is deaf


def written(state_dir: Path) -> list[str]:
    notes = state_dir / "written"
    return notes.read_text().splitlines() if notes.exists() else []


def test_a_torn_arrow_opens_nothing_even_while_armed(session: Session) -> None:
    arm(session)
    for capital in "ABCD":
        session.send(ESC, "[", capital, gap=0.2)
        assert OPEN not in session.quiet(0.3), capital
    session.send("y")
    text = session.until("raw · Now")
    assert OPEN not in text
    assert "reading" not in text


def test_a_torn_arrow_in_the_dialog_closes_it_at_most(session: Session, tmp_path: Path) -> None:
    arm(session)
    open_dialog(session)
    session.send(ESC, "[", "B", gap=0.2)
    session.until(lambda text: OPEN not in text)
    assert OPEN not in session.quiet(0.3)
    assert not written(tmp_path)


def test_habits_open_nothing_while_read_only(session: Session) -> None:
    before = session.text.splitlines()[:-1]
    for key in "SRBU":
        session.send(key)
        session.until("Read-only: W arms")
        assert session.quiet(0.2).splitlines()[:-1] == before, key


def test_type_ahead_into_the_filter_opens_nothing_while_armed(session: Session) -> None:
    arm(session)
    session.send("/DRS")
    text = session.until("Now: DRS")
    assert OPEN not in text


def test_type_ahead_after_s_goes_into_the_number_and_no_further_than_the_dialog(
    session: Session, tmp_path: Path
) -> None:
    arm(session)
    session.send("S", "6\r\r\r\r", gap=0.15)
    session.until("ROLL BACK deployment/api")
    session.quiet()
    assert OPEN in session.text
    assert not written(tmp_path)


def test_a_paste_with_newlines_never_confirms(session: Session, tmp_path: Path) -> None:
    arm(session)
    open_dialog(session)
    session.send("\t")
    session.quiet(0.3)
    session.send(f"{ESC}[200~yes\r\n\r\n{ESC}[201~")
    session.quiet(0.3)
    session.send("yes\r")
    text = session.quiet(0.5)
    assert OPEN in text
    assert not written(tmp_path)


def test_a_pasted_name_does_not_confirm_what_is_grave(tmp_path: Path) -> None:
    with running(tmp_path, "--grave") as session:
        arm(session)
        open_dialog(session)
        session.send("\t")
        session.quiet(0.3)
        session.send(f"{ESC}[200~api\r\n\r\n{ESC}[201~")
        session.quiet(0.3)
        session.send("api\r\r\r")
        assert OPEN in session.quiet(0.5)
        assert not written(tmp_path)


def test_a_person_who_reads_tabs_and_confirms_writes_once(session: Session, tmp_path: Path) -> None:
    arm(session)
    open_dialog(session)
    session.send("\t")
    session.quiet(0.3)
    session.send("\r")
    session.until("0 of 20 new pods ready")
    assert written(tmp_path) == ["run-1 "]


@pytest.mark.parametrize("confirmed", [False, True], ids=["in the dialog", "while following"])
def test_a_terminal_that_is_lost_leaves_in_order(tmp_path: Path, confirmed: bool) -> None:
    with running(tmp_path) as session:
        arm(session)
        open_dialog(session)
        if confirmed:
            session.send("\t")
            session.quiet(0.3)
            session.send("\r")
            session.until("0 of 20 new pods ready")
        else:
            session.send("\t")
            session.quiet(0.2)
        session.hang_up()
        assert _code(session) == 129
        assert len(written(tmp_path)) == int(confirmed)
        assert not list(tmp_path.glob("crash*"))


def test_a_second_of_the_countdown_costs_a_few_cells(session: Session) -> None:
    arm(session)
    session.until("ARMED 9:5")
    session.quiet(0.3)
    before, shown = len(session.raw), session.text
    session.until(lambda text: text != shown)
    session.quiet(0.1)
    assert len(session.raw) - before < 120


TERMINALS = {
    "NO_COLOR": {"NO_COLOR": "1"},
    "16 colours": {"TERM": "xterm-16color", "COLORTERM": ""},
    "tmux": {"TERM": "tmux-256color", "COLORTERM": ""},
    "no Unicode": {"LANG": "C", "LC_ALL": "C"},
}


@pytest.mark.parametrize("name", TERMINALS)
def test_armed_stands_out_on_every_terminal(tmp_path: Path, name: str) -> None:
    with console(tmp_path, module=MODULE, size=(80, 24), environment=TERMINALS[name]) as session:
        session.until("Now row 1")
        session.send("W")
        session.until("ARMED")
        line = next(index for index, text in enumerate(session.screen.display) if "ARMED" in text)
        column = session.screen.display[line].index("ARMED")
        cell, before = session.screen.buffer[line][column], session.screen.buffer[line][0]
        assert cell.reverse or (cell.fg, cell.bg) != (before.fg, before.bg)
        if name == "NO_COLOR":
            assert cell.reverse


def test_q_while_armed_asks(session: Session) -> None:
    arm(session)
    session.send("q")
    session.until("writes are armed")


def _code(session: Session) -> int:
    end = time.monotonic() + DEADLINE_S
    while (ended := os.waitpid(session.pid, os.WNOHANG))[0] == 0:
        assert time.monotonic() < end, "it survived its terminal"
        time.sleep(0.02)
    session.code = os.waitstatus_to_exitcode(ended[1])
    return session.code
